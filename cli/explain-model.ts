import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { parseGenesTable } from "../data/genes-table.ts";
import { type OpenDataset, openDataset } from "../data/node/dataset.ts";
import { requireFreeFolder } from "../evaluate/free-folder.ts";
import { type LayersModel, readLayersModel, weightOf } from "../export/read/layers-model.ts";
import { valuesOf } from "../export/read/weight-data.ts";
import { resolveModel } from "../registry/resolve.ts";
import { openSession } from "../runtime/node/open.ts";
import { AppError } from "../schemas/errors.ts";
import { openActivations } from "../train/explain/activations.ts";
import { type ActivationFit, activationFit } from "../train/explain/adjusted-r2.ts";
import { type DenseChain, denseChain, lastHidden, type ReadWeight } from "../train/explain/dense-chain.ts";
import { type Explanation, explainWeights, type Thresholds } from "../train/explain/explanation.ts";
import type { NamedFit, NetGenes } from "../train/explain/tables.ts";
import { explanationFiles, writeExplanation } from "../train/explain/write.ts";
import type { ZBlock } from "../train/standardised.ts";
import type { CliContext } from "./context.ts";

/** What `explain` is asked for. */
export interface ExplainRequest {
  /** A run, an export or tfjs folder, or a published model. */
  readonly model: string;
  /** Dataset directory; without one the weights alone are explained. */
  readonly data?: string;
  readonly out: string;
  /** Replaces an explanation that is there already. */
  readonly force?: boolean;
  /** Model repository. */
  readonly models: string;
  readonly thresholds: Thresholds;
  readonly context: CliContext;
}

/** What was found. */
export interface ExplainedModel {
  readonly explanation: Explanation;
  readonly fit?: ActivationFit;
  readonly notes: readonly string[];
}

/** A net on disk with the names of its genes. */
interface FoundNet {
  readonly net: LayersModel;
  readonly read: ReadWeight;
  readonly chain: DenseChain;
  readonly genes: NetGenes;
  /** False where the folder has no gene table: genes are called by their place. */
  readonly named: boolean;
  /** Hash of the dataset that it was trained on, where the folder says. */
  readonly trainedOn?: string;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The folder that holds the net's files, and the one with `model.json`. */
async function foldersOf(model: string, models: string): Promise<{ dir: string; tfjs: string }> {
  if (await exists(join(model, "model.json"))) return { dir: model, tfjs: model };
  if (await exists(join(model, "run.json"))) return { dir: model, tfjs: join(model, "tfjs") };
  const { dir } = await resolveModel(model, { models });
  return { dir, tfjs: join(dir, "tfjs") };
}

const Provenance = z.object({ dataset: z.object({ hash: z.string() }) });

function parsedJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("bad-data", { what: "is not JSON", where, got: (cause as Error).message }, { cause });
  }
}

/** Hash of the dataset that a run or version was trained on; undefined where its record does not say. */
async function trainedOn(dir: string): Promise<string | undefined> {
  for (const name of ["run.json", "manifest.json"]) {
    const text = await readFile(join(dir, name), "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const parsed = z
      .union([Provenance, z.object({ training: Provenance })])
      .safeParse(parsedJson(text, join(dir, name)));
    if (parsed.success) return "training" in parsed.data ? parsed.data.training.dataset.hash : parsed.data.dataset.hash;
  }
  return undefined;
}

async function genesOf(dir: string, { inputs, outputs }: DenseChain): Promise<NetGenes | undefined> {
  const path = join(dir, "genes.tsv");
  if (!(await exists(path))) return undefined;
  const records = parseGenesTable(await readFile(path, "utf8"), path);
  const landmarks = records.filter(({ role }) => role === "landmark");
  const targets = records.filter(({ role }) => role === "target");
  if (landmarks.length === inputs && targets.length === outputs) return { landmarks, targets };
  throw new AppError("bad-model", {
    what: "the gene table and the net do not belong together",
    where: path,
    expected: `${inputs} landmarks and ${outputs} targets`,
    got: `${landmarks.length} and ${targets.length}`,
  });
}

async function findNet(model: string, models: string): Promise<FoundNet> {
  const { dir, tfjs } = await foldersOf(model, models);
  const hash = await trainedOn(dir);
  const net = await readLayersModel(tfjs);
  const read: ReadWeight = (request) => valuesOf(weightOf(net, { ...request, layout: "in-out" }));
  const chain = denseChain(net, read, net.label);
  const genes = await genesOf(dir, chain);
  const places = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => ({ id: `${name} ${index}`, symbol: "" }));
  return {
    net,
    read,
    chain,
    genes: genes ?? { landmarks: places("input", chain.inputs), targets: places("output", chain.outputs) },
    named: genes !== undefined,
    ...(hash !== undefined && { trainedOn: hash }),
  };
}

