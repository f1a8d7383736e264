/**
 * Shapes of operators that only arrange elements anew: Reshape, Flatten, Transpose, Squeeze, Unsqueeze, Expand.
 * @module
 */
import { intOf, intsOf } from "../attributes.ts";
import type { Dim } from "../graph.ts";
import { broadcast } from "./broadcast.ts";
import { type Call, constantInts, dimsText, misfit, operand, requiredInts, type ShapeRule } from "./call.ts";
import { product, quotient } from "./dims.ts";
import { axesWithin } from "./reduction.ts";

/** 0 keeps a dimension (unless `allowzero`), one −1 takes what is left. */
export const reshape: ShapeRule = (call) => {
  const { type, dims } = operand(call, 0);
  const asked = requiredInts(call, 1);
  const keepsZero = intOf(call.node, "allowzero") !== 0;
  const bad = (): Error =>
    misfit(call, {
      index: 1,
      what: "the shape does not fit",
      expected: `${product(dims)} elements`,
      got: dimsText(asked),
    });
  if (asked.filter((length) => length === -1).length > 1 || asked.some((length) => length < -1)) throw bad();
  const known = asked.map((length, axis): Dim => {
    if (length !== 0 || keepsZero) return length;
    const kept = dims[axis];
    if (kept === undefined) throw bad();
    return kept;
  });
  const rest = quotient(product(dims), product(known.filter((dim) => dim !== -1)));
  if (asked.includes(-1)) {
    if (rest === undefined) throw bad();
    return [{ type, dims: known.map((dim) => (dim === -1 ? rest : dim)) }];
  }
  const certain = typeof product(dims) === "number" && typeof product(known) === "number";
  if (certain && product(dims) !== product(known)) throw bad();
  return [{ type, dims: known }];
};

/** [d0, …] → [d0·…·d(axis−1), d(axis)·…]; the axis may be the rank. */
export const flatten: ShapeRule = (call) => {
  const { type, dims } = operand(call, 0);
  const axis = intOf(call.node, "axis");
  if (axis < -dims.length || axis > dims.length) {
    throw misfit(call, { what: "axis does not fit", expected: `[${-dims.length}, ${dims.length}]`, got: String(axis) });
  }
  const at = axis < 0 ? axis + dims.length : axis;
  return [{ type, dims: [product(dims.slice(0, at)), product(dims.slice(at))] }];
};

/** Axes in the order of `perm`; reversed by default. */
export const transpose: ShapeRule = (call) => {
  const { type, dims } = operand(call, 0);
  const perm = intsOf(call.node, "perm") ?? [...dims.keys()].toReversed();
  const whole = perm.length === dims.length && dims.every((_, axis) => perm.includes(axis));
  if (!whole) {
    throw misfit(call, { what: "perm is not a permutation", expected: `of rank ${dims.length}`, got: dimsText(perm) });
  }
  return [{ type, dims: perm.map((axis) => dims[axis] ?? 1) }];
};

/** Drops the axes given, or all of length 1. */
export const squeeze: ShapeRule = (call) => {
  const { type, dims } = operand(call, 0);
  const axes = constantInts(call, 1);
  const dropped = new Set(
    axes === undefined ? [...dims.keys()].filter((axis) => dims[axis] === 1) : axesWithin(call, axes, dims.length),
  );
  for (const axis of dropped) {
    const length = dims[axis];
    if (typeof length === "number" && length !== 1) {
      throw misfit(call, { what: `axis ${axis} cannot be dropped`, expected: "length 1", got: dimsText(dims) });
    }
  }
  return [{ type, dims: dims.filter((_, axis) => !dropped.has(axis)) }];
};

/** Inserts axes of length 1; the axes are positions in the result. */
export const unsqueeze: ShapeRule = (call) => {
  const { type, dims } = operand(call, 0);
  const axes = requiredInts(call, 1);
  const rank = dims.length + axes.length;
  const inserted = new Set(axesWithin(call, axes, rank));
  const rest = dims[Symbol.iterator]();
  return [
    { type, dims: Array.from({ length: rank }, (_, axis) => (inserted.has(axis) ? 1 : (rest.next().value ?? 1))) },
  ];
};

/** Broadcasts with the given shape (both ways). */
export const expand: ShapeRule = (call) => {
  const { type, dims } = operand(call, 0);
  const asked = requiredInts(call, 1);
  return [{ type, dims: stretched(call, dims, asked) }];
};

function stretched(call: Call, dims: readonly Dim[], asked: readonly number[]): readonly Dim[] {
  const result = asked.some((length) => length < 0) ? undefined : broadcast([dims, asked]);
  if (result === undefined) {
    throw misfit(call, {
      index: 1,
      what: "the shape does not fit",
      expected: `one that ${dimsText(dims)} stretches to`,
      got: dimsText(asked),
    });
  }
  return result;
}
