import type { OverGenes } from "../schemas/evaluation.ts";

/**
 * Quantile of ascending values with linear interpolation between order statistics: type 7 of Hyndman & Fan
 * (The American Statistician 50, 1996), the default of numpy and R. NaN when there are no values.
 */
export function quantile(sorted: Float64Array, probability: number): number {
  const at = (sorted.length - 1) * probability;
  const low = Math.floor(at);
  const value = sorted[low] ?? Number.NaN;
  const next = sorted[Math.min(low + 1, sorted.length - 1)] ?? Number.NaN;
  return value + (at - low) * (next - value);
}

/** The values that are numbers, ascending; a new array. */
export function definedAscending(values: Float64Array): Float64Array {
  return values.filter((value) => !Number.isNaN(value)).toSorted();
}

/**
 * Mean, spread and quartiles over the genes that have the figure (NaN: has not); undefined where none has. `sd` is the
 * population standard deviation over genes: the ± of the D-GEX paper's tables (Chen et al., Bioinformatics 32, 2016).
 */
export function overGenes(values: Float64Array): OverGenes | undefined {
  const sorted = definedAscending(values);
  if (sorted.length === 0) return undefined;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / sorted.length;
  const [q25, median, q75] = [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)];
  return { mean, sd: Math.sqrt(variance), median, q25, q75 };
}
