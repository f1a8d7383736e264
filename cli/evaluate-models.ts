import { basename } from "node:path";
import type { SplitName } from "../data/dataset/split.ts";
import { type OpenDataset, openDataset } from "../data/node/dataset.ts";
import { withGap } from "../evaluate/against.ts";
import { type EvaluatedModel, meanBaseline } from "../evaluate/contestant.ts";
import { type EvaluationResult, evaluateModels } from "../evaluate/evaluate.ts";
import { requireFreeFolder } from "../evaluate/free-folder.ts";
import type { StressOptions } from "../evaluate/stress.ts";
import { evaluationFiles, writeEvaluation } from "../evaluate/write.ts";
import { loadModelFolder } from "../infer/node/load-model.ts";
import type { Predictor } from "../infer/predictor.ts";
import { resolveModel } from "../registry/resolve.ts";
import { openSession } from "../runtime/node/open.ts";
import { AppError } from "../schemas/errors.ts";
import type { CliContext } from "./context.ts";
import { commonTargets, evaluatedModel, evaluationBlocks, targetUnits } from "./evaluated.ts";
import { type BaselineKind, baselineLabel, baselineOf, fitBaselines } from "./fitted-baselines.ts";

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
  /** Replaces a report that is there already. */
  readonly force?: boolean;
  /** Fit LASSO as a baseline too. */
  readonly lasso?: boolean;
  /** Hide landmarks of all samples too; where not given, of 2,000 evenly spaced ones at most. */
  readonly stress?: boolean;
  readonly seed: number;
  /** Model repository. */
  readonly models: string;
  readonly context: CliContext;
}

/** Samples that the missing-landmark stress, which infers each four times more, takes at most where it is not asked for. */
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

/** Baselines in the order of tables; the last is what others are held against. */
const baselinesOf = ({ lasso = false }: EvaluateRequest): readonly BaselineKind[] =>
  lasso ? ["knn-ge", "lasso", "ridge"] : ["knn-ge", "ridge"];

/** The baseline that a model is, fitted on this very dataset: a second fit would only repeat it. */
function ownBaseline(
  predictor: Predictor,
  dataset: OpenDataset,
  kinds: readonly BaselineKind[],
): BaselineKind | undefined {
  const { training } = predictor.manifest;
  if (training?.dataset.hash !== dataset.hash) return undefined;
  return baselineOf(training.recipe, kinds);
}

function groupsOf({ groupOf, dataset }: OpenDataset): { field: string; of: (sample: number) => string } | undefined {
  if (groupOf === undefined) return undefined;
  const field = "field" in dataset.split ? (dataset.split.field ?? "group") : "group";
  return { field, of: (sample) => groupOf[sample] ?? "" };
}

/** How landmarks are hidden; undefined: not at all. */
function stressOf({ stress, seed }: EvaluateRequest): StressOptions | undefined {
  if (stress === false) return undefined;
  return stress ? { seed } : { seed, most: stressSamples };
}

/**
 * Scores models by reference on one split of a dataset, beside a second dataset where asked, and writes the report.
 * @throws AppError `other-plan` for a folder that holds a report already, unless `force`.
 */
