import { join } from "node:path";
import { contentHash } from "../data/node/content-hash.ts";
import { AppError, isAppError, type ModelManifest, type OnProgress } from "../schemas/index.ts";
import { versionFiles } from "./layout.ts";
import { readManifest } from "./manifest.ts";
import { statOf } from "./read.ts";
import { readGraph } from "./read-graph.ts";
import { readGenes } from "./signature.ts";
import { expressionProblems } from "./verify/expression.ts";
import { fileProblems } from "./verify/files.ts";
import { graphProblems } from "./verify/graph.ts";
import { variantProblems } from "./verify/variants.ts";

/** How a verification is followed and stopped. */
export interface VerifyOptions {
  /** Where the folder was published, which its manifest must say too. */
  readonly place?: { readonly name: string; readonly version: number };
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** What a version folder holds, and everything that is wrong with it. */
export interface Verification {
  readonly dir: string;
  /** Absent when the manifest cannot be read. */
  readonly manifest?: ModelManifest;
  /** Bytes of the files listed. */
  readonly bytes: number;
  /** A line each; empty when the folder is sound. */
  readonly problems: readonly string[];
}

/** The result of `read`, or its error as a problem. */
async function attempt<T>(problems: string[], read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isAppError(error) || error.tag === "cancelled") throw error;
    problems.push(error.message);
    return undefined;
  }
}

/** Files without which a model of the task cannot run, and which its hash must cover. */
function neededFiles({ task }: ModelManifest): string[] {
  const { graph, genes, stats } = versionFiles;
  return task === "expression" ? [graph, genes, stats] : [graph];
}

/** The manifest against itself: the hash over its files, and that it covers what makes the model. */
function hashProblems(manifest: ModelManifest): string[] {
  const covered = new Set(manifest.files.filter(({ identity }) => identity).map(({ path }) => path));
  const uncovered = neededFiles(manifest).filter((path) => !covered.has(path));
  const hash = contentHash(manifest.files);
  return [
    ...uncovered.map((path) => `${path}: not part of the content hash`),
    ...(hash === manifest.contentHash
      ? []
      : [`contentHash: ${manifest.contentHash.slice(0, 12)} instead of ${hash.slice(0, 12)}`]),
  ];
}

function placeProblems({ name, version }: ModelManifest, place: VerifyOptions["place"]): string[] {
  if (place === undefined || (name === place.name && version === place.version)) return [];
  return [`the manifest is that of ${name ?? "?"}:${version ?? "?"}, not of ${place.name}:${place.version}`];
}

/** The parts that need more than hashes: graph, gene table, statistics. Where one is missing, that is told already. */
async function contentProblems(dir: string, manifest: ModelManifest): Promise<string[]> {
  const problems: string[] = [];
  const parts = await Promise.all(neededFiles(manifest).map((path) => statOf(join(dir, path))));
  if (parts.includes(undefined)) return problems;
  const listed = (path: string) => manifest.files.find((file) => file.path === path);
  const model = await attempt(problems, () => readGraph(dir));
  const genesHash = listed(versionFiles.genes)?.sha256;
  if (model !== undefined) problems.push(...graphProblems(model, { manifest, genesHash }));
  if (manifest.task === "generic") return problems;
  for (const variant of manifest.variants ?? []) {
    problems.push(...variantProblems(manifest, variant));
    if ((await statOf(join(dir, variant.path))) === undefined) continue;
    const other = await attempt(problems, () => readGraph(dir, variant.path));
    const claims = { manifest, genesHash, file: variant.path, opset: variant.opset };
    if (other !== undefined) problems.push(...graphProblems(other, claims));
  }
  const genes = await attempt(problems, () => readGenes(dir));
  const stats = await statOf(join(dir, versionFiles.stats));
  if (genes !== undefined && stats !== undefined) problems.push(...expressionProblems(manifest, genes, stats.size));
  return problems;
}

/**
 * Reads every byte of a version folder and compares it with what the manifest, the graph and the gene table say of each
 * other. Golden vectors are checked for their shape here, and run by every host that loads the model.
 * @throws AppError `cancelled`; everything else that is wrong is a problem in the result.
 */
export async function verifyFolder(
  dir: string,
  { place, signal, onProgress }: VerifyOptions = {},
): Promise<Verification> {
  const problems: string[] = [];
  const manifest = await attempt(problems, () => readManifest(dir));
  if (manifest === undefined) return { dir, bytes: 0, problems };
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  let done = 0;
  const onBytes = (more: number): void => {
    done += more;
    onProgress?.({ phase: "verify", done: Math.min(done, bytes), total: Math.max(1, bytes), unit: "bytes" });
  };
  const found = await attempt(problems, () => fileProblems(dir, manifest.files, { signal, onBytes }));
  problems.push(...(found ?? []), ...hashProblems(manifest), ...placeProblems(manifest, place));
  problems.push(...(await contentProblems(dir, manifest)));
  return { dir, manifest, bytes, problems };
}

/**
 * The manifest of a folder in which nothing is wrong.
 * @throws AppError `bad-model` with all problems, `no-input` when it is no version folder, `cancelled`.
 */
export async function requireSound(dir: string, options: VerifyOptions = {}): Promise<ModelManifest> {
  const { manifest, problems } = await verifyFolder(dir, options);
  if (manifest !== undefined && problems.length === 0) return manifest;
  // A folder without a manifest is no model at all: that error says what to do.
  if (manifest === undefined) await readManifest(dir);
  throw new AppError("bad-model", {
    what: `the model has ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`,
    where: dir,
    examples: problems,
    advice: "Export or publish it again; what is damaged cannot be repaired",
  });
}
