/**
 * Proves that a graph is one: names defined once and before use, attributes and arities as the operators have them,
 * types and shapes that fit, outputs as declared.
 * @module
 */
import { AppError } from "../schemas/errors.ts";
import { subgraphsOf } from "./attributes.ts";
import { elementArrays, elementCount } from "./element.ts";
import { type Dim, type Graph, servedOpset, type Tensor, type ValueInfo } from "./graph.ts";
import { analyse, outermost, throwAll } from "./infer.ts";
import { isDeclaredAs, shapeText } from "./shapes/call.ts";
import { StoredTensor } from "./stored-tensor.ts";

/**
 * Checks a graph and its subgraphs.
 * @throws AppError `bad-model` that lists all problems at once.
 */
export function checkGraph(graph: Graph, { opset = servedOpset }: { readonly opset?: number } = {}): void {
  const { values, problems } = analyse(graph, outermost(opset));
  const found = [
    ...nameProblems(graph),
    ...tensorProblems(graph),
    ...dimProblems(graph),
    ...problems,
    ...(problems.length === 0 ? outputProblems(graph, values) : []),
  ];
  throwAll(found, graph.name);
}

function problem(what: string, where: string, compared: { readonly expected?: string; readonly got?: string } = {}) {
  return new AppError("bad-model", { what, where, ...compared });
}

/** Each name once, in this graph and its subgraphs together (ONNX allows no shadowing). */
function nameProblems(graph: Graph): readonly AppError[] {
  const seen = new Set<string>();
  const problems: AppError[] = [];
  const define = (name: string, where: string): void => {
    if (seen.has(name)) problems.push(problem(`${name} is defined twice`, where));
    seen.add(name);
  };
  const visit = (part: Graph): void => {
    for (const { name } of part.inputs) define(name, `input of ${part.name}`);
    for (const name of part.initializers.keys()) define(name, `initializer of ${part.name}`);
    for (const node of part.nodes) {
      for (const name of node.outputs) if (name !== "") define(name, `node ${node.name} (${node.op})`);
      for (const body of subgraphsOf(node)) visit(body);
    }
  };
  visit(graph);
  return problems;
}

/** Initializers hold as many elements as their dims say, in the array of their type. */
function tensorProblems(graph: Graph): readonly AppError[] {
  const own = [...graph.initializers].flatMap(([name, tensor]) => tensorProblem(name, tensor) ?? []);
  return [...own, ...graph.nodes.flatMap((node) => subgraphsOf(node).flatMap(tensorProblems))];
}

function tensorProblem(name: string, tensor: Tensor): AppError | undefined {
  // Its values would be read from their file only to be counted, which `codec/` does while it writes them.
  if (tensor instanceof StoredTensor) return undefined;
  const where = `initializer ${name}`;
  const expected = elementArrays[tensor.type];
  if (!(tensor.data instanceof expected)) {
    return problem("wrong array", where, { expected: expected.name, got: tensor.data.constructor.name });
  }
  const count = elementCount(tensor.dims);
  if (count === tensor.data.length) return undefined;
  return problem("number of elements", where, { expected: `${count}`, got: `${tensor.data.length}` });
}

/** Lengths are whole numbers ≥ 0, symbols are not empty. */
function dimProblems({ inputs, outputs, initializers }: Graph): readonly AppError[] {
  const named = [...inputs, ...outputs, ...[...initializers].map(([name, { dims }]) => ({ name, dims }))];
  const isDim = (dim: Dim): boolean =>
    typeof dim === "number" ? Number.isSafeInteger(dim) && dim >= 0 : dim !== "" && !/^\d+$/.test(dim);
  return named
    .filter(({ dims }) => !dims.every(isDim))
    .map(({ name, dims }) => problem("not dimensions", name, { got: `[${dims.join(", ")}]` }));
}

/**
 * Declared outputs exist and agree. A declared symbol that no input has may stand for anything: other exporters
 * invent names for what they do not infer.
 */
function outputProblems(graph: Graph, values: ReadonlyMap<string, ValueInfo>): readonly AppError[] {
  const known = new Set(graph.inputs.flatMap(({ dims }) => dims.filter((dim) => typeof dim === "string")));
  const isFree = (dim: Dim): boolean => typeof dim === "string" && !known.has(dim);
  return graph.outputs.flatMap((output) => {
    const where = `output ${output.name}`;
    const found = values.get(output.name);
    if (found === undefined) return [problem("nothing produces it", where)];
    return isDeclaredAs(output, found, isFree)
      ? []
      : [problem("not as declared", where, { expected: shapeText(output), got: shapeText(found) })];
  });
}
