import { twoSidedNormalTail } from "./normal-tail.ts";

/** Up to so many differences that are not 0, the null distribution is counted out. */
const exactLimit = 25;

/** |differences| that are not 0, ranked 1 … n with mean ranks for ties, and the sizes of the ties. */
function rankedMagnitudes(differences: Float64Array): { signs: Float64Array; ranks: Float64Array; ties: number[] } {
  const sorted = differences.filter((d) => d !== 0).toSorted((a, b) => Math.abs(a) - Math.abs(b));
  const ranks = new Float64Array(sorted.length);
  const ties: number[] = [];
  for (let start = 0; start < sorted.length; ) {
    let end = start + 1;
    while (end < sorted.length && Math.abs(sorted[end]!) === Math.abs(sorted[start]!)) end++;
    ranks.fill((start + 1 + end) / 2, start, end);
    ties.push(end - start);
    start = end;
  }
  return { signs: sorted.map(Math.sign), ranks, ties };
}

/** Twice the smaller tail of the sum of positive ranks over all 2ⁿ sign patterns; doubled mean ranks are whole. */
function exactP(ranks: Float64Array, positive: number): number {
  const doubled = Array.from(ranks, (rank) => Math.round(2 * rank));
  const total = doubled.reduce((sum, rank) => sum + rank, 0);
  const patterns = new Float64Array(total + 1);
  patterns[0] = 1;
  for (const rank of doubled) for (let sum = total; sum >= rank; sum--) patterns[sum]! += patterns[sum - rank]!;
  // The distribution is symmetric about total / 2.
  const smaller = Math.min(2 * positive, total - 2 * positive);
  const tail = patterns.subarray(0, smaller + 1).reduce((sum, count) => sum + count, 0);
  return Math.min(1, (2 * tail) / 2 ** ranks.length);
}

/**
 * Two-sided p of the Wilcoxon signed-rank test that paired differences are symmetric about 0.
 *
 * Differences of 0 are dropped (Wilcoxon's own treatment) and ties share their mean rank. Up to 25 differences the
 * permutation distribution is exact, ties included; beyond it is normal with variance
 * n(n+1)(2n+1)/24 − Σ(t³ − t)/48 over ties of size t, without continuity correction (Hollander, Wolfe & Chicken,
 * Nonparametric Statistical Methods, 3rd ed., 3.1; the same as scipy's `method="approx"`). 1 where all are 0.
 */
export function wilcoxonP(differences: Float64Array): number {
  const { signs, ranks, ties } = rankedMagnitudes(differences);
  const n = ranks.length;
  if (n === 0) return 1;
  const positive = ranks.reduce((sum, rank, i) => (signs[i]! > 0 ? sum + rank : sum), 0);
  if (n <= exactLimit) return exactP(ranks, positive);
  const tied = ties.reduce((sum, t) => sum + (t ** 3 - t), 0);
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - tied / 48;
  return twoSidedNormalTail((positive - (n * (n + 1)) / 4) / Math.sqrt(variance));
}
