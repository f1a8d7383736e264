import { floatOf } from "../../onnx/attributes.ts";
import type { Graph, Node, Tensor } from "../../onnx/graph.ts";

/** The value of a rank-0 constant. */
function scalarOf(name: string, constants: ReadonlyMap<string, Tensor>): number | undefined {
  const tensor = constants.get(name);
  return tensor === undefined || tensor.dims.length > 0 ? undefined : Number(tensor.data[0]);
}

/**
 * Moves a constant factor behind a Gemm into the Gemm, where it costs nothing: `Mul(Gemm(a, b), c)` becomes
 * `Gemm(a, b, alpha = alpha·c)` where nothing else reads the product. A weight's learning-rate factor would otherwise
 * be one more pass over an array of the weight's size in every step.
 * @param constants Those that the graph's nodes may read.
 */
export function foldScales(graph: Graph, constants: ReadonlyMap<string, Tensor>): Graph {
  const readers = new Map<string, number>();
  for (const name of [...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)])
    readers.set(name, (readers.get(name) ?? 0) + 1);
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const gone = new Set<Node>();
  const folded = graph.nodes.map((node): Node => {
    const [product = "", factorName = ""] = node.inputs;
    const [maker, factor] = [makers.get(product), scalarOf(factorName, constants)];
    const foldable = node.op === "Mul" && maker?.op === "Gemm" && maker.inputs.length === 2;
    if (!foldable || factor === undefined || readers.get(product) !== 1) return node;
    gone.add(maker);
    const alpha = Math.fround(floatOf(maker, "alpha") * factor);
    return { ...maker, outputs: node.outputs, attributes: { ...maker.attributes, alpha } };
  });
  return { ...graph, nodes: folded.filter((node) => !gone.has(node)) };
}
