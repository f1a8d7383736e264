/**
 * Gradients of reductions: stretched back over the axes that were reduced.
 * @module
 */
import { intOf, intsOf } from "../../../onnx/attributes.ts";
import { axesOf } from "../../../onnx/shapes/axis.ts";
import { type BackwardCall, constantInts, fixedDims, type GradientRule, nameAt, scalarLike } from "../rule.ts";

interface Reduced {
  readonly x: string;
  readonly dims: readonly number[];
  /** Axes reduced, from the front; none where the node passes its input on. */
  readonly axes: readonly number[];
  /** A value of the output's dims with the reduced axes as length 1. */
  readonly kept: (value: string) => string;
}

function reduced(call: BackwardCall): Reduced {
  const { g, node } = call;
  const x = nameAt(node.inputs, 0);
  const dims = fixedDims(call, x);
  const given = intsOf(node, "axes") ?? constantInts(call, 1) ?? [];
  const passesOn = given.length === 0 && intOf(node, "noop_with_empty_axes") !== 0;
  const all = passesOn ? [] : [...dims.keys()];
  const axes = given.length > 0 ? axesOf(given, dims.length) : all;
  const isKept = intOf(node, "keepdims") !== 0 || axes.length === 0;
  const kept = (value: string): string => (isKept ? value : g.op("Unsqueeze", [value, g.ints(axes)]));
  return { x, dims, axes, kept };
}

// y = Σx: dX = dY along the axes
export const reduceSum: GradientRule = (call) => {
  const { dims, kept } = reduced(call);
  return [() => call.g.op("Expand", [kept(call.dY), call.g.ints(dims)])];
};

// y = Σx/n: dX = dY/n along the axes
export const reduceMean: GradientRule = (call) => {
  const { g, dY } = call;
  const { dims, axes, kept } = reduced(call);
  const count = axes.reduce((product, axis) => product * (dims[axis] ?? 1), 1);
  return [() => g.op("Expand", [g.op("Mul", [kept(dY), scalarLike(g, dY, 1 / count)]), g.ints(dims)])];
};

// y = max x or min x: elements equal to y share dY evenly
export const reduceExtreme: GradientRule = (call) => {
  const { g, node, dY } = call;
  const { x, axes, kept } = reduced(call);
  return [
    () => {
      const isExtreme = g.op("Equal", [x, kept(nameAt(node.outputs, 0))]);
      const ones = g.op("Where", [isExtreme, scalarLike(g, x, 1), scalarLike(g, x, 0)]);
      const share = g.op("Div", [kept(dY), g.op("ReduceSum", [ones, g.ints(axes)], { keepdims: 1n })]);
      return g.op("Mul", [ones, share]);
    },
  ];
};

// dX = y·(dY − Σ(dY·y)) along the axis
export const softmax: GradientRule = ({ g, node, dY }) => {
  const y = nameAt(node.outputs, 0);
  return [
    () => {
      const weighted = g.op("Mul", [dY, y]);
      const sum = g.op("ReduceSum", [weighted, g.ints([intOf(node, "axis")])], { keepdims: 1n });
      return g.op("Mul", [y, g.op("Sub", [dY, sum])]);
    },
  ];
};
