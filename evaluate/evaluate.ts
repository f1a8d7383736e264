import type { Comparison, Evaluation, ModelScores, OnProgress } from "../schemas/index.ts";
import { AppError } from "../schemas/index.ts";
import { compare } from "./compare.ts";
import { Contestant, type EvaluatedModel } from "./contestant.ts";
import { bucketsOf } from "./error-totals.ts";
import { GroupIndex } from "./group-index.ts";
import { KeptRows, keptBytesLimit } from "./kept-rows.ts";
import { resamplingNotes, scoreNotes } from "./notes.ts";
import type { GeneColumns, PerGeneTable, TargetGene } from "./per-gene.ts";
import { modelScores } from "./scores.ts";

/** Rows to be scored; the arrays belong to the receiver. */
export interface EvaluationBlock {
  readonly rows: number;
  /** Rows of the dataset, `[rows]`. */
  readonly sampleIndices: Int32Array;
  /** `[rows, landmarks]` in native units. */
  readonly landmarks: Float32Array;
  /** The truth `[rows, targets]` in z units, clipped as in training; NaN is missing. */
  readonly targets: Float32Array;
}

/** What is scored on what. */
export interface EvaluateOptions {
  readonly dataset: Evaluation["dataset"];
  readonly split: Evaluation["split"];
  /** Rows of the split: the blocks give exactly so many. */
  readonly samples: number;
  readonly blocks: AsyncIterable<EvaluationBlock>;
  readonly models: readonly EvaluatedModel[];
  readonly baselines: readonly EvaluatedModel[];
  readonly targets: readonly TargetGene[];
  /** `[targets]`: 1 where the target is a landmark too. */
  readonly overlap: Uint8Array;
  readonly groups?: { readonly field: string; readonly of: (sampleIndex: number) => string };
  /** What the caller knows and a reader must: leaky standardisation, λ at the end of its grid, … */
  readonly notes?: readonly string[];
  readonly resamplings?: number;
  readonly seed?: number;
  /** Memory for the values that Spearman's ranks need; past it they are left out, with a note. */
  readonly rankBytes?: number;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** Mean |error| of each group, z units: models first, then baselines. */
export interface GroupErrors {
  readonly field: string;
  readonly names: readonly string[];
  readonly samples: readonly number[];
  readonly mae: readonly { readonly model: string; readonly values: readonly number[] }[];
}

/** An evaluation with the figures behind it. */
export interface EvaluationResult {
  readonly evaluation: Evaluation;
  readonly perGene: PerGeneTable;
  readonly groupErrors?: GroupErrors;
}

interface Scored {
  readonly contestants: readonly Contestant[];
  readonly groups: GroupIndex | undefined;
  readonly kept: KeptRows;
}

/**
 * Scores models and baselines in one pass over a split; the result does not depend on how it is cut into blocks.
 * @throws AppError `usage` when two models share a name, `bad-data` when the split has no samples or no truth,
 * `internal` when a model's prediction has another shape or is not finite, `cancelled` when `signal` is aborted.
 */
export async function evaluateModels(options: EvaluateOptions): Promise<EvaluationResult> {
  const { dataset, split, samples, targets, overlap, notes = [], resamplings = 2_000, seed = 0 } = options;
  const { contestants, groups, kept } = await scoreAll(options);
  const groupCount = groups?.names.length;
  const rho = kept.complete ? kept.spearman() : [];
  const columns = contestants.map((contestant, i): GeneColumns => {
    const { name, role } = contestant;
    return { name, role, metrics: contestant.metrics(), ...(rho[i] && { spearman: rho[i] }) };
  });
  const scores = (chosen?: (gene: number) => boolean) =>
    columns.flatMap((column): ModelScores[] => {
      const score = modelScores({ ...column, spearman: column.spearman, samples }, chosen);
      return score ? [score] : [];
    });
  const all = scores();
  if (all.length === 0)
    throw new AppError("bad-data", { what: "no target has a truth in this split", where: `${dataset.name} ${split}` });
  const overlapping = overlap.reduce((sum, flag) => sum + flag, 0);
  const withoutOverlap = overlapping === 0 ? [] : scores((gene) => overlap[gene] === 0);
  const units: Comparison["resampled"] = groupCount !== undefined && groupCount > 1 ? "groups" : "samples";
  const { comparisons, notComparable } = compareAll(contestants, { units, resamplings, seed });
  const evaluation: Evaluation = {
    schemaVersion: 1,
    dataset,
    split,
    ...(options.groups && { groupField: options.groups.field }),
    ...(groupCount !== undefined && { groups: groupCount }),
    all,
    ...(withoutOverlap.length > 0 && { withoutOverlap }),
    overlappingTargets: overlapping,
    comparisons,
    notes: [
      ...notes,
      ...resamplingNotes({ groups: groupCount, samples }),
      ...scoreNotes({ contestants, samples, spearman: kept.complete, notComparable }),
    ],
  };
  const groupErrors = groups && errorsByGroup(groups, contestants);
  return { evaluation, perGene: { targets, overlap, columns }, ...(groupErrors && { groupErrors }) };
}

async function scoreAll(options: EvaluateOptions): Promise<Scored> {
  const { dataset, split, samples, models, baselines, targets, onProgress, signal } = options;
  const geneIds = targets.map(({ id }) => id);
  const contestants = [
    ...models.map((model) => new Contestant(model, "model", geneIds)),
    ...baselines.map((model) => new Contestant(model, "baseline", geneIds)),
  ];
  const names = contestants.map(({ name }) => name);
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  if (twice.length > 0) throw new AppError("usage", { what: "models share a name", examples: twice });
  const groups = options.groups && new GroupIndex(options.groups.field, options.groups.of);
  const kept = new KeptRows(targets.length, options.rankBytes ?? keptBytesLimit);
  let done = 0;
  for await (const block of options.blocks) {
    if (signal?.aborted) throw new AppError("cancelled", { what: "evaluation stopped" }, { cause: signal.reason });
    const units = { groups: groups?.unitsOf(block.sampleIndices), buckets: bucketsOf(done, block.rows) };
    const matrices = [block.targets];
    for (const contestant of contestants) matrices.push(await contestant.score(block, units));
    kept.add(block.rows, matrices);
    done += block.rows;
    onProgress?.({ phase: "evaluate", done, total: samples, unit: "profiles" });
  }
  const where = `${dataset.name} ${split}`;
  if (done === 0) throw new AppError("bad-data", { what: "the split has no samples", where });
  if (done !== samples)
    throw new AppError("internal", { what: "rows scored", where, expected: String(samples), got: String(done) });
  return { contestants, groups, kept };
}

function compareAll(
  contestants: readonly Contestant[],
  resampling: Parameters<typeof compare>[2],
): { comparisons: Comparison[]; notComparable: string[] } {
  const of = (role: Contestant["role"]) => contestants.filter((contestant) => contestant.role === role);
  const comparisons: Comparison[] = [];
  const notComparable = new Set<string>();
  const baselines = of("baseline");
  // A baseline is compared with those before it: ridge against the mean says what the simplest model gains.
  const pairs = [
    ...of("model").flatMap((model) => baselines.map((baseline) => [model, baseline] as const)),
    ...baselines.flatMap((later, i) => baselines.slice(0, i).map((earlier) => [later, earlier] as const)),
  ];
  for (const [model, baseline] of pairs) {
    const comparison = compare(model, baseline, resampling);
    if (comparison) comparisons.push(comparison);
    else notComparable.add(baseline.name);
  }
  return { comparisons, notComparable: [...notComparable] };
}

function errorsByGroup({ field, names }: GroupIndex, contestants: readonly Contestant[]): GroupErrors {
  return {
    field,
    names,
    samples: contestants[0]?.byGroup.rows ?? [],
    mae: contestants.map(({ name, byGroup }) => ({ model: name, values: byGroup.mae() })),
  };
}
