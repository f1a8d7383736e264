import { leadingEigenvectors } from "../runtime/algebra/tridiagonal-eigen.ts";
import type { OodModel } from "../schemas/index.ts";
import type { SecondMoments } from "./second-moments.ts";

/** Share of the landmarks' variance that the kept components explain, unless {@link maxComponents} stops earlier. */
const explainedShare = 0.9;
/** More components cost a wider Gemm in every served run and are estimated from ever fewer degrees of freedom. */
const maxComponents = 128;
/** At least this many training rows a component, or its variance is noise. */
const rowsPerComponent = 5;

/** The score's parameters without the threshold, which needs validation rows. Components are `[components, L]`. */
export interface OodFit {
  readonly components: Float32Array;
  readonly variances: Float64Array;
  readonly residualVariance: number;
}

/**
 * Probabilistic PCA of the training landmarks in z units (Tipping & Bishop 1999): the leading eigenvectors with their
 * variances, and the mean variance of the other directions.
 */
export function fitOod({ count, eigenvalues, tridiagonal }: SecondMoments): OodFit {
  const l = eigenvalues.length;
  const variances = eigenvalues.map((d) => Math.max(0, d) / count);
  const total = variances.reduce((a, b) => a + b, 0);
  const limit = Math.max(1, Math.min(maxComponents, l - 1, Math.floor(count / rowsPerComponent)));
  let [kept, explained] = [0, 0];
  while (kept < limit && explained < explainedShare * total) explained += variances[kept++]!;
  // A floor keeps the score finite where the training landmarks are exactly collinear.
  const floor = (1e-6 * total) / l;
  const components = Float32Array.from(leadingEigenvectors(tridiagonal, eigenvalues, kept));
  return {
    components,
    variances: variances.slice(0, kept).map((v) => Math.max(v, floor)),
    residualVariance: Math.max(floor, (total - explained) / Math.max(1, l - kept)),
  };
}

/**
 * Mahalanobis distances of profiles under the PPCA model: d² = Σ tₖ²/λₖ + (‖z‖² − Σ tₖ²)/σ², t = z·Cᵀ. [rows]
 */
export function oodDistances({ components, variances, residualVariance }: OodFit, z: Float32Array): Float64Array {
  const k = variances.length;
  const l = components.length / k;
  const distances = new Float64Array(z.length / l);
  for (let r = 0; r < distances.length; r++) {
    let [norm, along, inside] = [0, 0, 0];
    for (let i = 0; i < l; i++) norm += z[r * l + i]! ** 2;
    for (let c = 0; c < k; c++) {
      let t = 0;
      for (let i = 0; i < l; i++) t += z[r * l + i]! * components[c * l + i]!;
      along += (t * t) / variances[c]!;
      inside += t * t;
    }
    distances[r] = Math.sqrt(along + Math.max(0, norm - inside) / residualVariance);
  }
  return distances;
}

/** The finished model: `distances` of held-out profiles set what a score of 1 means (their 99 % quantile). */
export function finishOod(fit: OodFit, distances: readonly number[]): OodModel {
  const sorted = distances.toSorted((a, b) => a - b);
  const threshold = sorted[Math.min(sorted.length - 1, Math.ceil(0.99 * sorted.length) - 1)]!;
  return {
    components: fit.variances.length,
    variances: Array.from(fit.variances),
    residualVariance: fit.residualVariance,
    threshold,
  };
}
