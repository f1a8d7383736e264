import { Products } from "../runtime/algebra/products.ts";
import type { OpenSession } from "../runtime/session.ts";
import { AppError, type Comparison, type Evaluation, type ModelScores } from "../schemas/index.ts";
import type { Resampling } from "./compare.ts";
import { compareAll } from "./compare-all.ts";
import type { Contestant } from "./contestant.ts";
import { groupScores } from "./group-scores.ts";
import { intervalScores } from "./interval-scores.ts";
import { coverageNotes, resamplingNotes, scoreNotes } from "./notes.ts";
import type { GeneColumns, PerGeneTable } from "./per-gene.ts";
import { type RankScores, rankScores } from "./rank-scores.ts";
import { type Scored, type ScoredRows, scoreAll } from "./score-all.ts";
import { modelScores } from "./scores.ts";

/** What is scored on what. */
export interface EvaluateOptions extends ScoredRows {
  /** Opens the sessions that products of ranks and of bootstrap draws run in. */
  readonly open: OpenSession;
  /**
   * Mean and z unit of each target in native units, `[targets]`, for RMSE / mean; absent where the scale has no
   * meaningful mean (z scores, fold changes).
   */
  readonly native?: { readonly mean: Float64Array; readonly unit: Float64Array };
  /** What `per_gene.tsv` and the report hold the others against; the last baseline by default. */
  readonly base?: string;
  /** What the caller knows and a reader must: leaky standardisation, λ at the end of its grid, … */
  readonly notes?: readonly string[];
  readonly resamplings?: number;
  readonly seed?: number;
}

/** An evaluation with the figures behind it. */
export interface EvaluationResult {
  readonly evaluation: Evaluation;
  readonly perGene: PerGeneTable;
}

/**
 * Scores models and baselines on a split to the protocol of systems.md 4. Memory beside the models: 1 GiB for ranks
 * (`rankBytes`), and per contestant 4 bytes · genes · at most 1,000 resampled units, however many samples there are.
 * @throws AppError as {@link scoreAll}; `usage` when `base` is none of the contestants, `bad-data` without any truth.
 */
export async function evaluateModels(options: EvaluateOptions): Promise<EvaluationResult> {
  const { dataset, split, samples, signal, resamplings = 2_000, seed = 0 } = options;
  const scored = await scoreAll(options);
  const { contestants, groups, kept, missing } = scored;
  const base = baseOf(contestants, options.base);
  await using products = new Products(options.open);
  const names = contestants.map(({ name }) => name);
  const ranks = await rankScores(kept, names, { genes: options.targets.length, products, signal });
  const columns = contestants.map((contestant, i) => geneColumns(contestant, ranks[i], options));
  const all = scoresOver(columns, samples);
  if (all.length === 0)
    throw new AppError("bad-data", { what: "no target has a truth in this split", where: `${dataset.name} ${split}` });
  const groupCount = groups?.names.length;
  const units: Comparison["resampled"] = groupCount !== undefined && groupCount > 1 ? "groups" : "samples";
  const resampling: Resampling = { units, resamplings, seed, products };
  const { comparisons, notComparable } = await compareAll(contestants, base, resampling);
  const intervals = contestants.flatMap((one) => intervalScores(one, groups?.names ?? [], resampling) ?? []);
  const notes = [
    ...(options.notes ?? []),
    ...resamplingNotes({ groups: groupCount, samples }),
    ...scoreNotes({
      contestants,
      samples,
      rankedSamples: kept.rows,
      stressedSamples: missing?.samples,
      notComparable,
    }),
    ...intervals.flatMap((one) => coverageNotes(one, units)),
  ];
  const evaluation: Evaluation = {
    schemaVersion: 1,
    dataset,
    split,
    ...(options.groups && { groupField: options.groups.field }),
    ...(groupCount !== undefined && { groups: groupCount }),
    all,
    ...(await withoutOverlap(columns, options, { contestants, base, resampling })),
    overlappingTargets: options.overlap.reduce((sum, flag) => sum + flag, 0),
    comparisons,
    base: base.name,
    ...furtherScores(scored, ranks),
    ...(intervals.length > 0 && { intervals }),
    notes,
  };
  return { evaluation, perGene: { targets: options.targets, overlap: options.overlap, columns, base: base.name } };
}

/** The contestant that others are held against. @throws AppError `usage` when there is none of that name */
function baseOf(contestants: readonly Contestant[], name: string | undefined): Contestant {
  const base = name === undefined ? contestants.at(-1) : contestants.find((one) => one.name === name);
  if (base !== undefined) return base;
  throw new AppError("usage", {
    what: "the base of comparisons is not among what is scored",
    expected: contestants.map((one) => one.name).join(", "),
    ...(name !== undefined && { got: name }),
  });
}

function geneColumns(
  contestant: Contestant,
  ranks: RankScores | undefined,
  { native }: Pick<EvaluateOptions, "native">,
): GeneColumns {
  const { name, role, model } = contestant;
  const metrics = contestant.metrics();
  // A mean at or below 0 (log2 of values below 1) gives no share of it.
  const nrmse = native?.mean.map((mean, g) => {
    const truth = mean + metrics.meanTruth[g]! * native.unit[g]!;
    return truth > 0 ? (metrics.rmse[g]! * native.unit[g]!) / truth : Number.NaN;
  });
  return {
    name,
    role,
    metrics,
    ...(nrmse && { nrmse }),
    ...(ranks && { spearman: ranks.spearman, recall: ranks.recall }),
    ...(model.halfwidths && { halfwidths: model.halfwidths }),
    ...(model.reliability && { reliability: model.reliability }),
  };
}

function scoresOver(
  columns: readonly GeneColumns[],
  samples: number,
  chosen?: (gene: number) => boolean,
): ModelScores[] {
  return columns.flatMap((column) => modelScores(column, samples, chosen) ?? []);
}

/** Scores and comparisons over the targets that are no landmarks, where some are. */
async function withoutOverlap(
  columns: readonly GeneColumns[],
  { overlap, samples }: EvaluateOptions,
  { contestants, base, resampling }: { contestants: readonly Contestant[]; base: Contestant; resampling: Resampling },
): Promise<Pick<Evaluation, "withoutOverlap" | "comparisonsWithoutOverlap">> {
  if (!overlap.includes(1)) return {};
  const scores = scoresOver(columns, samples, (gene) => overlap[gene] === 0);
  if (scores.length === 0) return {};
  const { comparisons } = await compareAll(contestants, base, { ...resampling, overlap });
  return { withoutOverlap: scores, comparisonsWithoutOverlap: comparisons };
}

/** The parts of an evaluation that not every one has. */
function furtherScores({ contestants, groups, kept, missing }: Scored, ranks: readonly RankScores[]) {
  const names = groups?.names ?? [];
  const recall = ranks.map((one) => one.recallScores).filter((one) => one.genes ?? one.samples);
  const differential = ranks.flatMap((one) => one.differential ?? []);
  return {
    ...(kept.rows > 0 && { rankedSamples: kept.rows }),
    ...(recall.length > 0 && { recall }),
    ...(differential.length > 0 && { differential }),
    ...(groups && { byGroup: groupScores(contestants, names) }),
    ...(missing && { stress: missing.result(contestants) }),
  } satisfies Partial<Evaluation>;
}
