import { join } from "node:path";
import { z } from "zod";
import { AppError, ExpressionManifest, GenericManifest, ModelManifest } from "../schemas/index.ts";
import { versionFiles } from "./layout.ts";
import { readText } from "./read.ts";

/** A manifest without the numbers of the model itself: what lists and cards are made of. */
export const ManifestHead = z.discriminatedUnion("task", [
  ExpressionManifest.omit({ transform: true, inputProfile: true, ood: true, golden: true }),
  GenericManifest,
]);
export type ManifestHead = z.infer<typeof ManifestHead>;

/** `landmarks: expected number`: where and what, for people. */
const issueText = ({ path, message }: z.core.$ZodIssue): string => `${path.join(".") || "manifest"}: ${message}`;

async function parse<T>(dir: string, schema: z.ZodType<T>): Promise<T> {
  const where = join(dir, versionFiles.manifest);
  const text = await readText(where);
  if (text === undefined)
    throw new AppError("no-input", {
      what: "no manifest",
      where,
      advice: "Version folders come from `landfall export`",
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError(
      "bad-model",
      { what: "the manifest is not JSON", where, got: (cause as Error).message },
      { cause },
    );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const examples = parsed.error.issues.map(issueText);
  throw new AppError("bad-model", { what: "the manifest is not valid", where, examples }, { cause: parsed.error });
}

/** Reads `manifest.json` of a version folder. @throws AppError `no-input` without one, `bad-model` for a damaged one. */
export function readManifest(dir: string): Promise<ModelManifest> {
  return parse(dir, ModelManifest);
}

/** As {@link readManifest}, without checking and keeping what is long. */
export function readHead(dir: string): Promise<ManifestHead> {
  return parse(dir, ManifestHead);
}

/** The text of `manifest.json`. */
export function formatManifest(manifest: ModelManifest): string {
  return `${JSON.stringify(manifest, null, 1)}\n`;
}
