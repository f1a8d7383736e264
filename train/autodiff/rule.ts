/**
 * What a gradient rule is: a pure function from a node and the gradients of its outputs to the gradients of its inputs.
 * @module
 */
import type { GraphBuilder } from "../../onnx/builder.ts";
import type { Dim, Node, Tensor } from "../../onnx/graph.ts";
import { AppError } from "../../schemas/errors.ts";

/** One forward node on the way back. */
export interface BackwardCall {
  readonly node: Node;
  /** Where the backward nodes go. */
  readonly g: GraphBuilder;
  /** Gradient of the first output; rules of operators with several outputs read {@link gradients}. */
  readonly dY: string;
  /** One an output; `undefined` where the loss does not depend on it. */
  readonly gradients: readonly (string | undefined)[];
  /** A constant's values, where the graph knows them. */
  readonly constant: (name: string) => Tensor | undefined;
}

/** Emits the gradient of one input and names it. It may still have broadcast dims: the engine sums them away. */
export type Emit = () => string;

/** One emitter an input, called only where that gradient is needed; `undefined` = the input has none. */
export type GradientRule = (call: BackwardCall) => readonly (Emit | undefined)[];

/** The output is piecewise constant or no float: nothing flows back. */
export const noGradient = { kind: "no gradient" } as const;

/** There is a gradient, but no rule for it. */
export interface Unsupported {
  readonly kind: "unsupported";
  readonly reason: string;
}

/** Marks an operator that training cannot pass, with the reason that the user gets to read. */
export function unsupported(reason: string): Unsupported {
  return { kind: "unsupported", reason };
}

/** An error about a node that cannot be differentiated. */
export function notDifferentiable({ op, name }: Node, reason: string): AppError {
  return new AppError("bad-model", { what: `the gradient of ${op} is not available`, where: name, got: reason });
}

/** Name of the node's input or output at `index`; the graph was checked, so it is there. */
export function nameAt(names: readonly string[], index: number): string {
  const name = names[index];
  if (name === undefined) throw new Error(`no value at ${index}`);
  return name;
}

/** A rank-0 constant of the type of `value`. */
export function scalarLike(g: GraphBuilder, value: string, number: number): string {
  return g.scalar(number, g.info(value).type);
}

/** Dims that are all known, as training graphs have them. @throws AppError `bad-model` for a symbolic one. */
export function fixedDims({ g, node }: Pick<BackwardCall, "g" | "node">, value: string): readonly number[] {
  const { dims } = g.info(value);
  const isFixed = (all: readonly Dim[]): all is readonly number[] => all.every((dim) => typeof dim === "number");
  if (isFixed(dims)) return dims;
  throw notDifferentiable(node, `${value} has the open dims [${dims.join(", ")}]`);
}

/** The integers of the input at `index`; `undefined` when it is absent. @throws AppError `bad-model` when unknown. */
export function constantInts({ node, constant }: BackwardCall, index: number): readonly number[] | undefined {
  const name = node.inputs[index];
  if (name === undefined || name === "") return undefined;
  const tensor = constant(name);
  if (tensor === undefined) throw notDifferentiable(node, `${name} is not a constant`);
  return Array.from(tensor.data, Number);
}
