import type { Graph, Node } from "../../onnx/graph.ts";
import { inferShapes } from "../../onnx/infer.ts";
import { readersOf } from "./readers.ts";

/**
 * x·W and then + b, both constants and x a matrix, become one Gemm, under the sum's name: what folds affine maps and
 * quantises products looks for Gemm alone.
 */
export function fuseGemm(graph: Graph): Graph {
  const infos = inferShapes(graph);
  const { onlyReader } = readersOf(graph);
  const fused = new Map<Node, Node>();
  const gone = new Set<Node>();
  for (const product of graph.nodes) {
    const [x = "", w = ""] = product.inputs;
    const kernel = graph.initializers.get(w);
    if (product.op !== "MatMul" || kernel?.dims.length !== 2 || infos.get(x)?.dims.length !== 2) continue;
    const [result = ""] = product.outputs;
    const sum = onlyReader(result);
    const bias = sum?.inputs.find((name) => name !== result) ?? "";
    const dims = graph.initializers.get(bias)?.dims.join();
    const columns = kernel.dims[1] ?? 0;
    if (sum?.op !== "Add" || (dims !== `${columns}` && dims !== `1,${columns}`)) continue;
    fused.set(sum, { ...sum, op: "Gemm", inputs: [x, w, bias], attributes: {} });
    gone.add(product);
  }
  if (gone.size === 0) return graph;
  return { ...graph, nodes: graph.nodes.flatMap((node) => (gone.has(node) ? [] : [fused.get(node) ?? node])) };
}
