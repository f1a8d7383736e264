/**
 * What a shape rule sees: one node with its operands, and the names around it.
 * @module
 */
import { AppError, type Fault } from "../../schemas/errors.ts";
import type { Dim, ElementType, Graph, Node, Tensor, ValueInfo } from "../graph.ts";

/** Names that a node may use: values with their shapes, constants with their data, from inside out. */
export interface Scope {
  readonly opset: number;
  value(name: string): ValueInfo | undefined;
  constant(name: string): Tensor | undefined;
  /** Shapes of all values of a subgraph that sees these names. @throws AppError `bad-model`. */
  infer(subgraph: Graph): ReadonlyMap<string, ValueInfo>;
}

/** Type and dims of a result. */
export interface Shape {
  readonly type: ElementType;
  readonly dims: readonly Dim[];
}

/** A node whose arity and types are those of its signature. */
export interface Call {
  readonly node: Node;
  readonly scope: Scope;
  /** One an input; `undefined` for an absent one. */
  readonly inputs: readonly (ValueInfo | undefined)[];
}

/** Shapes of a node's outputs, in order. Pure. @throws AppError `bad-model` when the operands do not fit. */
export type ShapeRule = (call: Call) => readonly Shape[];

/** A node's place in a message. */
function nodeLabel(node: Node): string {
  return `node ${node.name || node.outputs[0] || "?"} (${node.op})`;
}

/** `float32[N, 978]`. */
export function shapeText({ type, dims }: Shape): string {
  return `${type}${dimsText(dims)}`;
}

/** `[N, 978]`. */
export function dimsText(dims: readonly Dim[]): string {
  return `[${dims.join(", ")}]`;
}

/** Does a value agree with its declaration? A free symbol stands for any dimension. */
export function isDeclaredAs(declared: Shape, found: Shape, isFree: (dim: Dim) => boolean): boolean {
  const sameRank = found.type === declared.type && found.dims.length === declared.dims.length;
  return sameRank && declared.dims.every((dim, axis) => dim === found.dims[axis] || isFree(dim));
}

/** An error about a node, or about the input at `index`. */
export function misfit(
  { node }: Pick<Call, "node">,
  { index, ...fault }: { readonly index?: number } & Omit<Fault, "where">,
): AppError {
  const input = index === undefined ? "" : `, input ${index} (${node.inputs[index] || "absent"})`;
  return new AppError("bad-model", { where: `${nodeLabel(node)}${input}`, ...fault });
}

/** The operand at `index`, which the signature requires. */
export function operand(call: Call, index: number): ValueInfo {
  const value = call.inputs[index];
  if (value === undefined) throw misfit(call, { index, what: "a required input is absent" });
  return value;
}

/** All operands of a variadic operator. */
export function operands(call: Call): readonly ValueInfo[] {
  return call.inputs.map((_, index) => operand(call, index));
}

/**
 * The numbers in an operand that decides a shape; `undefined` when it is absent.
 * @throws AppError `bad-model` when it is not a constant: then the shape is not known before the run.
 */
export function constantInts(call: Call, index: number): readonly number[] | undefined {
  const name = call.node.inputs[index];
  if (name === undefined || name === "") return undefined;
  const tensor = call.scope.constant(name);
  if (tensor === undefined) {
    throw misfit(call, { index, what: "an input that decides a shape is not a constant", expected: "an initializer" });
  }
  return Array.from(tensor.data, Number);
}

/** Constant ints that the signature requires. */
export function requiredInts(call: Call, index: number): readonly number[] {
  const values = constantInts(call, index);
  if (values === undefined) throw misfit(call, { index, what: "a required input is absent" });
  return values;
}
