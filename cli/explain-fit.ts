import { type OpenDataset, openDataset } from "../data/node/dataset.ts";
import { openSession } from "../runtime/node/open.ts";
import { AppError } from "../schemas/errors.ts";
import { openActivations } from "../train/explain/activations.ts";
import { activationFit } from "../train/explain/adjusted-r2.ts";
import { pickColumns } from "../train/explain/columns.ts";
import { lastHidden } from "../train/explain/dense-net.ts";
import type { NamedFit } from "../train/explain/tables.ts";
import type { ZBlock } from "../train/standardised.ts";
import type { CliContext } from "./context.ts";
import type { FoundNet } from "./explain-net.ts";

/** Columns of the dataset's landmarks in the net's order. @throws AppError `bad-data` when some are missing */
function landmarkColumns({ landmarks, dataset }: OpenDataset, { genes, named, net }: FoundNet): Int32Array {
  const columnOf = new Map(landmarks.map(({ id }, column) => [id, column]));
  const missing = named ? genes.landmarks.filter(({ id }) => !columnOf.has(id)) : [];
  if (missing.length > 0 || (!named && landmarks.length !== net.inputs))
    throw new AppError("bad-data", {
      what: "the dataset does not have the landmarks of the model",
      where: dataset.name,
      expected: `${net.inputs} landmarks`,
      got: named ? `all but ${missing.length} of them` : `${landmarks.length}`,
      examples: missing.map(({ id }) => id),
      advice: "Give the dataset that the model was trained on",
    });
  return Int32Array.from(genes.landmarks, ({ id }, place) => columnOf.get(id) ?? place);
}

/**
 * The dataset's targets that are fitted to the activations of each part. Of a net of one part all, whatever it predicts;
 * of several each to the part that predicts it, found by its id: the model's order is not the dataset's.
 * @throws AppError `bad-model` for several parts without names, `bad-data` for targets that are not the model's.
 */
function targetColumns(
  { targets, dataset }: OpenDataset,
  { genes, named, net, model }: FoundNet,
): readonly Int32Array[] {
  if (net.parts.length === 1) return [Int32Array.from(targets, (_, column) => column)];
  if (!named)
    throw new AppError("bad-model", {
      what: "the model names no genes, so which part of it predicts which target is not known",
      where: model.label,
      expected: "genes.tsv in the model's folder",
      advice: "Explain the run or published model that the net is from, or leave out --data to explain its weights",
    });
  const columnOf = new Map(targets.map(({ id }, column) => [id, column]));
  const known = new Set(genes.targets.map(({ id }) => id));
  const missing = genes.targets.filter(({ id }) => !columnOf.has(id));
  const others = targets.filter(({ id }) => !known.has(id));
  if (missing.length + others.length > 0)
    throw new AppError("bad-data", {
      what: "the dataset does not have the targets of the model, each of which is fitted to the activations of its own part",
      where: dataset.name,
      expected: `${net.outputs} targets`,
      got: `all but ${missing.length} of them, and ${others.length} others`,
      examples: [...missing, ...others].map(({ id }) => id),
      advice: "Give the dataset that the model was trained on, or leave out --data to explain its weights",
    });
  return net.parts.map(({ first, targets: count }) =>
    Int32Array.from(genes.targets.slice(first, first + count).flatMap(({ id }) => columnOf.get(id) ?? [])),
  );
}

async function* trainingRows(dataset: OpenDataset, columns: Int32Array, signal: AbortSignal): AsyncGenerator<ZBlock> {
  for await (const { rows, landmarks, targets } of dataset.blocks({ split: "train", units: "z", signal }))
    yield { rows, landmarks: pickColumns(landmarks, rows, columns), targets };
}

/**
 * Fits activations and landmarks to the targets of a dataset's training rows.
 * @throws AppError `usage` for a net without activations; `bad-data` or `bad-model` where net and dataset do not fit.
 */
export async function fitOn(path: string, found: FoundNet, { signal, onProgress }: CliContext) {
  const { read, net, model, trainedOn: hash, named } = found;
  const hidden = lastHidden(model, net);
  if (hidden === undefined)
    throw new AppError("usage", {
      what: "a net without a hidden layer has no activations to compare",
      where: model.label,
      advice: "Leave out --data to explain its weights",
    });
  await using dataset = await openDataset(path);
  const columns = landmarkColumns(dataset, found);
  const ofParts = targetColumns(dataset, found);
  const parts = net.parts.map(({ layers }, at) => ({
    hidden: layers.at(-1)?.inputs ?? 0,
    targets: ofParts[at] ?? new Int32Array(),
  }));
  await using activations = await openActivations(hidden, { landmarks: net.inputs, read, open: openSession });
  const fit = await activationFit({
    rows: dataset.sampleCount("train"),
    landmarks: net.inputs,
    targets: dataset.targets.length,
    parts,
    blocks: trainingRows(dataset, columns, signal),
    activate: activations.activate,
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
