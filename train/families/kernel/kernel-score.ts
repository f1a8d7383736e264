/**
 * The two shares that a kernel fit ends with, chosen on validation rows: of each target's median error, and of ridge.
 * @module
 */
import { best, type Candidate } from "../../candidates.ts";
import type { GroupFit } from "./group-fit.ts";
import type { HeldRows } from "./kernel-rows.ts";

/** Shares of the median error that are tried. */
const shiftShares = [0, 0.5, 1];
/** Without validation rows: the median is one of predictions that leave the profile out, and needs no proof. */
const shiftShareWithoutValidation = 1;
/** Shares of ridge that are tried. */
const ridgeShares = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6];

/** Predictions of the held-out profiles `[V, T]`, targets in the dataset's order. */
function heldPredictions(groups: readonly GroupFit[], { count, y }: HeldRows, shiftShare: number): Float32Array {
  const predictions = new Float32Array(y.length);
  const total = y.length / count;
  for (const { group, held, shift, floor } of groups) {
    const { targets } = group;
    for (let row = 0, at = 0; row < count; row++)
      for (let place = 0; place < targets.length; place++, at++) {
        const value = held[at]! + shiftShare * shift[place]!;
        predictions[row * total + targets[place]!] = Math.max(floor[place]!, value);
      }
  }
  return predictions;
}

/** Mean |error| of (1 − share)·a + share·b. */
function maeOfMix(truth: Float32Array, [a, b]: readonly [Float32Array, Float32Array], share: number): number {
  let sum = 0;
  for (let at = 0; at < truth.length; at++) sum += Math.abs((1 - share) * a[at]! + share * b[at]! - truth[at]!);
  return sum / truth.length;
}

/** The share of the median error with the smallest validation MAE, and that MAE. */
export function bestShiftShare(
  groups: readonly GroupFit[],
  held: HeldRows,
): { readonly shiftShare: number; readonly validationMae: number } {
  if (held.count === 0) return { shiftShare: shiftShareWithoutValidation, validationMae: Number.NaN };
  const scored = shiftShares.map((value) => {
    const predictions = heldPredictions(groups, held, value);
    return { value, validationMae: maeOfMix(held.y, [predictions, predictions], 0) };
  });
  const { value: shiftShare, validationMae } = best(scored);
  return { shiftShare, validationMae };
}

/** Validation MAE of every share of ridge. @param ridge Its predictions of the held-out profiles `[V, T]`. */
export function scoreRidgeShares(
  { groups, shiftShare }: { readonly groups: readonly GroupFit[]; readonly shiftShare: number },
  held: HeldRows,
  ridge: Float32Array,
): Candidate[] {
  const own = heldPredictions(groups, held, shiftShare);
  return ridgeShares.map((value) => ({ value, validationMae: maeOfMix(held.y, [own, ridge], value) }));
}
