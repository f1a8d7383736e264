import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseGenesTable } from "../../data/genes-table.ts";
import { readGeneReference } from "../../data/node/gene-reference.ts";
import { sha256File } from "../../data/node/hash.ts";
import { openSession } from "../../runtime/node/open.ts";
import type { OpenOptions } from "../../runtime/session.ts";
import { AppError, type ExpressionManifest, type GeneRecord, isAppError, ModelManifest } from "../../schemas/index.ts";
import { chooseTargets, formatColumns, type TargetChoice, withTargets } from "../chosen-targets.ts";
import { Predictor } from "../predictor.ts";
import type { ChosenGraph, PrecisionChoice } from "../variant.ts";
import { graphForDevice, isOtherGraph } from "./graph-choice.ts";
import { prunedModel } from "./pruned-model.ts";

/** How to load a model: where its graph runs, and how to stop. */
export interface LoadOptions extends Pick<OpenOptions, "device" | "threads" | "host"> {
  /** Infer some of the targets only; all by default. */
  readonly targets?: TargetChoice;
  /** Which of the model's graphs; float32 by default. */
  readonly precision?: PrecisionChoice;
  /** Path of a file in the layout of `hgnc_complete_set.txt`, whose gene names take the place of the shipped ones. */
  readonly hgnc?: string | undefined;
  readonly signal?: AbortSignal;
}

/** Larger files are checked by size alone (hashing takes a second a GiB); the golden results check what they hold. */
const hashedBytes = 2 ** 30;

/**
 * Loads a version folder: checks the bytes that inference needs against the manifest, opens the graph, and re-checks
 * the golden results on the provider used. The caller disposes of the predictor.
 * @throws AppError `unknown-model` when the folder holds no manifest, `bad-model` for a damaged model or one that is
 *   not for expression, `unavailable` for a device that cannot start, `usage` for targets that are not the model's and
 *   for a precision that it has no variant of, `no-input` and `bad-data` for gene names that are none
 */
export async function loadModelFolder(dir: string, options: LoadOptions = {}): Promise<Predictor> {
  const { signal, targets, precision = "fp32", hgnc, ...open } = options;
  const graph = await graphForDevice(await readManifest(dir), { precision, device: open.device });
  const { manifest } = graph;
  await checkFiles(dir, graph, signal);
  const genes = await readGenes(join(dir, "genes.tsv"));
  // A copy: a small file's bytes lie unaligned in Node's shared buffer.
  const stats = Uint8Array.from(await readFile(join(dir, "landmarks.stats.f32")));
  const landmarkStats = new Float32Array(stats.buffer, 0, Math.floor(stats.length / 4));
  const reference = await readGeneReference({ hgnc });
  const names = { reference, ...(hgnc !== undefined && { hgnc: await sha256File(hgnc, { signal }) }) };
  const path = join(dir, graph.path);
  const whole = { manifest, genes };
  const chosen = targets && chooseTargets(targets, { ...whole, reference });
  const source = chosen === undefined ? { path } : { bytes: await prunedModel(path, chosen.columns) };
  const session = await openSession(source, open);
  try {
    const parts = chosen === undefined ? whole : withTargets(whole, chosen.columns);
    const choice = chosen && { columns: formatColumns(chosen.columns), warnings: chosen.warnings };
    return await Predictor.open({ ...parts, landmarkStats, session, precision: graph.precision, ...names, ...choice });
  } catch (error) {
    await session[Symbol.asyncDispose]();
    if (!isAppError(error, "bad-model")) throw error;
    throw new AppError("bad-model", { ...error.fault, where: error.fault.where ?? dir }, { cause: error });
  }
}

async function readManifest(dir: string): Promise<ExpressionManifest> {
  const where = join(dir, "manifest.json");
  const text = await readFile(where, "utf8").catch((cause: unknown) => {
    const advice = "Give the folder that `landfall export` wrote, or the name of a published model";
    throw new AppError("unknown-model", { what: "there is no model here", where: dir, advice }, { cause });
  });
  const parsed = ModelManifest.safeParse(jsonOf(text, where));
  if (!parsed.success)
    throw new AppError("bad-model", {
      what: "the manifest is not one that this version reads",
      where,
      got: z.prettifyError(parsed.error),
      advice: "Export the model again",
    });
  if (parsed.data.task === "expression") return parsed.data;
  throw new AppError("bad-model", {
    what: "this model is not one from landmarks to targets",
    where,
    expected: "task expression",
    got: `task ${parsed.data.task}`,
    advice: "A bare tfjs model has no genes to infer: export a training run, or use its model.onnx with ONNX Runtime",
  });
}

function jsonOf(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const got = (cause as Error).message;
    throw new AppError("bad-model", { what: "the manifest is not JSON", where, got }, { cause });
  }
}

/** The files of the model's identity that inference reads, by size and hash; a copy without `tfjs/` is good enough. */
async function checkFiles(dir: string, graph: ChosenGraph, signal?: AbortSignal): Promise<void> {
  const needed = graph.manifest.files.filter(
    ({ path, identity }) => identity && !path.startsWith("tfjs/") && !isOtherGraph(path, graph),
  );
  const listed = new Set(needed.map(({ path }) => path));
  const problems = [graph.path, "genes.tsv", "landmarks.stats.f32"].flatMap((path) =>
    listed.has(path) ? [] : [`${path} is not in the manifest`],
  );
  for (const { path, bytes, sha256 } of needed) {
    const found = await stat(join(dir, path)).catch(() => undefined);
    if (found === undefined) problems.push(`${path} is missing`);
    else if (found.size !== bytes) problems.push(`${path} has ${found.size} bytes instead of ${bytes}`);
    else if (bytes <= hashedBytes && (await sha256File(join(dir, path), { signal })) !== sha256)
      problems.push(`${path} has another sha256`);
  }
  if (problems.length === 0) return;
  throw new AppError("bad-model", {
    what: "this is a model whose bytes changed",
    where: dir,
    examples: problems,
    advice: "Get the version folder again; `landfall models verify` checks a published one",
  });
}

/** A gene table that does not read is the model's fault here, not the data's. */
async function readGenes(path: string): Promise<readonly GeneRecord[]> {
  try {
    return parseGenesTable(await readFile(path, "utf8"), path);
  } catch (error) {
    if (!isAppError(error, "bad-data")) throw error;
    throw new AppError("bad-model", error.fault, { cause: error });
  }
}
