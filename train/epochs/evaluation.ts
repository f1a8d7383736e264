/**
 * Errors of the weights on named sets of rows: `validation`, `test`, and one of each for every cohort where there are
 * several, `validation:NAME`.
 * @module
 */
import type { RowStore } from "../rows/row-store.ts";
import { requireCohort, setOf } from "../select-on.ts";
import { inPieces, type RowBuffers, readAhead } from "./read-ahead.ts";
import type { StepEngine, TrainingState } from "./step-engine.ts";

/** Rows of an evaluation at once, at most: errors of a row do not depend on the others. */
export const evaluatedRows = 1000;

/** Rows that are evaluated in every epoch. */
export interface EvaluatedSet {
  readonly name: string;
  readonly rows: Int32Array;
}

type HeldOut = "validation" | "test";

/** All rows of a split, and each cohort's where several have some. */
export function setsOf(store: RowStore, split: HeldOut): readonly EvaluatedSet[] {
  const rows = store.rowsOf(split);
  const cohorts = store.cohortsOf(split);
  if (rows.length === 0) return [];
  const ofCohorts = cohorts.map((cohort) => ({ name: `${split}:${cohort}`, rows: store.rowsOf(split, cohort) }));
  return [{ name: split, rows }, ...(cohorts.length > 1 ? ofCohorts : [])];
}

/**
 * The validation set that chooses the epoch; `undefined` where there are no validation rows.
 * @throws AppError `usage` for a cohort without validation rows.
 */
export function selectionSet(store: RowStore, selectOn: string | undefined): string | undefined {
  const cohorts = store.cohortsOf("validation");
  if (selectOn !== undefined) requireCohort(cohorts, { cohort: selectOn, where: "optimisation.selectOn" });
  return store.rowsOf("validation").length === 0 ? undefined : setOf(cohorts, selectOn);
}

/** Where errors come from. */
export interface Evaluator {
  readonly store: RowStore;
  readonly engine: StepEngine;
  readonly buffers: RowBuffers;
}

/** Σ|ŷ − y| of each row. */
async function rowErrors({ store, engine, buffers }: Evaluator, weights: TrainingState, rows: Int32Array) {
  const errors = new Float64Array(rows.length);
  let done = 0;
  const pieces = inPieces(rows, Math.min(buffers.rows, evaluatedRows));
  for await (const block of readAhead(store, pieces, buffers)) {
    errors.set(await engine.rowErrors(weights, block), done);
    done += block.rows;
  }
  return errors;
}

/** Mean absolute error in z units of one set. */
export async function maeOf(evaluator: Evaluator, weights: TrainingState, rows: Int32Array): Promise<number> {
  const errors = await rowErrors(evaluator, weights, rows);
  return errors.reduce((sum, error) => sum + error, 0) / (rows.length * evaluator.store.targets);
}

/** Mean absolute errors in z units by set; each row is evaluated once, however many sets it is in. */
export async function maesOf(
  evaluator: Evaluator,
  weights: TrainingState,
  sets: readonly EvaluatedSet[],
): Promise<Record<string, number>> {
  const all = Int32Array.from(new Set(sets.flatMap(({ rows }) => [...rows])));
  const errors = await rowErrors(evaluator, weights, all);
  const errorOf = new Map(Array.from(all, (row, at) => [row, errors[at] ?? Number.NaN]));
  const maes = sets.map(({ name, rows }): [string, number] => {
    const sum = rows.reduce((total, row) => total + (errorOf.get(row) ?? Number.NaN), 0);
    return [name, sum / (rows.length * evaluator.store.targets)];
  });
  return Object.fromEntries(maes);
}
