/**
 * From a block of an input to the rows that a model takes: gather → harmonise → impute.
 * @module
 */
import type { Alignment } from "../data/genes/align.ts";
import { gatherLandmarks } from "../data/genes/gather.ts";
import { mapCohort } from "../data/harmonise/cohort.ts";
import type { Imputer } from "../data/impute.ts";
import type { Block } from "../data/source.ts";
import { AppError, type GeneRecord } from "../schemas/index.ts";
import type { InputPlan } from "./input-plan.ts";
import { type QuantileReferences, quantileRows } from "./quantile-rows.ts";

/** What a block's landmarks become. */
export interface LandmarkRows {
  /** The model's landmarks as measured, `[rows, L]`; NaN = missing. */
  readonly measured: Float32Array;
  /** The same on the model's scale, complete, `[rows, L]`; may be the same array as `measured`. */
  readonly complete: Float32Array;
  /** Landmarks that each profile lacked, `[rows]`. */
  readonly missing: Int32Array;
}

/** What the stages need of a model. */
export interface LandmarkModel extends QuantileReferences {
  readonly genes: readonly GeneRecord[];
  readonly imputer: Imputer;
}

/** All stages; the arrays are as {@link measuredLandmarks} gives them, or new. @throws AppError `bad-data` for an infinite value */
export function landmarkRows(block: Block, plan: InputPlan, model: LandmarkModel): LandmarkRows {
  const { values: measured, isComplete } = measuredLandmarks(block, plan, model.genes);
  const harmonised = harmonise(measured, { block, plan, model });
  // Most inputs are complete: they are spared the copy and the imputer's search.
  if (isComplete && (plan.cohort?.sparse.length ?? 0) === 0)
    return { measured, complete: harmonised, missing: new Int32Array(block.rows) };
  const complete = harmonised === measured ? measured.slice() : harmonised;
  const missing = model.imputer.fill(complete, block.rows);
  return { measured, complete, missing };
}

/** The model's landmarks in a block. */
export interface MeasuredLandmarks {
  /** `[rows, L]`, NaN = missing; the block's own values where these are the landmarks in order. */
  readonly values: Float32Array;
  /** Nothing is missing. */
  readonly isComplete: boolean;
}

/**
 * Picks the model's landmarks out of a block.
 * @throws AppError `bad-data` for an infinite value: neither a measurement nor a mark of a missing one
 */
export function measuredLandmarks(block: Block, plan: InputPlan, genes: readonly GeneRecord[]): MeasuredLandmarks {
  const { alignment, label } = plan;
  // Rows that are the model's landmarks already are spared the copy: the run waits for this thread.
  const values = isInOrder(block, alignment) ? block.values : gatherLandmarks(block, alignment);
  const landmarks = alignment.sources.length;
  const examples: string[] = [];
  let infinite = 0;
  let isComplete = true;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    // 0 for every number; NaN for NaN and infinities.
    if (value - value === 0) continue;
    isComplete = false;
    if (Number.isNaN(value)) continue;
    infinite += 1;
    const profile = block.start + Math.floor(i / landmarks) + 1;
    if (examples.length < 5) examples.push(`profile ${profile}, gene ${genes[i % landmarks]?.id}: ${value}`);
  }
  if (infinite === 0) return { values, isComplete };
  throw new AppError("bad-data", {
    what: `${infinite} landmark values are infinite`,
    where: label,
    examples,
    advice: "Write NaN for missing values; log2 of 0 needs an offset",
  });
}

/** Whether the genes of a block are the model's landmarks, one by one. */
function isInOrder({ rows, values }: Block, { sources }: Alignment): boolean {
  if (values.length !== rows * sources.length) return false;
  return sources.every((columns, landmark) => columns.length === 1 && columns[0] === landmark);
}

interface Harmonised {
  readonly block: Block;
  readonly plan: InputPlan;
  readonly model: QuantileReferences;
}

/** The landmarks on the model's scale; `none` gives back the same array. */
function harmonise(measured: Float32Array, { block, plan, model }: Harmonised): Float32Array {
  switch (plan.options.harmonise) {
    case "none":
      return measured;
    case "quantile":
      return quantileRows(block, measured, { plan, model });
    case "cohort":
      if (plan.cohort === undefined) throw new Error("harmonise: cohort without the cohort's moments");
      return mapCohort(measured, plan.cohort);
  }
}
