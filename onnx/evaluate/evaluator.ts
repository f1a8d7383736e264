/**
 * What an operator's evaluator sees.
 * @module
 */
import type { Graph, Node } from "../graph.ts";
import type { EvalTensor } from "./value.ts";

/** A node with its values. The graph was checked: types and shapes fit. */
export interface Evaluation {
  readonly node: Node;
  /** `undefined` for an absent input. */
  readonly inputs: readonly (EvalTensor | undefined)[];
  /** Runs a body that sees the values around the node; gives its outputs in order. */
  run(body: Graph, inputs: readonly EvalTensor[]): readonly EvalTensor[];
}

/** Outputs in order. Pure. */
export type Evaluator = (evaluation: Evaluation) => readonly EvalTensor[];

/** The value at `index`, which the signature requires. */
export function valueAt({ node, inputs }: Evaluation, index: number): EvalTensor {
  const value = inputs[index];
  if (value === undefined) throw new Error(`${node.name} (${node.op}): input ${index} is absent`);
  return value;
}

/** The numbers of an optional input of integers. */
export function numbersAt({ inputs }: Evaluation, index: number): readonly number[] | undefined {
  const value = inputs[index];
  return value === undefined ? undefined : Array.from(value.data, Number);
}