export async function evaluateReferences(request: EvaluateRequest): Promise<EvaluationResult> {
  await requireFreeFolder(request.out, Object.values(evaluationFiles), request.force ?? false);
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
  const stress = stressOf(request);
  const here = { request, where: request.data, ...(stress && { stress }) };
  if (request.against === undefined) return await evaluateOn(dataset, loaded, here);
  await using other = await openDataset(request.against);
  const fair = (own: OpenDataset, there: OpenDataset) =>
    loaded.filter(({ predictor }) => !sharesRows(own, there) || trainedOn(predictor) !== there.hash);
  const first = await evaluateOn(dataset, fair(dataset, other), here);
  const { base: _, ...plain } = request;
  const result = await evaluateOn(other, fair(other, dataset), { request: plain, where: request.against });
  const keys = new Map(
    loaded.map((one) => [one.name, pairingKey(one, dataset, { other, kinds: baselinesOf(request) })]),
  );
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
function pairingKey(
  { name, predictor }: Loaded,
  dataset: OpenDataset,
  { other, kinds }: { other: OpenDataset; kinds: readonly BaselineKind[] },
): string {
  const { training } = predictor.manifest;
  const baseline = ownBaseline(predictor, dataset, kinds) ?? ownBaseline(predictor, other, kinds);
  if (baseline !== undefined) return baseline;
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
  readonly stress?: StressOptions;
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
  const kinds = baselinesOf(request);
  const scored = loaded.map(({ name, predictor }) => ({
    baseline: ownBaseline(predictor, dataset, kinds),
    model: evaluatedModel(name, predictor, { dataset, chosen }),
  }));
  const { inQuestion, serving } = rolesOf(scored);
  const names = new Set(loaded.map(({ name }) => name));
  await using fitted = await fitBaselines(
    kinds.filter((kind) => !scored.some(({ baseline }) => baseline === kind)),
    dataset,
    { columns, nameOf: (kind) => (names.has(kind) ? `${kind} (baseline)` : kind), context },
  );
  const baselines = kinds.flatMap((kind) => serving.get(kind) ?? fitted.models.get(kind) ?? []);
  const groups = groupsOf(dataset);
  const { scale } = dataset.dataset;
  const comparableMean =
    scale !== "zscore" && scale !== "log2fc" && dataset.dataset.standardisation.fittedOn !== "cohort";
  return await evaluateModels({
    dataset: { name: dataset.dataset.name, hash: dataset.hash },
    split,
    samples,
    blocks: evaluationBlocks(dataset, { split, columns, signal: context.signal }),
    models: inQuestion,
    baselines: [meanBaseline(chosen.length), ...baselines],
    targets: chosen.map(({ id, symbol }) => ({ id, symbol })),
    overlap: Uint8Array.from(columns, (column) => dataset.overlap[column] ?? 0),
    open: openSession,
    seed,
    ...(base !== undefined && { base }),
    ...(comparableMean && { native: targetUnits(dataset, chosen) }),
    ...(groups && { groups }),
    ...(stress && { stress }),
    notes: notesOf(dataset, { split, loaded, chosen: chosen.length, serving, fitted: fitted.notes, kinds }),
    onProgress: context.onProgress,
    signal: context.signal,
  });
}

interface ScoredModel {
  /** The baseline that it is itself. */
  readonly baseline: BaselineKind | undefined;
  readonly model: EvaluatedModel;
}

/** Models that are baselines serve as such, so that none is fitted twice; the last one left is what is in question. */
function rolesOf(scored: readonly ScoredModel[]) {
  const serving = new Map<BaselineKind, EvaluatedModel>();
  let inQuestion = scored;
  for (const kind of ["ridge", "knn-ge", "lasso"] as const) {
    const own = inQuestion.find(({ baseline }) => baseline === kind);
    if (own === undefined || inQuestion.length === 1) continue;
    serving.set(kind, own.model);
    inQuestion = inQuestion.filter((one) => one !== own);
  }
  return { inQuestion: inQuestion.map(({ model }) => model), serving };
}

/** Of rows that what was fitted on this dataset, the baselines included, has seen. */
const fittedRowsNote: Readonly<Record<Exclude<SplitName, "test">, string>> = {
  train: "train rows are those that models of this dataset and the baselines were fitted on: scores are optimistic",
  validation:
    "validation rows chose λ, k or the epoch of models of this dataset and of the baselines, and calibrated the 90 % " +
    "intervals: scores and coverage are optimistic",
};

interface NotedEvaluation {
  readonly split: SplitName;
  readonly loaded: readonly Loaded[];
  readonly chosen: number;
  /** Models that serve as baselines, and what fitting the others has to say. */
  readonly serving: ReadonlyMap<BaselineKind, EvaluatedModel>;
  readonly fitted: readonly string[];
  readonly kinds: readonly BaselineKind[];
}

/** What a reader of the scores must know. */
function notesOf(
  { dataset, targets, hash }: OpenDataset,
  { split, loaded, chosen, serving, fitted, kinds }: NotedEvaluation,
): string[] {
  const { fittedOn } = dataset.standardisation;
  const left = targets.length - chosen;
  const foreign = loaded.filter(({ predictor }) => (trainedOn(predictor) ?? hash) !== hash).map(({ name }) => name);
  return [
    ...(fittedOn === "train"
      ? []
      : [`z units were fitted on ${fittedOn} rows, test rows included: scores are optimistic`]),
    ...(split === "test" ? [] : [fittedRowsNote[split]]),
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
    ...Array.from(serving, ([kind, { name }]) => {
      const label = baselineLabel[kind];
      return `${name} is ${label} fitted on this dataset: it serves as the ${label} baseline`;
    }),
    ...fitted,
    ...(kinds.includes("lasso") ? [] : ["LASSO is no baseline here: it takes minutes to fit, --lasso adds it"]),
    ...loaded.flatMap(({ name, predictor }) => (predictor.manifest.training?.notes ?? []).map((n) => `${name}: ${n}`)),
  ];
}
