import { AppError } from "../schemas/index.ts";
import { aliasName, modelName, quoted } from "./name.ts";

/** What a user calls a model of the repository: `name`, `name:3` or `name@production`. */
export interface ModelReference {
  readonly name: string;
  readonly version?: number;
  readonly alias?: string;
}

/** The version that a folder's name or the end of a reference states; undefined for `0`, `03` and anything longer. */
export function versionNumber(text: string): number | undefined {
  // Triton ignores version folders that start with 0; nine digits are exact in every language.
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

/**
 * Reads `name`, `name:version` or `name@alias`.
 * @throws AppError `usage` for anything else.
 */
export function parseReference(text: string): ModelReference {
  const at = text.search(/[:@]/);
  if (at === -1) return { name: modelName(text) };
  const name = modelName(text.slice(0, at));
  const rest = text.slice(at + 1);
  if (text[at] === "@") return { name, alias: aliasName(rest) };
  const version = versionNumber(rest);
  if (version !== undefined) return { name, version };
  throw new AppError("usage", {
    what: "not a version",
    got: quoted(rest),
    expected: `a number from 1, as in ${name}:3`,
  });
}

/** The text that {@link parseReference} reads as this reference. */
export function formatReference({ name, version, alias }: ModelReference): string {
  if (version !== undefined) return `${name}:${version}`;
  return alias === undefined ? name : `${name}@${alias}`;
}
