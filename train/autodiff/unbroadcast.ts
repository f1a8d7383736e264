import type { GraphBuilder } from "../../onnx/builder.ts";
import type { Dim } from "../../onnx/graph.ts";

/**
 * Sums a gradient over the axes along which its value was stretched (ONNX Broadcasting.md): the axes in front that the
 * value does not have, and those where it has length 1. Emits nothing when the dims are equal.
 * @param dims The value's own.
 */
export function unbroadcast(g: GraphBuilder, gradient: string, dims: readonly Dim[]): string {
  const stretched = g.info(gradient).dims;
  const extra = stretched.length - dims.length;
  const front = Array.from({ length: extra }, (_, axis) => axis);
  const inner = dims.flatMap((dim, axis) => (dim === 1 && stretched[axis + extra] !== 1 ? [axis + extra] : []));
  const summed = inner.length > 0 ? g.op("ReduceSum", [gradient, g.ints(inner)], { keepdims: 1n }) : gradient;
  return front.length > 0 ? g.op("ReduceSum", [summed, g.ints(front)], { keepdims: 0n }) : summed;
}
