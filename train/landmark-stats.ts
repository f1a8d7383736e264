import type { SecondMoments } from "./second-moments.ts";

/**
 * Mean [L] and covariance [L, L] of the training landmarks on the model's scale, one after the other: what imputes a
 * missing landmark. Taken from the clipped z scores, so that one absurd outlier does not own a covariance.
 */
export function landmarkStats(
  { count, meanX, gram }: SecondMoments,
  { mean, unit }: { mean: ArrayLike<number>; unit: Float64Array },
): Float32Array {
  const l = meanX.length;
  const stats = new Float32Array(l + l * l);
  for (let i = 0; i < l; i++) {
    stats[i] = mean[i]! + meanX[i]! * unit[i]!;
    for (let j = 0; j < l; j++) stats[l + i * l + j] = (gram[i * l + j]! / count) * unit[i]! * unit[j]!;
  }
  return stats;
}
