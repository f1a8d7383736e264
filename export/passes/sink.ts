/**
 * Which operators may take their input before a `Transpose` instead of behind it: `f(Tx) = T f'(x)`, f' the operator
 * with its axes, or the constants beside it, in the order of x.
 * @module
 */
import { intOf, intsOf, textOf } from "../../onnx/attributes.ts";
import { elementCount, intVector } from "../../onnx/element.ts";
import type { Node, OpName, Tensor } from "../../onnx/graph.ts";
import { inverse, permuted } from "./permuted.ts";

/** A node that reads transposed values, all by the same permutation. */
export interface Sinking {
  readonly node: Node;
  /** Axis i of what the node reads is axis perm[i] of what it is to read. */
  readonly perm: readonly number[];
  /** The constant under a name. */
  readonly constant: (name: string) => Tensor | undefined;
  /** True for an input that is transposed. */
  readonly isMoved: (name: string) => boolean;
}

/** The node in the new order: other attributes, and constants in place of inputs, by position. */
export interface Sunk {
  readonly attributes?: Node["attributes"];
  readonly constants: ReadonlyMap<number, Tensor>;
  /** The permutation of its result. */
  readonly perm: readonly number[];
}

/** `undefined` where the node cannot be moved. */
type Sinker = (sinking: Sinking) => Sunk | undefined;

const none: ReadonlyMap<number, Tensor> = new Map();

/** A constant that broadcasts with the transposed value, as one that broadcasts with what it was. */
function relaid(tensor: Tensor, perm: readonly number[]): Tensor | undefined {
  if (elementCount(tensor.dims) === 1) return tensor;
  if (tensor.dims.length > perm.length) return undefined;
  const dims = [...perm.slice(tensor.dims.length).map(() => 1), ...tensor.dims];
  const moved = permuted({ ...tensor, dims }, inverse(perm));
  const first = moved.dims.findIndex((length) => length !== 1);
  return { ...moved, dims: moved.dims.slice(first) };
}

/** Element by element: every input is transposed or a constant. */
const elementwise: Sinker = ({ node, perm, constant, isMoved }) => {
  const constants = new Map<number, Tensor>();
  for (const [index, name] of node.inputs.entries()) {
    if (name === "" || isMoved(name)) continue;
    const tensor = constant(name);
    const moved = tensor === undefined ? undefined : relaid(tensor, perm);
    if (moved === undefined) return undefined;
    if (moved !== tensor) constants.set(index, moved);
  }
  return { constants, perm };
};

/** Along one axis, every input transposed. */
const alongAxis: Sinker = ({ node, perm, isMoved }) => {
  const axis = intOf(node, "axis");
  const at = perm[axis < 0 ? axis + perm.length : axis];
  if (at === undefined || !node.inputs.every(isMoved)) return undefined;
  return { attributes: { ...node.attributes, axis: BigInt(at) }, constants: none, perm };
};

const reduction: Sinker = ({ node, perm }) => {
  const axes = intsOf(node, "axes")?.map((axis) => (axis < 0 ? axis + perm.length : axis));
  if (axes === undefined || node.inputs.length > 1) return undefined;
  const moved = axes.map((axis) => perm[axis] ?? 0);
  const attributes = { ...node.attributes, axes: moved.toSorted((a, b) => a - b).map(BigInt) };
  if (intOf(node, "keepdims") !== 0) return { attributes, constants: none, perm };
  const kept = perm.map((_, axis) => axis).filter((axis) => !moved.includes(axis));
  const left = perm.filter((_, axis) => !axes.includes(axis)).map((axis) => kept.indexOf(axis));
  return { attributes, constants: none, perm: left };
};

/** A vector of a number an axis, several times over, in the new order of the axes. */
function reordered(tensor: Tensor, perm: readonly number[]): Tensor | undefined {
  const [back, rank] = [inverse(perm), perm.length];
  if (tensor.dims.length !== 1 || tensor.data.length % rank !== 0) return undefined;
  const from = (at: number): number => at - (at % rank) + (back[at % rank] ?? 0);
  if (tensor.type === "int64") return { ...tensor, data: tensor.data.map((_, at) => tensor.data[from(at)] ?? 0n) };
  // `map` keeps the array's class, which the union pairs with `type`.
  return { ...tensor, data: tensor.data.map((_, at) => tensor.data[from(at)] ?? 0) } as Tensor;
}

/** A constant input at `index` has a number an axis: pads (before, then behind), scales. */
function numbersAt(index: number): Sinker {
  return ({ node, perm, constant }) => {
    const tensor = constant(node.inputs[index] ?? "");
    const moved = tensor === undefined ? undefined : reordered(tensor, perm);
    return moved === undefined ? undefined : { constants: new Map([[index, moved]]), perm };
  };
}

/** Scales by axis. Linear ones stay on the last two axes: WebGPU interpolates along others wrongly (`upSampling2D`). */
const resize: Sinker = (sinking) => {
  const sunk = numbersAt(2)(sinking);
  const moved = sunk?.constants.get(2)?.data ?? [];
  const isInner = Array.from(moved, Number).every((scale, axis) => scale === 1 || axis >= moved.length - 2);
  return isInner || textOf(sinking.node, "mode") === "nearest" ? sunk : undefined;
};

/** A constant input at `index` lists axes. */
const slice: Sinker = ({ node, perm, constant }) => {
  const axes = constant(node.inputs[3] ?? "");
  if (axes === undefined) return undefined;
  const moved = Array.from(axes.data, Number).map((axis) => perm[axis < 0 ? axis + perm.length : axis] ?? 0);
  return { constants: new Map([[3, intVector(moved)]]), perm };
};

/** Operators that a `Transpose` can be moved behind. */
export const sinkers: { readonly [O in OpName]?: Sinker } = {
  Abs: elementwise,
  Add: elementwise,
  Cast: elementwise,
  Clip: elementwise,
  Concat: alongAxis,
  Div: elementwise,
  Elu: elementwise,
  Equal: elementwise,
  Erf: elementwise,
  Exp: elementwise,
  Greater: elementwise,
  HardSigmoid: elementwise,
  LeakyRelu: elementwise,
  Less: elementwise,
  Log: elementwise,
  Max: elementwise,
  Min: elementwise,
  Mul: elementwise,
  Neg: elementwise,
  Not: elementwise,
  Pad: numbersAt(1),
  Reciprocal: elementwise,
  ReduceMax: reduction,
  Relu: elementwise,
  Resize: resize,
  Selu: elementwise,
  Sigmoid: elementwise,
  Slice: slice,
  Softmax: alongAxis,
  Softplus: elementwise,
  Softsign: elementwise,
  Sqrt: elementwise,
  Sub: elementwise,
  Tanh: elementwise,
};
