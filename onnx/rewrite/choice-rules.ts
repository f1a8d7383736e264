/**
 * How a choice of indices of a node's result is made from choices of its inputs.
 * @module
 */
import { intOf, intsOf, optionalIntOf } from "../attributes.ts";
import { intVector } from "../element.ts";
import type { Node, OpName } from "../graph.ts";
import { normaliseAxis } from "../shapes/axis.ts";
import type { Choice, Choosing } from "./select-columns.ts";

/** Which indices of which axis of the node's result are wanted. */
export type Wanted = Omit<Choice, "name">;

/** The result's chosen part under its name, or undefined where it cannot be made from chosen inputs. */
export type ChoiceRule = (node: Node, wanted: Wanted, choosing: Choosing) => string | undefined;

const input = ({ inputs }: Node, index: number): string => inputs[index] ?? "";
const result = ({ outputs }: Node): string => outputs[0] ?? "";

/** An operand that is stretched onto the result: chosen from where it has the axis, left where it is repeated along it. */
function stretched(name: string, { axis, indices }: Wanted, { rank, choosing }: { rank: number; choosing: Choosing }) {
  if (name === "") return name;
  const { dims } = choosing.info(name);
  const own = axis - (rank - dims.length);
  return own < 0 || dims[own] === 1 ? name : choosing.choose({ name, axis: own, indices });
}

/** One result an element; operands broadcast. */
const elementwise: ChoiceRule = (node, wanted, choosing) => {
  const rank = choosing.info(result(node)).dims.length;
  return choosing.emit(
    node,
    node.inputs.map((name) => stretched(name, wanted, { rank, choosing })),
  );
};

/** Columns of x·W + b are columns of W and b. */
const gemm: ChoiceRule = (node, wanted, choosing) => {
  if (wanted.axis !== 1) return undefined;
  const axis = intOf(node, "transB") === 1 ? 0 : 1;
  const kernel = choosing.choose({ ...wanted, name: input(node, 1), axis });
  const bias = stretched(input(node, 2), wanted, { rank: 2, choosing });
  return choosing.emit(node, [input(node, 0), kernel, ...(bias === "" ? [] : [bias])]);
};

const matMul: ChoiceRule = (node, wanted, choosing) => {
  const rank = choosing.info(result(node)).dims.length;
  const { dims } = choosing.info(input(node, 1));
  if (wanted.axis !== rank - 1 || dims.length < 2) return undefined;
  const kernel = choosing.choose({ ...wanted, name: input(node, 1), axis: dims.length - 1 });
  return choosing.emit(node, [input(node, 0), kernel]);
};

/** Scales and zero points lie along one axis, or along all where there are blocks. */
const dequantizeLinear: ChoiceRule = (node, wanted, choosing) => {
  const { dims } = choosing.info(input(node, 0));
  const axis = normaliseAxis(intOf(node, "axis"), dims.length);
  const blockSize = "block_size" in node.attributes ? intOf(node, "block_size") : 0;
  if (blockSize > 0 && axis === wanted.axis) return undefined;
  const along = (name: string): string => {
    const rank = name === "" ? 0 : choosing.info(name).dims.length;
    if (rank === 0 || choosing.info(name).dims.join() === "1") return name;
    if (blockSize > 0) return choosing.choose({ ...wanted, name });
    return axis === wanted.axis ? choosing.choose({ ...wanted, name, axis: 0 }) : name;
  };
  const chosen = choosing.choose({ ...wanted, name: input(node, 0) });
  return choosing.emit(node, [chosen, ...node.inputs.slice(1).map(along)]);
};

const transpose: ChoiceRule = (node, { axis, indices }, choosing) => {
  const name = input(node, 0);
  const rank = choosing.info(name).dims.length;
  const from = intsOf(node, "perm")?.[axis] ?? rank - 1 - axis;
  return choosing.emit(node, [choosing.choose({ name, axis: from, indices })]);
};

