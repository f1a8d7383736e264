/**
 * Shapes of operators that pick or join parts: Concat, Split, Gather, Slice, Pad.
 * @module
 */
import { intOf, optionalIntOf, textOf } from "../attributes.ts";
import type { Dim } from "../graph.ts";
import { sliceRange } from "./axis.ts";
import { type Call, constantInts, dimsText, misfit, operand, operands, requiredInts, type ShapeRule } from "./call.ts";
import { sum } from "./dims.ts";
import { axesWithin, axisWithin } from "./reduction.ts";

/** Joined along one axis; all other dims agree. */
export const concat: ShapeRule = (call) => {
  const { type, dims } = operand(call, 0);
  const axis = axisWithin(call, intOf(call.node, "axis"), dims.length);
  const parts = operands(call);
  for (const [index, part] of parts.entries()) {
    const fits = part.dims.length === dims.length && part.dims.every((dim, at) => at === axis || dim === dims[at]);
    if (!fits) {
      throw misfit(call, {
        index,
        what: `dims differ beside axis ${axis}`,
        expected: dimsText(dims),
        got: dimsText(part.dims),
      });
    }
  }
  const joined = sum(parts.map((part) => part.dims[axis] ?? 0));
  return [{ type, dims: dims.with(axis, joined) }];
};

/** Parts of the given lengths, or equal ones (the last may be shorter from opset 18 on). */
export const split: ShapeRule = (call) => {
  const { type, dims } = operand(call, 0);
  const axis = axisWithin(call, intOf(call.node, "axis"), dims.length);
  return splitLengths(call, axis).map((length) => ({ type, dims: dims.with(axis, length) }));
};

function splitLengths(call: Call, axis: number): readonly number[] {
  const count = optionalIntOf(call.node, "num_outputs") ?? call.node.outputs.length;
  const length = operand(call, 0).dims[axis];
  const given = constantInts(call, 1);
  const parts = given?.length ?? count;
  const equal = typeof length === "number" ? Math.ceil(length / parts) : 0;
  const lengths = given ?? Array.from({ length: parts }, (_, part) => Math.min(equal, Number(length) - part * equal));
  const whole = lengths.every((part) => part >= 0) && lengths.reduce((all, part) => all + part, 0) === length;
  const even = call.scope.opset >= 18 || given !== undefined || new Set(lengths).size <= 1;
  if (!whole || !even || parts !== call.node.outputs.length) {
    const expected = `${call.node.outputs.length} parts of axis ${axis}, together ${length}`;
    throw misfit(call, { what: "the parts do not fit", expected, got: dimsText(lengths) });
  }
  return lengths;
}

/** data[indices] along one axis: the axis is replaced by the dims of the indices. */
export const gather: ShapeRule = (call) => {
  const { type, dims } = operand(call, 0);
  const axis = axisWithin(call, intOf(call.node, "axis"), dims.length);
  return [{ type, dims: [...dims.slice(0, axis), ...operand(call, 1).dims, ...dims.slice(axis + 1)] }];
};

/** starts, ends, axes, steps; what it takes of a symbolic axis is a new symbol, unless it is all of it. */
export const slice: ShapeRule = (call) => {
  const { type, dims } = operand(call, 0);
  const [starts, ends] = [requiredInts(call, 1), requiredInts(call, 2)];
  const axes = axesWithin(call, constantInts(call, 3) ?? [...starts.keys()], dims.length);
  const steps = constantInts(call, 4) ?? starts.map(() => 1);
  const same = [ends, axes, steps].every(({ length }) => length === starts.length);
  if (!same || steps.includes(0)) {
    const got = [starts, ends, axes, steps].map(dimsText).join(" ");
    throw misfit(call, { what: "starts, ends, axes, steps do not fit", expected: "as many of each, no step 0", got });
  }
  const result: Dim[] = [...dims];
  for (const [at, axis] of axes.entries()) {
    const range = { start: starts[at] ?? 0, end: ends[at] ?? 0, step: steps[at] ?? 1 };
    result[axis] = sliced(dims[axis] ?? 1, range);
  }
  return [{ type, dims: result }];
};

function sliced(length: Dim, range: Parameters<typeof sliceRange>[1]): Dim {
  if (typeof length === "number") return sliceRange(length, range).count;
  const open = 2 ** 31 - 1;
  if (range.start === 0 && range.end >= open && range.step === 1) return length;
  return `(${length}[${range.start}:${range.end}:${range.step}])`;
}

/** begin and end padding of each axis; negative padding removes. */
export const pad: ShapeRule = (call) => {
  const { type, dims } = operand(call, 0);
  const pads = requiredInts(call, 1);
  const axes = axesWithin(call, constantInts(call, 3) ?? [...dims.keys()], dims.length);
  const mode = textOf(call.node, "mode");
  if (!["constant", "edge", "reflect"].includes(mode)) {
    throw misfit(call, { what: "attribute mode", expected: "constant | edge | reflect", got: mode });
  }
  if (pads.length !== 2 * axes.length) {
    throw misfit(call, {
      index: 1,
      what: "pads do not fit",
      expected: `${2 * axes.length} values`,
      got: dimsText(pads),
    });
  }
  const result: Dim[] = [...dims];
  for (const [at, axis] of axes.entries()) {
    const added = (pads[at] ?? 0) + (pads[at + axes.length] ?? 0);
    const length = sum([dims[axis] ?? 1, added]);
    if (typeof length === "number" && length < 0) {
      throw misfit(call, { index: 1, what: `axis ${axis} would be shorter than nothing`, got: dimsText(pads) });
    }
    result[axis] = length;
  }
  return [{ type, dims: result }];
};
