import { basename } from "node:path";
import type { SplitName } from "../data/dataset/split.ts";
import { type OpenDataset, openDataset } from "../data/node/dataset.ts";
import { withGap } from "../evaluate/against.ts";
import { type EvaluatedModel, meanBaseline } from "../evaluate/contestant.ts";
import { type EvaluationResult, evaluateModels } from "../evaluate/evaluate.ts";
import { writeEvaluation } from "../evaluate/write.ts";
import { loadModelFolder } from "../infer/node/load-model.ts";
import type { Predictor } from "../infer/predictor.ts";
import { resolveModel } from "../registry/resolve.ts";
import { openSession } from "../runtime/node/open.ts";
import { AppError } from "../schemas/errors.ts";
import type { CliContext } from "./context.ts";
import { commonTargets, evaluatedModel, evaluationBlocks, fittedRidge, targetUnits } from "./evaluated.ts";

/** What `evaluate` is asked for. */
export interface EvaluateRequest {
  readonly references: readonly string[];
  /** Dataset directory. */
  readonly data: string;
  /** A second dataset directory, to print the gap to. */
  readonly against?: string;
  /** Directory for the report. */
  readonly out: string;
  readonly split: SplitName;
  /** What others are held against; the ridge baseline where not given. */
  readonly base?: string;
  /** Hide landmarks too; where not given, on up to 2,000 samples. */
  readonly stress?: boolean;
  readonly seed: number;
  /** Model repository. */
  readonly models: string;
  readonly context: CliContext;
}

/** Samples up to which the missing-landmark stress, which infers everything four times more, is on by itself. */
const stressSamples = 2_000;

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
  const { penalty, lambda, selectOn } = training.recipe;
  return penalty === "l2" && typeof lambda !== "number" && selectOn === undefined;
}

function groupsOf({ groupOf, dataset }: OpenDataset): { field: string; of: (sample: number) => string } | undefined {
  if (groupOf === undefined) return undefined;
  const field = "field" in dataset.split ? (dataset.split.field ?? "group") : "group";
  return { field, of: (sample) => groupOf[sample] ?? "" };
}

/** Scores models by reference on one split of a dataset, beside a second dataset where asked, and writes the report. */
export async function evaluateReferences(request: EvaluateRequest): Promise<EvaluationResult> {
  const loaded: Loaded[] = [];
  try {
    for (const reference of request.references) loaded.push(await load(reference, request.models));
    const result = await evaluateAll(request, loaded);
    await writeEvaluation(request.out, result);
    return result;
  } finally {
    for (const { predictor } of loaded) await predictor[Symbol.asyncDispose]();
  }
}

async function evaluateAll(request: EvaluateRequest, loaded: readonly Loaded[]): Promise<EvaluationResult> {
  await using dataset = await openDataset(request.data);
  const stress = request.stress ?? dataset.sampleCount(request.split) <= stressSamples;
  if (request.against === undefined) return await evaluateOn(dataset, loaded, { request, where: request.data, stress });
  await using other = await openDataset(request.against);
  const fair = (here: OpenDataset, there: OpenDataset) =>
    loaded.filter(({ predictor }) => !sharesRows(here, there) || trainedOn(predictor) !== there.hash);
  const first = await evaluateOn(dataset, fair(dataset, other), { request, where: request.data, stress });
  const { base: _, ...plain } = request;
  const place = { request: plain, where: request.against, stress: false };
  const result = await evaluateOn(other, fair(other, dataset), place);
  const keys = new Map(loaded.map((one) => [one.name, pairingKey(one, dataset, other)]));
  return withGap(first, {
    result,
    split: splitText(dataset),
    otherSplit: splitText(other),
    keyOf: (name) => keys.get(name) ?? name,
  });
}

/** Both were prepared from one file: what is a test row of one may be a training row of the other. */
function sharesRows({ dataset: one }: OpenDataset, { dataset: other }: OpenDataset): boolean {
  return one.sources.some(({ sha256 }) => other.sources.some((source) => source.sha256 === sha256));
}

const trainedOn = ({ manifest }: Predictor): string | undefined => manifest.training?.dataset.hash;

