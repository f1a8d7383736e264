import { basename } from "node:path";
import type { SplitName } from "../data/dataset/split.ts";
import { type OpenDataset, openDataset } from "../data/node/dataset.ts";
import { type EvaluatedModel, meanBaseline } from "../evaluate/contestant.ts";
import { type EvaluationResult, evaluateModels } from "../evaluate/evaluate.ts";
import { writeEvaluation } from "../evaluate/write.ts";
import { loadModelFolder } from "../infer/node/load-model.ts";
import type { Predictor } from "../infer/predictor.ts";
import { resolveModel } from "../registry/resolve.ts";
import { openSession } from "../runtime/node/open.ts";
import { AppError } from "../schemas/errors.ts";
import { type RidgeBaseline, ridgeBaseline } from "../train/baseline.ts";
import { secondMoments } from "../train/second-moments.ts";
import { trainingData } from "../train/standardised.ts";
import type { CliContext } from "./context.ts";
import { commonTargets, evaluatedModel, evaluationBlocks } from "./evaluated.ts";

/** What `evaluate` is asked for. */
export interface EvaluateRequest {
  readonly references: readonly string[];
  /** Dataset directory. */
  readonly data: string;
  /** Directory for the report. */
  readonly out: string;
  readonly split: SplitName;
  /** Model repository. */
  readonly models: string;
  readonly context: CliContext;
}

interface Loaded {
  readonly name: string;
  readonly predictor: Predictor;
}

async function load(reference: string, models: string): Promise<Loaded> {
  const { dir, name, version } = await resolveModel(reference, { models });
  const predictor = await loadModelFolder(dir);
  return { name: name === undefined ? basename(dir) : `${name}:${version}`, predictor };
}

/** True for a ridge model fitted on this very dataset: it is the baseline itself, a second fit would only repeat it. */
function isOwnRidge({ manifest }: Predictor, { hash }: OpenDataset): boolean {
  const { training } = manifest;
  if (training?.recipe.family !== "linear" || training.dataset.hash !== hash) return false;
  return training.recipe.penalty === "l2" && Array.isArray(training.recipe.lambda);
}

/** Ridge fitted on the dataset's own training rows, as `evaluate` scores it. */
async function fittedRidge(
  dataset: OpenDataset,
  columns: Int32Array,
  context: CliContext,
): Promise<{ model: EvaluatedModel; baseline: RidgeBaseline }> {
  const data = trainingData(dataset, context.signal);
  const moments = await secondMoments(data, openSession, context);
  const baseline = await ridgeBaseline(data, moments, { open: openSession, context });
  const { mean, sd } = dataset.landmarkMoments;
  const { epsilon, clip = Number.POSITIVE_INFINITY } = dataset.dataset.standardisation;
  const predictZ = async (landmarks: Float32Array, rows: number): Promise<Float32Array> => {
    const z = landmarks.map((value, at) => {
      const gene = at % mean.length;
      return Math.max(-clip, Math.min(clip, (value - mean[gene]!) / (sd[gene]! + epsilon)));
    });
    const all = await baseline.predictZ(z, rows);
    if (columns.length === data.targets) return all;
    return Float32Array.from({ length: rows * columns.length }, (_, at) => {
      const row = Math.floor(at / columns.length);
      return all[row * data.targets + columns[at % columns.length]!]!;
    });
  };
  return { model: { name: "ridge", predictZ }, baseline };
}

function groupsOf({ groupOf, dataset }: OpenDataset): { field: string; of: (sample: number) => string } | undefined {
  if (groupOf === undefined) return undefined;
  const field = "field" in dataset.split ? (dataset.split.field ?? "group") : "group";
  return { field, of: (sample) => groupOf[sample] ?? "" };
}

/** Scores models by reference on one split of a dataset and writes the report. */
export async function evaluateReferences(request: EvaluateRequest): Promise<EvaluationResult> {
  const { references, split, context } = request;
  await using dataset = await openDataset(request.data);
  const samples = dataset.sampleCount(split);
  if (samples === 0) throw new AppError("usage", { what: `the dataset has no ${split} rows`, where: request.data });
  const open: AsyncDisposable[] = [];
  try {
    const loaded: Loaded[] = [];
    for (const reference of references) {
      loaded.push(await load(reference, request.models));
      open.push(...loaded.slice(-1).map(({ predictor }) => predictor));
    }
    const { chosen, columns } = commonTargets(dataset, loaded);
    const scored = loaded.map(({ name, predictor }) => ({
      own: isOwnRidge(predictor, dataset),
      model: evaluatedModel(name, predictor, { dataset, chosen }),
    }));
    // Alone it is the model in question, and there is nothing else to hold against ridge.
    const alone = scored.length === 1 && scored[0]?.own === true;
    const own = alone ? undefined : scored.find((one) => one.own);
    const fitted = own === undefined && !alone ? await fittedRidge(dataset, columns, context) : undefined;
    if (fitted !== undefined) open.push(fitted.baseline);
    const ridge = own?.model ?? fitted?.model;
    const groups = groupsOf(dataset);
    const result = await evaluateModels({
      dataset: { name: dataset.dataset.name, hash: dataset.hash },
      split,
      samples,
      blocks: evaluationBlocks(dataset, { split, columns, signal: context.signal }),
      models: scored.filter((one) => one !== own).map(({ model }) => model),
      baselines: [meanBaseline(chosen.length), ...(ridge === undefined ? [] : [ridge])],
      targets: chosen.map(({ id, symbol }) => ({ id, symbol })),
      overlap: Uint8Array.from(columns, (column) => dataset.overlap[column] ?? 0),
      ...(groups && { groups }),
      notes: notesOf(dataset, { loaded, chosen: chosen.length, ownRidge: own?.model.name }),
      onProgress: context.onProgress,
      signal: context.signal,
    });
    await writeEvaluation(request.out, result);
    return result;
  } finally {
    for (const one of open) await one[Symbol.asyncDispose]();
  }
}

/** What a reader of the scores must know. */
function notesOf(
  { dataset, targets }: OpenDataset,
  { loaded, chosen, ownRidge }: { loaded: readonly Loaded[]; chosen: number; ownRidge: string | undefined },
): string[] {
  const { fittedOn } = dataset.standardisation;
  const left = targets.length - chosen;
  return [
    ...(fittedOn === "train"
      ? []
      : [`z units were fitted on ${fittedOn} rows, test rows included: scores are optimistic`]),
    ...(dataset.split.kind === "random"
      ? ["rows were split at random: profiles of one study may lie on both sides, so scores are optimistic"]
      : []),
    ...(left > 0 ? [`${left} of ${targets.length} targets are not known to every model and were left out`] : []),
    ...(ownRidge === undefined ? [] : [`${ownRidge} is ridge fitted on this dataset: it serves as the ridge baseline`]),
    ...loaded.flatMap(({ name, predictor }) => (predictor.manifest.training?.notes ?? []).map((n) => `${name}: ${n}`)),
  ];
}
