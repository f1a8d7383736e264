import { join } from "node:path";
import { AppError } from "../schemas/index.ts";
import { readAliases } from "./aliases.ts";
import { findModel, findVersion } from "./find.ts";
import { versionFiles } from "./layout.ts";
import { quoted } from "./name.ts";
import { statOf } from "./read.ts";
import { parseReference } from "./reference.ts";
import { unknownModel } from "./unknown.ts";

/** The alias that a bare name means, where it is set. */
export const defaultAlias = "production";

/** Where a reference leads. */
export interface ResolvedModel {
  /** The version folder. */
  readonly dir: string;
  /** Absent for a folder given by its path. */
  readonly name?: string;
  readonly version?: number;
  /** The alias that chose the version. */
  readonly alias?: string;
}

/** Where the models are. */
export interface Repository {
  /** The repository's folder. */
  readonly models: string;
}

/**
 * Finds the version of `name`, `name:3` or `name@production`. A bare name is its alias `production`, or where that is
 * not set, its highest version. The text is never taken as a path: a server may pass what a request says.
 * @throws AppError `unknown-model` telling what exists, `usage` for what is no reference.
 */
export async function resolvePublished(
  reference: string,
  { models }: Repository,
): Promise<Required<Pick<ResolvedModel, "dir" | "name" | "version">> & Pick<ResolvedModel, "alias">> {
  const wanted = parseReference(reference);
  const model = await findModel(models, wanted.name);
  const { name } = model;
  if (wanted.version !== undefined) return { dir: findVersion(model, wanted.version), name, version: wanted.version };
  const aliases = await readAliases(model.dir);
  const alias = wanted.alias ?? defaultAlias;
  const version = aliases.get(alias);
  if (version !== undefined) return { dir: findVersion(model, version), name, version, alias };
  if (wanted.alias !== undefined)
    throw unknownModel({ what: `alias of ${name}`, where: model.dir, wanted: alias, known: [...aliases.keys()] });
  const newest = Math.max(...model.versions);
  return { dir: findVersion(model, newest), name, version: newest };
}

/** True for a text that is meant as a path: no reference has these characters or starts so. */
const looksLikePath = (text: string): boolean => /[/\\]/.test(text) || text.startsWith(".");

/** True where the path is a folder with a manifest. */
async function isVersionFolder(path: string): Promise<boolean> {
  if (path === "" || path.includes("\0")) return false;
  return (await statOf(join(path, versionFiles.manifest))) !== undefined;
}

/**
 * Finds the version folder that a user means: a path that holds a `manifest.json` wins, everything else is a reference
 * as in {@link resolvePublished}. Nothing is verified here.
 * @throws AppError `unknown-model` telling what exists, `usage` for what is neither a path nor a reference.
 */
export async function resolveModel(reference: string, repository: Repository): Promise<ResolvedModel> {
  if (await isVersionFolder(reference)) return { dir: reference };
  if (!looksLikePath(reference)) return resolvePublished(reference, repository);
  throw new AppError("unknown-model", {
    what: "no model in this folder",
    where: quoted(reference),
    expected: `a folder with ${versionFiles.manifest}`,
    advice: "Give a folder that `landfall export` wrote, or a published model as name, name:3 or name@production",
  });
}
