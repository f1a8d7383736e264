import { Random } from "../data/random.ts";
import type { Products } from "../runtime/algebra/products.ts";
import { quantile } from "./summary.ts";

/** Sums of |error| of one model and of a baseline over the same cells of each unit, z units. */
export interface PairedTotals {
  readonly model: readonly number[];
  readonly baseline: readonly number[];
}

interface Draws {
  readonly resamplings: number;
  readonly seed: number;
}

/** The 2.5 % and 97.5 % quantiles; sorts `values`. */
function percentileInterval(values: Float64Array): [number, number] {
  values.sort();
  return [quantile(values, 0.025), quantile(values, 0.975)];
}

/**
 * 95 % percentile interval of 1 − MAE(model)/MAE(baseline), as {@link ratioInterval}.
 *
 * With a truth for every cell each gene has the same n, so the mean over genes of per-gene MAE is the sum of all
 * |error| over the number of cells. The cells cancel in the ratio: one sum a unit is exact, and the genes need not be
 * kept. With missing truth cells it is the improvement over pooled cells instead.
 */
export function improvementInterval({ model, baseline }: PairedTotals, draws: Draws): [number, number] {
  const [low, high] = ratioInterval({ part: model, whole: baseline }, draws);
  return [1 - high, 1 - low];
}

/**
 * 95 % percentile interval (Efron & Tibshirani, An Introduction to the Bootstrap, 13.3) of Σpart/Σwhole when the units
 * (groups, or buckets of samples) are drawn again with replacement. A draw whose whole is 0 has no ratio and is drawn
 * again: some unit's must not be. Deterministic in `seed`.
 */
export function ratioInterval(
  totals: { readonly part: readonly number[]; readonly whole: readonly number[] },
  { resamplings, seed }: Draws,
): [number, number] {
  const units = totals.part.length;
  // A fixed order of the units: the interval does not depend on the order in which their samples were met.
  const pairs = totals.part.map((sum, unit) => [sum, totals.whole[unit]!] as const);
  pairs.sort((a, b) => a[1] - b[1] || a[0] - b[0]);
  const parts = Float64Array.from(pairs, ([sum]) => sum);
  const wholes = Float64Array.from(pairs, ([, sum]) => sum);
  const random = new Random(seed);
  const ratios = new Float64Array(resamplings);
  for (let done = 0; done < resamplings; ) {
    let [part, whole] = [0, 0];
    for (let draw = 0; draw < units; draw++) {
      const unit = random.integer(units);
      part += parts[unit]!;
      whole += wholes[unit]!;
    }
    if (whole === 0) continue;
    ratios[done] = part / whole;
    done += 1;
  }
  return percentileInterval(ratios);
}

/** Cells of one product of draws and genes at a time: 32 MiB of float32. */
const productCells = 2 ** 23;

/** What the interval of a share of won genes is drawn from. */
export interface GeneDifferences {
  /** Summed |error| of the model less the other's, `[units, genes]`. */
  readonly differences: Float32Array;
  /** `[units]`: how units are numbered, so that the order in which their samples were met does not matter. */
  readonly order: Int32Array;
  /** `[genes]`: 1 for genes that count. */
  readonly scored: Uint8Array;
  /** Share of them that the model wins on all units. */
  readonly winRate: number;
}

/**
 * 95 % interval of the share of genes whose summed difference of |error| is negative, when the units are drawn again
 * with replacement: percentiles put about the share itself ({@link aboutShare}). How often a draw takes each unit is a
 * row of counts, so all draws of a gene are one matrix product. Deterministic in `seed`.
 */
export async function winRateInterval(
  products: Products,
  { differences, order, scored, winRate }: GeneDifferences,
  { resamplings, seed }: Draws,
): Promise<[number, number]> {
  const [units, genes] = [order.length, scored.length];
  const random = new Random(seed);
  const rates = new Float64Array(resamplings);
  const among = scored.reduce((sum, one) => sum + one, 0);
  const atATime = Math.max(1, Math.min(resamplings, Math.floor(productCells / genes)));
  for (let start = 0; start < resamplings; start += atATime) {
    const draws = Math.min(atATime, resamplings - start);
    const counts = new Float32Array(draws * units);
    for (let draw = 0; draw < draws; draw++)
      for (let i = 0; i < units; i++) counts[draw * units + order[random.integer(units)]!]! += 1;
    const sums = await products.multiply({ type: "float32", a: counts, b: differences, m: draws, k: units, n: genes });
    for (let draw = 0; draw < draws; draw++) {
      let won = 0;
      for (let g = 0; g < genes; g++) if (scored[g] === 1 && sums[draw * genes + g]! < 0) won += 1;
      rates[start + draw] = won / among;
    }
  }
  rates.sort();
  return aboutShare(rates, winRate, among);
}

/**
 * Quantiles of drawn shares `drawn` (ascending), moved so that their median comes to `share`, as log odds, of `count`
 * genes. A draw adds noise to every gene's difference, which turns the sign of small ones: drawn shares lie nearer to a
 * half than the one they were drawn from, and plain percentiles often leave it out (the bias of a bootstrap: Efron &
 * Tibshirani, 10.2). Odds are of counts and a half each (Haldane 1956), so that shares of 0 and 1 have some.
 */
function aboutShare(drawn: Float64Array, share: number, count: number): [number, number] {
  const logOdds = (of: number): number => Math.log((of * count + 0.5) / ((1 - of) * count + 0.5));
  const shift = logOdds(share) - logOdds(quantile(drawn, 0.5));
  const moved = (probability: number): number => {
    const odds = Math.exp(logOdds(quantile(drawn, probability)) + shift);
    return Math.min(1, Math.max(0, ((count + 1) * (odds / (1 + odds)) - 0.5) / count));
  };
  return [moved(0.025), moved(0.975)];
}