/** What a model has in common with the one to hold it against on another split of the same profiles: its recipe. */
function pairingKey({ name, predictor }: Loaded, dataset: OpenDataset, other: OpenDataset): string {
  const { training } = predictor.manifest;
  if (isOwnRidge(predictor, dataset) || isOwnRidge(predictor, other)) return "ridge";
  const own = training !== undefined && [dataset.hash, other.hash].includes(training.dataset.hash);
  if (!own || !sharesRows(dataset, other)) return name;
  const { name: _, description: __, ...choices } = training.recipe;
  return JSON.stringify(choices);
}

/** A split as `prepare --split` takes it. */
function splitText({ dataset: { split } }: OpenDataset): string {
  if (split.kind === "random") return "random";
  if (split.kind === "group") return `group:${split.field}`;
  return ["kfold", split.folds, ...(split.field === undefined ? [] : [split.field])].join(":");
}

interface Place {
  readonly request: EvaluateRequest;
  /** The dataset's directory. */
  readonly where: string;
  readonly stress: boolean;
}

async function evaluateOn(
  dataset: OpenDataset,
  loaded: readonly Loaded[],
  { request, where, stress }: Place,
): Promise<EvaluationResult> {
  const { split, seed, context, base } = request;
  const samples = dataset.sampleCount(split);
  if (samples === 0) throw new AppError("usage", { what: `the dataset has no ${split} rows`, where });
  const { chosen, columns } = commonTargets(dataset, loaded);
  const scored = loaded.map(({ name, predictor }) => ({
    own: isOwnRidge(predictor, dataset),
    model: evaluatedModel(name, predictor, { dataset, chosen }),
  }));
  // Alone it is the model in question, and there is nothing else to hold against ridge.
  const alone = scored.length === 1 && scored[0]?.own === true;
  const own = alone ? undefined : scored.find((one) => one.own);
  const fitted = own === undefined && !alone ? await fittedRidge(dataset, columns, context) : undefined;
  const ridge: EvaluatedModel | undefined = own?.model ?? fitted;
  const groups = groupsOf(dataset);
  const { scale } = dataset.dataset;
  const comparableMean =
    scale !== "zscore" && scale !== "log2fc" && dataset.dataset.standardisation.fittedOn !== "cohort";
  try {
    return await evaluateModels({
      dataset: { name: dataset.dataset.name, hash: dataset.hash },
      split,
      samples,
      blocks: evaluationBlocks(dataset, { split, columns, signal: context.signal }),
      models: scored.filter((one) => one !== own).map(({ model }) => model),
      baselines: [meanBaseline(chosen.length), ...(ridge === undefined ? [] : [ridge])],
      targets: chosen.map(({ id, symbol }) => ({ id, symbol })),
      overlap: Uint8Array.from(columns, (column) => dataset.overlap[column] ?? 0),
      open: openSession,
      seed,
      ...(base !== undefined && { base }),
      ...(comparableMean && { native: targetUnits(dataset, chosen) }),
      ...(groups && { groups }),
      ...(stress && { stress: { seed } }),
      notes: notesOf(dataset, { loaded, chosen: chosen.length, ownRidge: own?.model.name }),
      onProgress: context.onProgress,
      signal: context.signal,
    });
  } finally {
    await fitted?.[Symbol.asyncDispose]();
  }
}

/** What a reader of the scores must know. */
function notesOf(
  { dataset, targets, hash }: OpenDataset,
  { loaded, chosen, ownRidge }: { loaded: readonly Loaded[]; chosen: number; ownRidge: string | undefined },
): string[] {
  const { fittedOn } = dataset.standardisation;
  const left = targets.length - chosen;
  const foreign = loaded.filter(({ predictor }) => (trainedOn(predictor) ?? hash) !== hash).map(({ name }) => name);
  return [
    ...(fittedOn === "train"
      ? []
      : [`z units were fitted on ${fittedOn} rows, test rows included: scores are optimistic`]),
    ...(dataset.split.kind === "random"
      ? [
          "rows were split at random: profiles of one study may lie on both sides, so scores are optimistic; " +
            "`--against` a dataset split by study tells by how much",
        ]
      : []),
    ...(foreign.length > 0
      ? [`${foreign.join(", ")} was trained on another dataset: optimistic where that held some of these profiles`]
      : []),
    ...(left > 0 ? [`${left} of ${targets.length} targets are not known to every model and were left out`] : []),
    ...(ownRidge === undefined ? [] : [`${ownRidge} is ridge fitted on this dataset: it serves as the ridge baseline`]),
    ...loaded.flatMap(({ name, predictor }) => (predictor.manifest.training?.notes ?? []).map((n) => `${name}: ${n}`)),
  ];
}
