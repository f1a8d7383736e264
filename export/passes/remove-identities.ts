import type { Graph, Node } from "../../onnx/graph.ts";

/**
 * Takes `Identity` nodes out: their readers read what they read. One that shows an input, a constant or a second time
 * the same value as a graph output stays, because an output needs a name of its own.
 */
export function removeIdentities(graph: Graph): Graph {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const source = new Map<string, string>();
  const kept: Node[] = [];
  for (const node of graph.nodes) {
    const [from = "", to = ""] = [node.inputs[0], node.outputs[0]];
    if (node.op === "Identity" && !outputs.has(to)) source.set(to, source.get(from) ?? from);
    else kept.push({ ...node, inputs: node.inputs.map((name) => source.get(name) ?? name) });
  }
  return { ...graph, nodes: kept };
}
