/** 2/√π Σ 2ᵏ x²ᵏ⁺¹ e^(−x²) / (2k+1)!! (DLMF 7.6.2): all terms positive, so nothing cancels. */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 1; term > sum * Number.EPSILON; k++) {
    term *= (2 * x * x) / (2 * k + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** Laplace's continued fraction x + 1/2/(x + 1/(x + 3/2/(x + …))) (DLMF 7.9.1), from the 120th level upwards. */
function erfcFraction(x: number): number {
  let denominator = x;
  for (let k = 120; k >= 1; k--) denominator = x + k / 2 / denominator;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * denominator);
}

/** P(|Z| ≥ |z|) of a standard normal Z, to about 12 digits also in the tail; 0 below 1e-308. */
export function twoSidedNormalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  return x < 2 ? 1 - erfSeries(x) : erfcFraction(x);
}
