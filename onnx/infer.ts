/**
 * Type and shape inference over nodes and graphs. Symbolic dimensions are kept by name.
 * @module
 */
import { AppError, isAppError } from "../schemas/errors.ts";
import { nonconformities } from "./conform.ts";
import { type Graph, type Node, servedOpset, type Tensor, type ValueInfo } from "./graph.ts";
import { type Call, misfit, type Scope } from "./shapes/call.ts";
import { shapeRules } from "./shapes/rules.ts";

/** Values of a graph so far, and what is wrong with it. */
export interface Analysis {
  readonly values: ReadonlyMap<string, ValueInfo>;
  readonly problems: readonly AppError[];
}

/** A scope without names: around a model's main graph. */
export function outermost(opset: number = servedOpset): Scope {
  return {
    opset,
    value: () => undefined,
    constant: () => undefined,
    infer(subgraph) {
      return inferWithin(subgraph, this);
    },
  };
}

/** A scope that first looks in its own names. Both maps are read when asked, so they may still grow. */
export function nested(
  outer: Scope,
  own: { readonly values: ReadonlyMap<string, ValueInfo>; readonly constants: ReadonlyMap<string, Tensor> },
): Scope {
  return {
    opset: outer.opset,
    value: (name) => own.values.get(name) ?? outer.value(name),
    constant: (name) => own.constants.get(name) ?? outer.constant(name),
    infer(subgraph) {
      return inferWithin(subgraph, this);
    },
  };
}

/** An initializer's type and dims under its name. */
export function tensorInfo(name: string, { type, dims }: Tensor): ValueInfo {
  return { name, type, dims };
}

/**
 * Outputs of one node, in order (absent ones left out).
 * @throws AppError `bad-model` naming node, input, expected and got.
 */
export function inferNode(node: Node, scope: Scope): readonly ValueInfo[] {
  const inputs = node.inputs.map((name, index) => {
    if (name === "") return undefined;
    const value = scope.value(name);
    if (value === undefined) throw misfit({ node }, { index, what: "the value is not defined before this node" });
    return value;
  });
  const call: Call = { node, scope, inputs };
  throwAll(nonconformities(call), node.op);
  const shapes = shapeRules[node.op](call);
  return node.outputs.flatMap((name, index) => {
    const shape = shapes[index];
    return name === "" || shape === undefined ? [] : [{ name, type: shape.type, dims: shape.dims }];
  });
}

/** Infers what can be inferred and collects what is wrong; nodes behind a wrong one are left out silently. */
export function analyse(graph: Graph, outer: Scope): Analysis {
  const values = new Map<string, ValueInfo>();
  for (const input of graph.inputs) values.set(input.name, input);
  for (const [name, tensor] of graph.initializers) values.set(name, tensorInfo(name, tensor));
  const scope = nested(outer, { values, constants: graph.initializers });
  const problems: AppError[] = [];
  const lost = new Set<string>();
  for (const node of graph.nodes) {
    const behind = node.inputs.some((name) => lost.has(name));
    const result = behind ? undefined : attempt(() => inferNode(node, scope));
    if (result instanceof AppError) problems.push(result);
    if (result === undefined || result instanceof AppError) for (const name of node.outputs) lost.add(name);
    else for (const value of result) values.set(value.name, value);
  }
  return { values, problems };
}

function attempt<T>(action: () => T): T | AppError {
  try {
    return action();
  } catch (error) {
    if (isAppError(error, "bad-model")) return error;
    throw error;
  }
}

/**
 * Type and dims of every value of a graph, by name: inputs, initializers, results.
 * @throws AppError `bad-model` with every node that does not fit.
 */
export function inferShapes(graph: Graph, opset: number = servedOpset): ReadonlyMap<string, ValueInfo> {
  return inferWithin(graph, outermost(opset));
}

function inferWithin(graph: Graph, outer: Scope): ReadonlyMap<string, ValueInfo> {
  const { values, problems } = analyse(graph, outer);
  throwAll(problems, graph.name);
  return values;
}

/** Throws a single problem as it is, several as one error that lists them; returns when there is none. */
export function throwAll(problems: readonly AppError[], where: string): void {
  const [first, second] = problems;
  if (first === undefined) return;
  if (second === undefined) throw first;
  throw new AppError("bad-model", {
    what: `${problems.length} problems in the graph`,
    where,
    examples: problems.map(({ message }) => message),
  });
}
