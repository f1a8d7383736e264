/**
 * Shapes of reductions over axes.
 * @module
 */
import { intOf, intsOf } from "../attributes.ts";
import type { Dim } from "../graph.ts";
import { normaliseAxis } from "./axis.ts";
import { type Call, constantInts, dimsText, misfit, operand, type ShapeRule } from "./call.ts";

/** Axes from the attribute (before opset 18) or the second input; none = all, or nothing with `noop_with_empty_axes`. */
export const reduce: ShapeRule = (call) => {
  const { type, dims } = operand(call, 0);
  const given = intsOf(call.node, "axes") ?? constantInts(call, 1) ?? [];
  const nothing = given.length === 0 && intOf(call.node, "noop_with_empty_axes") !== 0;
  if (nothing) return [{ type, dims }];
  const axes = given.length === 0 ? dims.keys() : axesWithin(call, given, dims.length);
  return [{ type, dims: reduced(dims, new Set(axes), intOf(call.node, "keepdims") !== 0) }];
};

/** Index of the largest element along one axis, int64. */
export const argMax: ShapeRule = (call) => {
  const { dims } = operand(call, 0);
  const axes = axesWithin(call, [intOf(call.node, "axis")], dims.length);
  return [{ type: "int64", dims: reduced(dims, new Set(axes), intOf(call.node, "keepdims") !== 0) }];
};

/** Same dims; the axis must exist. */
export const alongAxis: ShapeRule = (call) => {
  const value = operand(call, 0);
  axesWithin(call, [intOf(call.node, "axis")], value.dims.length);
  return [value];
};

/** Axes in `[0, rank)`. @throws AppError `bad-model` when one is outside or given twice. */
export function axesWithin(call: Call, axes: readonly number[], rank: number): readonly number[] {
  const normal = axes.map((axis) => normaliseAxis(axis, rank)).filter((axis) => axis !== undefined);
  if (new Set(normal).size !== axes.length) {
    const expected = `different axes in [${-rank}, ${rank})`;
    throw misfit(call, { what: "axes do not fit", expected, got: dimsText(axes) });
  }
  return normal;
}

/** One axis in `[0, rank)`. */
export function axisWithin(call: Call, axis: number, rank: number): number {
  const [normal] = axesWithin(call, [axis], rank);
  return normal ?? 0;
}

function reduced(dims: readonly Dim[], axes: ReadonlySet<number>, keep: boolean): readonly Dim[] {
  return keep ? dims.map((dim, axis) => (axes.has(axis) ? 1 : dim)) : dims.filter((_, axis) => !axes.has(axis));
}