/** Parts lie side by side: ascending indices are chosen part by part, parts without any fall away. */
const concat: ChoiceRule = (node, { axis, indices }, choosing) => {
  const rank = choosing.info(input(node, 0)).dims.length;
  if (normaliseAxis(intOf(node, "axis"), rank) !== axis)
    return choosing.emit(
      node,
      node.inputs.map((name) => choosing.choose({ name, axis, indices })),
    );
  if (indices.some((index, at) => at > 0 && index <= (indices[at - 1] ?? 0))) return undefined;
  let start = 0;
  const parts: string[] = [];
  for (const name of node.inputs) {
    const end = start + Number(choosing.info(name).dims[axis]);
    const own = indices.filter((index) => index >= start && index < end).map((index) => index - start);
    if (own.length === end - start) parts.push(name);
    else if (own.length > 0) parts.push(choosing.choose({ name, axis, indices: own }));
    start = end;
  }
  return choosing.emit(node, parts);
};

/** A shape that leaves the axis alone: the same lengths before it, or the same after it. */
const reshape: ChoiceRule = (node, { axis, indices }, choosing) => {
  const name = input(node, 0);
  const from = choosing.info(name).dims;
  const to = choosing.info(result(node)).dims;
  if (![...from, ...to].every((dim) => typeof dim === "number")) return undefined;
  const before = from.slice(0, axis + 1).join() === to.slice(0, axis + 1).join();
  const own = before ? axis : axis + from.length - to.length;
  if (!before && (own < 0 || from.slice(own).join() !== to.slice(axis).join())) return undefined;
  const shape = choosing.add(`${input(node, 1)}/chosen`, intVector(to.map(Number).with(axis, indices.length)));
  return choosing.emit(node, [choosing.choose({ name, axis: own, indices }), shape]);
};

/** A slice of other axes. */
const slice: ChoiceRule = (node, { axis, indices }, choosing) => {
  const name = input(node, 0);
  const { dims } = choosing.info(name);
  const axes = choosing.constant(input(node, 3));
  if (axes === undefined) return undefined;
  if (Array.from(axes.data, Number).some((one) => normaliseAxis(one, dims.length) === axis)) return undefined;
  return choosing.emit(node, [choosing.choose({ name, axis, indices }), ...node.inputs.slice(1)]);
};

/** Rows picked by a table: a choice of the table. */
const gather: ChoiceRule = (node, { axis, indices }, choosing) => {
  const [data, table] = [input(node, 0), input(node, 1)];
  const at = normaliseAxis(intOf(node, "axis"), choosing.info(data).dims.length) ?? 0;
  const own = axis - at;
  if (own < 0 || own >= choosing.info(table).dims.length) return undefined;
  return choosing.emit(node, [data, choosing.choose({ name: table, axis: own, indices })]);
};

/** A reduction over other axes, stated as an attribute (below opset 18). */
const reduce: ChoiceRule = (node, { axis, indices }, choosing) => {
  const name = input(node, 0);
  const rank = choosing.info(name).dims.length;
  const axes = node.inputs.length > 1 ? undefined : intsOf(node, "axes");
  if (axes === undefined) return undefined;
  const gone = axes.map((one) => normaliseAxis(one, rank) ?? 0);
  const left = Array.from({ length: rank }, (_, at) => at).filter((at) => !gone.includes(at));
  const own = optionalIntOf(node, "keepdims") === 0 ? left[axis] : axis;
  if (own === undefined || gone.includes(own)) return undefined;
  return choosing.emit(node, [choosing.choose({ name, axis: own, indices })]);
};

/** Operators that a choice passes through; at any other one the columns are picked from the whole result. */
export const choiceRules: Partial<Readonly<Record<OpName, ChoiceRule>>> = {
  Abs: elementwise,
  Add: elementwise,
  Cast: elementwise,
  Clip: elementwise,
  Concat: concat,
  DequantizeLinear: dequantizeLinear,
  Div: elementwise,
  Elu: elementwise,
  Gather: gather,
  Gemm: gemm,
  Identity: elementwise,
  LeakyRelu: elementwise,
  MatMul: matMul,
  Max: elementwise,
  Min: elementwise,
  Mul: elementwise,
  Neg: elementwise,
  ReduceMean: reduce,
  Relu: elementwise,
  Reshape: reshape,
  Sigmoid: elementwise,
  Slice: slice,
  Softplus: elementwise,
  Sub: elementwise,
  Tanh: elementwise,
  Transpose: transpose,
};
