/**
 * The files of a version folder that inference reads.
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseGenesTable } from "../../data/genes-table.ts";
import { sha256Aside } from "../../data/node/hash-aside.ts";
import { AppError, type ExpressionManifest, type GeneRecord, isAppError } from "../../schemas/index.ts";
import { parseExpressionManifest } from "../expression-manifest.ts";
import type { ChosenGraph } from "../variant.ts";
import { isOtherGraph } from "./graph-choice.ts";

/** Larger files are checked by size alone (hashing takes a second a GiB); the golden results check what they hold. */
const hashedBytes = 2 ** 30;

/**
 * The manifest of a version folder.
 * @throws AppError `unknown-model` when the folder holds none, `bad-model` for one that is damaged or not for expression
 */
export async function readManifest(dir: string): Promise<ExpressionManifest> {
  const where = join(dir, "manifest.json");
  const text = await readFile(where, "utf8").catch((cause: unknown) => {
    const advice = "Give the folder that `landfall export` wrote, or the name of a published model";
    throw new AppError("unknown-model", { what: "there is no model here", where: dir, advice }, { cause });
  });
  const advice =
    "A bare tfjs model has no genes to infer: export a training run, or use its model.onnx with ONNX Runtime";
  return parseExpressionManifest(jsonOf(text, where), { where, advice });
}

function jsonOf(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const got = (cause as Error).message;
    throw new AppError("bad-model", { what: "the manifest is not JSON", where, got }, { cause });
  }
}

/** A file of a version folder after a look at its size. */
interface SizedFile {
  readonly path: string;
  /** What is wrong already. */
  readonly problem?: string;
  /** Its bytes and the sha256 that it should have, where its content is still to be checked. */
  readonly content?: { readonly bytes: number; readonly sha256: string };
}

/** The files of the model's identity that inference reads, by size; a copy without `tfjs/` is good enough. */
export async function sizeFiles(dir: string, graph: ChosenGraph): Promise<readonly SizedFile[]> {
  const needed = graph.manifest.files.filter(
    ({ path, identity }) => identity && !path.startsWith("tfjs/") && !isOtherGraph(path, graph),
  );
  const listed = new Set(needed.map(({ path }) => path));
  const sized: SizedFile[] = [graph.path, "genes.tsv", "landmarks.stats.f32"].flatMap((path) =>
    listed.has(path) ? [] : [{ path, problem: `${path} is not in the manifest` }],
  );
  for (const { path, bytes, sha256 } of needed) {
    const found = await stat(join(dir, path)).catch(() => undefined);
    if (found === undefined) sized.push({ path, problem: `${path} is missing` });
    else if (found.size !== bytes) sized.push({ path, problem: `${path} has ${found.size} bytes instead of ${bytes}` });
    else if (bytes <= hashedBytes) sized.push({ path, content: { bytes, sha256 } });
  }
  return sized;
}

/**
 * Hashes the files whose size is right.
 * @throws AppError `bad-model` with every file that is wrong, by size or by content; `cancelled`
 */
export async function checkFiles(dir: string, sized: readonly SizedFile[], signal?: AbortSignal): Promise<void> {
  const problems: string[] = [];
  for (const { path, problem, content } of sized) {
    if (problem !== undefined) problems.push(problem);
    if (content === undefined) continue;
    const found = await sha256Aside(join(dir, path), { bytes: content.bytes, signal });
    if (found !== content.sha256) problems.push(`${path} has another sha256`);
  }
  if (problems.length === 0) return;
  throw new AppError("bad-model", {
    what: "this is a model whose bytes changed",
    where: dir,
    examples: problems,
    advice: "Get the version folder again; `landfall models verify` checks a published one",
  });
}

/** Mean and covariance of the training landmarks. @throws what the file system throws */
export async function readLandmarkStats(path: string): Promise<Float32Array> {
  // A copy: a small file's bytes lie unaligned in Node's shared buffer.
  const stats = Uint8Array.from(await readFile(path));
  return new Float32Array(stats.buffer, 0, Math.floor(stats.length / 4));
}

/** The gene table. @throws AppError `bad-model`: one that does not read is the model's fault here, not the data's */
export async function readGenes(path: string): Promise<readonly GeneRecord[]> {
  try {
    return parseGenesTable(await readFile(path, "utf8"), path);
  } catch (error) {
    if (!isAppError(error, "bad-data")) throw error;
    throw new AppError("bad-model", error.fault, { cause: error });
  }
}
