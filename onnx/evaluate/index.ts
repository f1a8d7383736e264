/**
 * Runs a graph in float64: slow, plain, and the oracle of tests.
 * @module
 */
import { AppError } from "../../schemas/errors.ts";
import type { Dim, Graph, ValueInfo } from "../graph.ts";
import { evaluators } from "./evaluators.ts";
import { type EvalTensor, toEval } from "./value.ts";

export { type BigTensor, type EvalTensor, fromEval, type RealTensor, toEval } from "./value.ts";

/** Values by name, from inside out. */
type Lookup = (name: string) => EvalTensor | undefined;

/**
 * Evaluates a checked graph. Float values are never rounded to their type; integers wrap around as theirs does.
 * @returns Outputs by name, in the graph's order.
 * @throws AppError `usage` for inputs that are missing or do not fit; all are listed.
 */
export function evaluateGraph(graph: Graph, feeds: ReadonlyMap<string, EvalTensor>): ReadonlyMap<string, EvalTensor> {
  checkFeeds(graph, feeds);
  const results = evaluateWithin(graph, (name) => feeds.get(name));
  return new Map(graph.outputs.map(({ name }, index) => [name, expected(results[index], name)]));
}

function evaluateWithin(graph: Graph, outer: Lookup): readonly EvalTensor[] {
  const values = new Map<string, EvalTensor>();
  for (const [name, tensor] of graph.initializers) values.set(name, toEval(tensor));
  const lookup: Lookup = (name) => values.get(name) ?? outer(name);
  const run = (body: Graph, inputs: readonly EvalTensor[]): readonly EvalTensor[] => {
    const bound = new Map(body.inputs.map(({ name }, index) => [name, inputs[index]]));
    return evaluateWithin(body, (name) => bound.get(name) ?? lookup(name));
  };
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => (name === "" ? undefined : expected(lookup(name), name)));
    const outputs = evaluators[node.op]({ node, inputs, run });
    for (const [index, name] of node.outputs.entries()) values.set(name, expected(outputs[index], name));
  }
  return graph.outputs.map(({ name }) => expected(lookup(name), name));
}

function expected(value: EvalTensor | undefined, name: string): EvalTensor {
  if (value === undefined) throw new Error(`${name} has no value: the graph was not checked`);
  return value;
}

/** Feeds have the declared types and dims; a symbol is one length everywhere. */
function checkFeeds({ name: graphName, inputs }: Graph, feeds: ReadonlyMap<string, EvalTensor>): void {
  const lengths = new Map<string, number>();
  const problems = inputs.filter((input) => !fits(input, feeds.get(input.name), lengths));
  if (problems.length === 0) return;
  throw new AppError("usage", {
    what: "inputs are missing or do not fit",
    where: `graph ${graphName}`,
    examples: problems.map((input) => {
      const got = feeds.get(input.name);
      const shape = got === undefined ? "nothing" : `${got.type}[${got.dims.join(", ")}]`;
      return `${input.name}: expected ${input.type}[${input.dims.join(", ")}], got ${shape}`;
    }),
  });
}

function fits(input: ValueInfo, value: EvalTensor | undefined, lengths: Map<string, number>): boolean {
  if (value === undefined || value.type !== input.type || value.dims.length !== input.dims.length) return false;
  return input.dims.every((dim: Dim, axis) => {
    const length = value.dims[axis] ?? 0;
    if (typeof dim === "number") return dim === length;
    const known = lengths.get(dim) ?? length;
    lengths.set(dim, known);
    return known === length;
  });
}
