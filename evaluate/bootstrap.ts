import { Random } from "../data/random.ts";
import { quantile } from "./summary.ts";

/** Sums of |error| of one model and of a baseline over the same cells of each unit, z units. */
export interface PairedTotals {
  readonly model: readonly number[];
  readonly baseline: readonly number[];
}

/**
 * 95 % percentile interval (Efron & Tibshirani, An Introduction to the Bootstrap, 13.3) of 1 − MAE(model)/MAE(baseline)
 * when the units (groups, or buckets of samples) are drawn again with replacement.
 *
 * With a truth for every cell each gene has the same n, so the mean over genes of per-gene MAE is the sum of all
 * |error| over the number of cells. The cells cancel in the ratio: one sum a unit is exact, and the genes need not be
 * kept. With missing truth cells it is the improvement over pooled cells instead. A draw in which the baseline has no
 * error has no ratio and is drawn again: some unit's must. Deterministic in `seed`.
 */
export function improvementInterval(
  totals: PairedTotals,
  { resamplings, seed }: { resamplings: number; seed: number },
): [number, number] {
  const units = totals.model.length;
  // A fixed order of the units: the interval does not depend on the order in which their samples were met.
  const pairs = totals.model.map((sum, unit) => [sum, totals.baseline[unit]!] as const);
  pairs.sort((a, b) => a[1] - b[1] || a[0] - b[0]);
  const model = Float64Array.from(pairs, ([sum]) => sum);
  const baseline = Float64Array.from(pairs, ([, sum]) => sum);
  const random = new Random(seed);
  const improvements = new Float64Array(resamplings);
  for (let done = 0; done < resamplings; ) {
    let [modelSum, baselineSum] = [0, 0];
    for (let draw = 0; draw < units; draw++) {
      const unit = random.integer(units);
      modelSum += model[unit]!;
      baselineSum += baseline[unit]!;
    }
    if (baselineSum === 0) continue;
    improvements[done] = 1 - modelSum / baselineSum;
    done += 1;
  }
  improvements.sort();
  return [quantile(improvements, 0.025), quantile(improvements, 0.975)];
}
