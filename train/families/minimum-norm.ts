import type { Products } from "../../runtime/algebra/products.ts";
import { symmetricEigen } from "../../runtime/algebra/symmetric.ts";
import type { SecondMoments } from "../second-moments.ts";

/** Eigenvalues at most this are rounding errors of the Gram matrix, as `pinv` counts them: ε·L·(the largest). */
export function eigenvalueNoise(eigenvalues: Float64Array): number {
  return Number.EPSILON * eigenvalues.length * Math.max(0, eigenvalues[0] ?? 0);
}

/** Directions that the training landmarks really span: eigenvalues of their Gram matrix above its noise. */
export function landmarkRank({ eigenvalues }: Pick<SecondMoments, "eigenvalues">): number {
  const noise = eigenvalueNoise(eigenvalues);
  return eigenvalues.filter((value) => value > noise).length;
}

/**
 * Least-squares weights of the smallest norm, [L, T]: W = V·D⁺·Vᵀ·C from G = V·D·Vᵀ, for landmarks that are collinear,
 * constant or more than the samples (Golub and Van Loan 5.5.2). Slow (seconds): a full eigendecomposition.
 */
export async function minimumNormWeights(
  products: Products,
  { gram, cross, meanX, meanY }: SecondMoments,
): Promise<Float64Array> {
  const [l, t] = [meanX.length, meanY.length];
  const { values, vectors } = symmetricEigen(gram, l);
  const noise = eigenvalueNoise(values);
  const shape = { type: "float64", a: vectors, m: l, k: l, n: t } as const;
  const along = await products.multiply({ ...shape, b: cross, transA: true });
  for (const [i, value] of values.entries()) {
    const scale = value > noise ? 1 / value : 0;
    for (let at = i * t; at < (i + 1) * t; at++) along[at]! *= scale;
  }
  return products.multiply({ ...shape, b: along });
}
