import { elementCount } from "../../onnx/element.ts";
import { evaluateGraph } from "../../onnx/evaluate/index.ts";
import { fromEval } from "../../onnx/evaluate/value.ts";
import type { Graph, Node, ValueInfo } from "../../onnx/graph.ts";
import { inferShapes } from "../../onnx/infer.ts";

/** Larger constants stay computed: folding must not make the file grow by copies of weights. */
const largestFolded = 2 ** 16;

/** Nodes that compute small constants from constants, in order. */
function constantNodes(graph: Graph, infos: ReadonlyMap<string, ValueInfo>): Node[] {
  const constant = new Set(graph.initializers.keys());
  return graph.nodes.filter(({ inputs, outputs }) => {
    const small = [...inputs, ...outputs].every((name) => {
      const dims = infos.get(name)?.dims ?? [];
      return dims.every((dim) => typeof dim === "number") && elementCount(dims) <= largestFolded;
    });
    if (!small || inputs.some((name) => name !== "" && !constant.has(name))) return false;
    for (const name of outputs) constant.add(name);
    return true;
  });
}

/**
 * Computes in float64 what depends on constants alone; the last value of each chain, rounded once, becomes an
 * initializer under its old name. A graph output that is constant stays a node: an output needs one.
 */
export function foldConstants(graph: Graph): Graph {
  const infos = inferShapes(graph);
  const shown = new Set(graph.outputs.map(({ name }) => name));
  const folded = constantNodes(graph, infos).filter(({ outputs }) => !outputs.some((name) => shown.has(name)));
  if (folded.length === 0) return graph;
  const gone = new Set(folded);
  const nodes = graph.nodes.filter((node) => !gone.has(node));
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const names = folded.flatMap(({ outputs }) => outputs).filter((name) => read.has(name));
  const needed = new Set(folded.flatMap(({ inputs }) => inputs));
  const constants: Graph = {
    name: graph.name,
    inputs: [],
    outputs: names.flatMap((name) => infos.get(name) ?? []),
    initializers: new Map([...graph.initializers].filter(([name]) => needed.has(name))),
    nodes: folded,
  };
  const values = [...evaluateGraph(constants, new Map())].map(([name, value]) => [name, fromEval(value)] as const);
  return { ...graph, initializers: new Map([...graph.initializers, ...values]), nodes };
}
