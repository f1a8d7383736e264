import { definedAscending, overGenes, quantile } from "./summary.ts";

/** A curve of `[x, y]` points, x ascending. */
export type Curve = readonly (readonly [number, number])[];

/**
 * Silverman's rule 0.9 · min(sd, IQR/1.34) · n^(−1/5) (Density Estimation, 1986, eq. 3.31). Where more than half of the
 * values are equal the IQR is 0 and the sd alone counts, as in R's `bw.nrd0`; `undefined` where nothing varies.
 */
export function silvermanBandwidth(values: Float64Array): number | undefined {
  const sorted = definedAscending(values);
  const n = sorted.length;
  const spread = overGenes(sorted);
  if (spread === undefined || n < 2 || spread.sd === 0) return undefined;
  const sd = spread.sd * Math.sqrt(n / (n - 1));
  const iqr = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  return 0.9 * (Math.min(sd, iqr / 1.34) || sd) * n ** -0.2;
}

/** Gaussian kernel density of `values` (NaN left out) at `points` places from `start` to `end`; 1/unit of the values. */
export function kernelDensity(
  values: Float64Array,
  bandwidth: number,
  { start, end, points = 200 }: { start: number; end: number; points?: number },
): Curve {
  const sorted = definedAscending(values);
  const scale = 1 / (sorted.length * bandwidth * Math.sqrt(2 * Math.PI));
  return Array.from({ length: points }, (_, i) => {
    const x = start + ((end - start) * i) / (points - 1);
    let sum = 0;
    for (const value of sorted) sum += Math.exp(-0.5 * ((x - value) / bandwidth) ** 2);
    return [x, scale * sum] as const;
  });
}

/** Share of `values` (NaN left out) in each of `bins` equal bins of `[start, end]`, at the bins' middles. */
export function histogram(
  values: Float64Array,
  { start, end, bins }: { start: number; end: number; bins: number },
): Curve {
  const counts = new Float64Array(bins);
  const defined = values.filter((value) => !Number.isNaN(value));
  const width = (end - start) / bins;
  for (const value of defined) {
    const bin = Math.min(bins - 1, Math.floor((value - start) / width));
    if (value >= start && value <= end) counts[bin]! += 1;
  }
  return Array.from(
    counts,
    (count, bin) => [start + (bin + 0.5) * width, count / Math.max(1, defined.length)] as const,
  );
}
