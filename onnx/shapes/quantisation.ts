/**
 * Shapes of affine quantisation: x ≈ (q − zero point)·scale, with one scale, one an index of an axis, or one a block.
 * @module
 */
import { intOf } from "../attributes.ts";
import type { Dim } from "../graph.ts";
import { normaliseAxis } from "./axis.ts";
import { type Call, dimsText, misfit, operand, type ShapeRule } from "./call.ts";

/** y = saturate(round(x / scale) + zero point), ties to even; uint8 where no zero point says otherwise. */
export const quantizeLinear: ShapeRule = (call) => {
  const x = operand(call, 0);
  checkScale(call, scaleDims(call, x.dims, 0));
  return [{ type: call.inputs[2]?.type ?? "uint8", dims: x.dims }];
};

/** y = (x − zero point)·scale in float32. */
export const dequantizeLinear: ShapeRule = (call) => {
  const x = operand(call, 0);
  // Blocks came in opset 21.
  const blockSize = "block_size" in call.node.attributes ? intOf(call.node, "block_size") : 0;
  checkScale(call, scaleDims(call, x.dims, blockSize));
  return [{ type: "float32", dims: x.dims }];
};

/** Dims that a scale may have beside a single element. */
function scaleDims(call: Call, dims: readonly Dim[], blockSize: number): readonly Dim[] {
  const scale = operand(call, 1);
  if (blockSize === 0 && (scale.dims.length === 0 || scale.dims.join() === "1")) return scale.dims;
  const axis = normaliseAxis(intOf(call.node, "axis"), dims.length);
  const length = axis === undefined ? undefined : dims[axis];
  if (axis === undefined || length === undefined || blockSize < 0)
    throw misfit(call, { index: 0, what: "no such axis or block", got: `axis ${axis}, block_size ${blockSize}` });
  if (blockSize === 0) return [length];
  return dims.map((dim, at) => (at === axis && typeof dim === "number" ? Math.ceil(dim / blockSize) : dim));
}

/** Scale and zero point have these dims. */
function checkScale(call: Call, expected: readonly Dim[]): void {
  for (const index of [1, 2]) {
    const value = call.inputs[index];
    if (value === undefined || dimsText(value.dims) === dimsText(expected)) continue;
    const what = index === 1 ? "scale" : "zero point";
    throw misfit(call, { index, what: `dims of the ${what}`, expected: dimsText(expected), got: dimsText(value.dims) });
  }
}