/** Columns of the dataset's landmarks in the net's order. @throws AppError `bad-data` when some are missing */
function landmarkColumns({ landmarks, dataset }: OpenDataset, { genes, named, chain }: FoundNet): Int32Array {
  const columnOf = new Map(landmarks.map(({ id }, column) => [id, column]));
  const missing = named ? genes.landmarks.filter(({ id }) => !columnOf.has(id)) : [];
  if (missing.length > 0 || (!named && landmarks.length !== chain.inputs))
    throw new AppError("bad-data", {
      what: "the dataset does not have the landmarks of the model",
      where: dataset.name,
      expected: `${chain.inputs} landmarks`,
      got: named ? `all but ${missing.length} of them` : `${landmarks.length}`,
      examples: missing.map(({ id }) => id),
      advice: "Give the dataset that the model was trained on",
    });
  return Int32Array.from(genes.landmarks, ({ id }, place) => columnOf.get(id) ?? place);
}

async function* trainingRows(dataset: OpenDataset, columns: Int32Array, signal: AbortSignal): AsyncGenerator<ZBlock> {
  const width = dataset.landmarks.length;
  const inOrder = columns.length === width && columns.every((column, place) => column === place);
  for await (const { rows, landmarks, targets } of dataset.blocks({ split: "train", units: "z", signal })) {
    if (inOrder) {
      yield { rows, landmarks, targets };
      continue;
    }
    const ordered = new Float32Array(rows * columns.length);
    for (let r = 0; r < rows; r++)
      for (const [place, column] of columns.entries())
        ordered[r * columns.length + place] = landmarks[r * width + column] ?? Number.NaN;
    yield { rows, landmarks: ordered, targets };
  }
}

/** Fits activations and landmarks to the targets of a dataset's training rows. */
async function fitOn(path: string, found: FoundNet, { signal, onProgress }: CliContext) {
  const hidden = lastHidden(found.net);
  const units = found.chain.layers.at(-1)?.inputs ?? 0;
  if (hidden === undefined)
    throw new AppError("usage", {
      what: "a net without a hidden layer has no activations to compare",
      where: found.net.label,
      advice: "Leave out --data to explain its weights",
    });
  await using dataset = await openDataset(path);
  const columns = landmarkColumns(dataset, found);
  const { read, chain, trainedOn: hash, named } = found;
  const sizes = { rows: dataset.sampleCount("train"), landmarks: chain.inputs, targets: dataset.targets.length };
  await using net = await openActivations(hidden, { landmarks: chain.inputs, read, open: openSession });
  const fit = await activationFit({
    ...sizes,
    hidden: units,
    blocks: trainingRows(dataset, columns, signal),
    activate: net.activate,
    open: openSession,
    onProgress,
    signal,
  });
  const notes = [
    ...(hash === undefined || hash === dataset.hash
      ? []
      : ["the dataset is not the one that the model was trained on: z units are the dataset's own"]),
    ...(named ? [] : ["the model names no genes: the dataset's landmarks are taken in their order"]),
  ];
  return { fit: { ...fit, targetGenes: dataset.targets } satisfies NamedFit, notes };
}

/**
 * Explains a model and writes the folder of its explanation.
 * @throws AppError `other-plan` for a folder that holds one already, unless `force`.
 */
export async function explainModel(request: ExplainRequest): Promise<ExplainedModel> {
  const { model, data, out, force = false, models, thresholds, context } = request;
  await requireFreeFolder(out, Object.values(explanationFiles), force);
  const found = await findNet(model, models);
  // Before the weights: a dataset that does not fit is told at once.
  const fitted = data === undefined ? undefined : await fitOn(data, found, context);
  const explanation = explainWeights(found.chain, thresholds);
  const notes = fitted?.notes ?? [];
  const page = { model: basename(model), explanation, genes: found.genes, notes };
  await writeExplanation(out, { ...page, ...(fitted && { fit: fitted.fit }) });
  return { explanation, notes, ...(fitted && { fit: fitted.fit }) };
}
