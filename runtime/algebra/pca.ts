import { AppError } from "../../schemas/errors.ts";
import { symmetricEigen } from "./symmetric.ts";

/** The leading directions of a covariance. */
export interface PrincipalComponents {
  /** `[components, n]` row-major: a unit vector a row, its largest entry positive. */
  readonly components: Float64Array;
  /** `[components]`: variance along each, descending. */
  readonly variances: Float64Array;
  /** Mean variance of the n − components directions left out (σ² of probabilistic PCA); 0 when none is. */
  readonly residualVariance: number;
  /** Trace of the covariance. */
  readonly totalVariance: number;
}

/**
 * Principal components of a covariance `[n, n]`, and the mean of what they leave (Tipping and Bishop 1999, eq. 8).
 * Negative eigenvalues, which only rounding makes, count as 0. Signs are fixed, so results do not depend on the solver.
 * @throws AppError `usage` when more components are asked for than there are; as `symmetricEigen` otherwise.
 */
export function principalComponents(covariance: Float64Array, n: number, count: number): PrincipalComponents {
  if (!Number.isSafeInteger(count) || count < 0 || count > n)
    throw new AppError("usage", {
      what: "so many principal components do not exist",
      expected: `0 to ${n}`,
      got: `${count}`,
    });
  const { values, vectors } = symmetricEigen(covariance, n);
  const variances = values.map((value) => Math.max(0, value));
  const totalVariance = variances.reduce((sum, value) => sum + value, 0);
  const left = variances.subarray(count).reduce((sum, value) => sum + value, 0);
  const components = new Float64Array(count * n);
  for (let c = 0; c < count; c++) {
    const row = components.subarray(c * n, (c + 1) * n);
    for (let i = 0; i < n; i++) row[i] = vectors[i * n + c] ?? Number.NaN;
    orient(row);
  }
  return {
    components,
    variances: variances.slice(0, count),
    residualVariance: count < n ? left / (n - count) : 0,
    totalVariance,
  };
}

/** Turns a vector so that its entry of largest magnitude (the first of equals) is positive, in place. */
export function orient(vector: Float64Array): void {
  let largest = 0;
  for (const value of vector) if (Math.abs(value) > Math.abs(largest)) largest = value;
  if (largest >= 0) return;
  for (const [i, value] of vector.entries()) vector[i] = -value;
}
