/**
 * CMap's inference as cmapM computes it (`infer_tool.m`, regression type `pinv_int`): y = min(max(W·[1; x], 0), 15).
 * Nothing is standardised or clipped before.
 * @module
 */
import type { GraphBuilder } from "../../onnx/builder.ts";
import type { CmapWeights } from "./cmap-weights.ts";

/** The range that CMap clamps inferred values to: log2 of a 15-bit scanner. */
export const clampRange = { min: 0, max: 15 } as const;

/** Adds the formula to a graph: `x` `[N, L]` → `[N, T]`, on one scale. */
export function addCmapFormula(g: GraphBuilder, x: string, { kernel, intercept, landmarks }: CmapWeights): string {
  const [l, t] = [landmarks.length, intercept.length];
  // [T, L], so that a choice of targets reads contiguous rows (DESIGN 3.4).
  const w = g.initializer("kernel", { type: "float32", dims: [t, l], data: kernel });
  const b = g.initializer("bias", { type: "float32", dims: [t], data: intercept });
  const y = g.op("Gemm", [x, w, b], { transB: 1n });
  return g.op("Clip", [y, g.scalar(clampRange.min), g.scalar(clampRange.max)]);
}

/**
 * The formula in float64, for checking.
 * @param rows landmarks `[rows, L]`
 * @returns `[rows, T]`
 */
export function cmapFormula({ kernel, intercept, landmarks }: CmapWeights, rows: Float32Array): Float64Array {
  const [l, t] = [landmarks.length, intercept.length];
  const count = rows.length / l;
  const result = new Float64Array(count * t);
  for (let target = 0; target < t; target++) {
    const weights = kernel.subarray(target * l, (target + 1) * l);
    for (let row = 0; row < count; row++) {
      let sum = intercept[target] as number;
      for (let i = 0, from = row * l; i < l; i++, from++) sum += (weights[i] as number) * (rows[from] as number);
      result[row * t + target] = Math.min(Math.max(sum, clampRange.min), clampRange.max);
    }
  }
  return result;
}
