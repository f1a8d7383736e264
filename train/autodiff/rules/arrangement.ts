/**
 * Gradients of operators that move elements: the move undone.
 * @module
 */
import { intOf, intsOf, textOf } from "../../../onnx/attributes.ts";
import { axesOf, sliceRange } from "../../../onnx/shapes/axis.ts";
import { type BackwardCall, constantInts, fixedDims, type GradientRule, nameAt, notDifferentiable } from "../rule.ts";

// Reshape, Flatten, Squeeze, Unsqueeze: dX = dY in x's dims
export const reshape: GradientRule = (call) => [
  () => call.g.op("Reshape", [call.dY, call.g.ints(fixedDims(call, nameAt(call.node.inputs, 0)))]),
];

// dX = dY, summed over the stretched axes by the engine
export const expand: GradientRule = ({ dY }) => [() => dY];

// dX = dY under the inverse permutation
export const transpose: GradientRule = ({ g, node, dY }) => {
  const { length } = g.info(dY).dims;
  const perm = intsOf(node, "perm") ?? Array.from({ length }, (_, axis) => length - 1 - axis);
  return [() => g.op("Transpose", [dY], { perm: perm.map((_, axis) => BigInt(perm.indexOf(axis))) })];
};

function slice({ g }: BackwardCall, value: string, [start, end, axis]: readonly [number, number, number]): string {
  return g.op("Slice", [value, g.ints([start]), g.ints([end]), g.ints([axis])]);
}

/** The axis attribute, from the front. */
function axisOf({ g, node, dY }: BackwardCall): number {
  return axesOf([intOf(node, "axis")], g.info(dY).dims.length)[0] ?? 0;
}

// each dXᵢ is its part of dY
export const concat: GradientRule = (call) => {
  const axis = axisOf(call);
  const lengths = call.node.inputs.map((input) => fixedDims(call, input)[axis] ?? 0);
  return lengths.map((length, index) => () => {
    const start = lengths.slice(0, index).reduce((sum, before) => sum + before, 0);
    return slice(call, call.dY, [start, start + length, axis]);
  });
};

// dX = the parts' gradients side by side, 0 for a part that the loss does not depend on
export const split: GradientRule = (call) => {
  const { g, node } = call;
  const zeros = (part: string): string =>
    g.op("Expand", [g.scalar(0, g.info(part).type), g.ints(fixedDims(call, part))]);
  return [
    () => {
      const parts = node.outputs.map((part, index) => call.gradients[index] ?? zeros(part));
      return g.op("Concat", parts, { axis: BigInt(axisOf(call)) });
    },
  ];
};

// dX = dY with zeros around it
export const sliced: GradientRule = (call) => {
  const { g, node, dY } = call;
  const dims = fixedDims(call, nameAt(node.inputs, 0));
  const [starts = [], ends = []] = [constantInts(call, 1), constantInts(call, 2)];
  const axes = axesOf(constantInts(call, 3) ?? [...starts.keys()], dims.length);
  if (constantInts(call, 4)?.some((step) => step !== 1)) throw notDifferentiable(node, "its steps are not 1");
  const before = dims.map(() => 0);
  const after = dims.map(() => 0);
  for (const [index, axis] of axes.entries()) {
    const length = dims[axis] ?? 0;
    const { start, count } = sliceRange(length, { start: starts[index] ?? 0, end: ends[index] ?? length, step: 1 });
    before[axis] = start;
    after[axis] = length - start - count;
  }
  return [() => g.op("Pad", [dY, g.ints([...before, ...after])])];
};

// dX = dY without the border
export const pad: GradientRule = (call) => {
  const { g, node, dY } = call;
  const dims = fixedDims(call, nameAt(node.inputs, 0));
  const pads = constantInts(call, 1) ?? [];
  const axes = axesOf(constantInts(call, 3) ?? [...dims.keys()], dims.length);
  if (textOf(node, "mode") !== "constant" || pads.some((width) => width < 0))
    throw notDifferentiable(node, "only borders of a constant are undone");
  const starts = axes.map((_, index) => pads[index] ?? 0);
  const ends = axes.map((axis, index) => (starts[index] ?? 0) + (dims[axis] ?? 0));
  return [() => g.op("Slice", [dY, g.ints(starts), g.ints(ends), g.ints(axes)])];
};
