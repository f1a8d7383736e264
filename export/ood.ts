import type { GraphBuilder } from "../onnx/builder.ts";
import { AppError, type OodModel } from "../schemas/index.ts";
import { rowSum } from "./lower/row-sum.ts";

/** The out-of-distribution model with its components `[components, L]`. */
export interface OodParts {
  readonly ood: OodModel;
  readonly components: Float32Array;
}

/**
 * Adds the score of z `[N, L]` as `[N, 1]`: the Mahalanobis distance under probabilistic PCA (Tipping & Bishop 1999)
 * over its threshold. t = z·Cᵀ, d² = Σ tₖ²/λₖ + max(0, Σz² − Σt²)/σ², score = √d²/threshold.
 * @throws AppError `bad-model` when components and variances do not go together.
 */
export function addOod(g: GraphBuilder, z: string, { ood, components }: OodParts): string {
  const { components: k, variances, residualVariance, threshold } = ood;
  const l = components.length / k;
  if (variances.length !== k || g.info(z).dims[1] !== l)
    throw new AppError("bad-model", {
      what: "the out-of-distribution model does not fit the landmarks",
      expected: `${k} variances and components of ${String(g.info(z).dims[1])} landmarks`,
      got: `${variances.length} variances and components of ${l} landmarks`,
    });
  const axes = g.initializer("components", { type: "float32", dims: [k, l], data: components });
  const t = g.op("Gemm", [z, axes], { transB: 1n });
  const squares = g.op("Mul", [t, t]);
  const precisions = g.initializer("precisions", {
    type: "float32",
    dims: [k, 1],
    data: Float32Array.from(variances, (variance) => 1 / variance),
  });
  const along = g.op("MatMul", [squares, precisions]);
  // Relu: rounding may leave the residual of a profile inside the components slightly negative.
  const residual = g.op("Relu", [g.op("Sub", [rowSum(g, g.op("Mul", [z, z])), rowSum(g, squares)])]);
  const squared = g.op("Add", [along, g.op("Mul", [residual, g.scalar(1 / residualVariance)])]);
  return g.op("Mul", [g.op("Sqrt", [squared]), g.scalar(1 / threshold)]);
}

/** The same score in float64, for checking: z is `[rows, L]`. */
export function oodScores(z: Float32Array, { ood, components }: OodParts): Float64Array {
  const { components: k, variances, residualVariance, threshold } = ood;
  const l = components.length / k;
  const scores = new Float64Array(z.length / l);
  for (let row = 0; row < scores.length; row++) {
    const profile = z.subarray(row * l, (row + 1) * l);
    let [along, inside, norm] = [0, 0, 0];
    for (let i = 0; i < l; i++) norm += (profile[i] as number) ** 2;
    for (let c = 0; c < k; c++) {
      let t = 0;
      for (let i = 0; i < l; i++) t += (profile[i] as number) * (components[c * l + i] as number);
      along += (t * t) / (variances[c] as number);
      inside += t * t;
    }
    scores[row] = Math.sqrt(along + Math.max(0, norm - inside) / residualVariance) / threshold;
  }
  return scores;
}
