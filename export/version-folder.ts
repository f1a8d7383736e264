import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { contentHash } from "../data/node/content-hash.ts";
import type { OpenSession } from "../runtime/session.ts";
import { AppError, type ModelFile, ModelManifest, type OnProgress } from "../schemas/index.ts";
import { writeFolderAtomic } from "./atomic-folder.ts";
import { describeFiles } from "./model-files.ts";

/** What every export is given. */
export interface ExportOptions {
  /** The version folder to write. */
  readonly out: string;
  readonly open: OpenSession;
  /** Replace a version folder of other content. */
  readonly force?: boolean;
  readonly licence?: string;
  readonly createdAt?: Date;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  /** Called when `out` holds this very model already; nothing is written then. */
  readonly onAlreadyDone?: () => void;
}

/** The parts of an export that depend on the task. */
export interface VersionContent {
  /** Writes the identity files into the folder and returns their paths. */
  readonly writeIdentity: (dir: string) => Promise<readonly string[]>;
  /** Verifies what was written, writes the other files, and returns their paths and the manifest. */
  readonly finish: (dir: string, hash: string) => Promise<{ manifest: Unfiled; others: readonly string[] }>;
}

/** A manifest before its files are known. */
type Unfiled = ModelManifest extends infer M ? (M extends ModelManifest ? Omit<M, "files"> : never) : never;

/** Throws when the user wants to stop. @throws AppError `cancelled`. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AppError("cancelled", { what: "the export was stopped; nothing was written" });
}

/** Reports a step of an export. @throws AppError `cancelled` when the user wants to stop. */
export function reportStep({ onProgress, signal }: ExportOptions, done: number, note: string): void {
  const total = 4;
  // After the last step the folder is in place: too late to stop.
  if (done < total) throwIfCancelled(signal);
  onProgress?.({ phase: "export", done, total, unit: "steps", note });
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";

/** The manifest at `out`; undefined where there is nothing. @throws AppError `cannot-create` for anything else. */
async function presentManifest(out: string): Promise<ModelManifest | undefined> {
  try {
    const text = await readFile(join(out, "manifest.json"), "utf8");
    return ModelManifest.parse(JSON.parse(text));
  } catch (error) {
    const entries = isMissing(error)
      ? await readdir(out).catch((cause: unknown) => (isMissing(cause) ? [] : [cause]))
      : [error];
    if (entries.length === 0) return undefined;
    throw new AppError(
      "cannot-create",
      { what: "exists and is not a version folder", where: out, advice: "Choose another folder" },
      { cause: error },
    );
  }
}

/**
 * Writes a version folder at once or not at all: identity files, verification, manifest, rename.
 * @throws AppError `other-plan` when `out` holds another model and `force` is not given, `cannot-create` when it is
 *   something else, and what the content throws.
 */
export async function writeVersionFolder(options: ExportOptions, content: VersionContent): Promise<ModelManifest> {
  const { out, force = false, signal, onAlreadyDone } = options;
  const present = await presentManifest(out);
  let result: ModelManifest | undefined;
  await writeFolderAtomic(out, async (dir) => {
    const identity = await describeFiles(dir, await content.writeIdentity(dir), { identity: true, signal });
    const hash = contentHash(identity);
    if (present?.contentHash === hash) {
      result = present;
      onAlreadyDone?.();
      return false;
    }
    if (present !== undefined && !force)
      throw new AppError("other-plan", {
        what: "holds another model",
        where: out,
        expected: hash.slice(0, 12),
        got: present.contentHash.slice(0, 12),
        advice: "Choose another folder, or replace it with --force",
      });
    const { manifest, others } = await content.finish(dir, hash);
    const files: ModelFile[] = [...identity, ...(await describeFiles(dir, others, { identity: false, signal }))];
    result = ModelManifest.parse({ ...manifest, files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)) });
    await writeFile(join(dir, "manifest.json"), `${JSON.stringify(result, null, 1)}\n`);
    throwIfCancelled(signal);
    return true;
  });
  if (result === undefined) throw new Error("a version folder without a manifest");
  return result;
}
