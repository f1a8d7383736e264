import { RowStage } from "../../runtime/algebra/row-stage.ts";
import type { OnProgress } from "../../schemas/index.ts";
import type { Candidate, CandidateScores } from "../candidates.ts";
import type { TrainingData } from "../standardised.ts";
import type { Affine, AffineRunner } from "./affine.ts";

/** How the candidates of one hyper-parameter predict. */
export interface CandidateMaps {
  /** The hyper-parameter, for progress. */
  readonly name: string;
  readonly values: readonly number[];
  /** The affine map of a value, valid until the next is asked for: made anew for every block, one is in memory. */
  readonly affineOf: (value: number) => Affine;
  /** Brings a block's landmarks `[rows, L]` into the basis that the maps are stated in. */
  readonly rotate?: (landmarks: Float32Array, rows: number) => Promise<Float32Array>;
}

/** What scoring needs beside the maps. */
export interface ScoringContext {
  readonly data: TrainingData;
  readonly runner: AffineRunner;
  readonly onProgress: OnProgress;
}

/** Rows that a map is made for once: making one costs as much as some hundred rows do. */
const stageRows = 2048;

/** Validation MAE (z units) of every value, over all rows and over each cohort's, in one pass over the rows. */
export async function scoreCandidates(maps: CandidateMaps, context: ScoringContext): Promise<CandidateScores> {
  const { data } = context;
  const cohorts = data.cohortsOf("validation");
  const sets = cohorts.length > 1 ? cohorts : [undefined];
  const totals = maps.values.map(() => 0);
  const byCohort = new Map<string, readonly Candidate[]>();
  const scoresOf = (sums: readonly number[], rows: number): Candidate[] =>
    maps.values.map((value, i) => ({ value, validationMae: (sums[i] ?? Number.NaN) / (rows * data.targets) }));
  const progress = { done: 0, total: data.count("validation") };
  for (const cohort of sets) {
    const sums = await errorSums(maps, context, { cohort, progress });
    for (const [i, sum] of sums.entries()) totals[i]! += sum;
    if (cohort !== undefined) byCohort.set(cohort, scoresOf(sums, data.count("validation", cohort)));
  }
  return { all: scoresOf(totals, progress.total), byCohort };
}

/** One cohort's rows (all where it is undefined), and how far the pass over all of them is. */
interface RowSet {
  readonly cohort: string | undefined;
  readonly progress: { done: number; readonly total: number };
}

/** Σ|error| of every value over a set's rows and all targets. */
async function errorSums(
  { name, values, affineOf, rotate }: CandidateMaps,
  { data, runner, onProgress }: ScoringContext,
  { cohort, progress }: RowSet,
): Promise<number[]> {
  const sums = values.map(() => new Float64Array(data.targets));
  for await (const block of stagedRows(data, cohort)) {
    const landmarks = rotate === undefined ? block.landmarks : await rotate(block.landmarks, block.rows);
    for (const [i, value] of values.entries())
      await runner.addErrors(affineOf(value), { ...block, landmarks }, sums[i]!);
    progress.done += block.rows;
    onProgress({ phase: `choose ${name}`, ...progress, unit: "profiles" });
  }
  return sums.map((sum) => sum.reduce((a, b) => a + b, 0));
}

/** Validation rows in blocks of {@link stageRows}; each is valid until the next is asked for. */
async function* stagedRows(data: TrainingData, cohort: string | undefined) {
  const { landmarks: p, targets: q } = data;
  const stage = new RowStage({ p, q, blockRows: Math.min(stageRows, data.count("validation", cohort)) });
  for await (const { landmarks, targets } of data.blocks("validation", cohort))
    for (const { x, y } of stage.blocks({ x: landmarks, y: targets }))
      yield { rows: x.length / p, landmarks: x, targets: y };
  const rest = stage.rest();
  if (rest !== undefined) yield { rows: rest.x.length / p, landmarks: rest.x, targets: rest.y };
}
