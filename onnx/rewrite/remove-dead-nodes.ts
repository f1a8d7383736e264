import type { Graph, Node } from "../graph.ts";

/** Takes away nodes and initializers that no output depends on; inputs stay, they are the model's interface. */
export function removeDeadNodes(graph: Graph): Graph {
  const live = new Set(graph.outputs.map(({ name }) => name));
  const kept: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => live.has(name))) continue;
    kept.push(node);
    for (const name of node.inputs) live.add(name);
  }
  const initializers = new Map([...graph.initializers].filter(([name]) => live.has(name)));
  return { ...graph, initializers, nodes: kept.toReversed() };
}
