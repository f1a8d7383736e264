import { intsOf } from "../../onnx/attributes.ts";
import type { Graph, Tensor } from "../../onnx/graph.ts";
import { inferShapes } from "../../onnx/infer.ts";
import { permuted } from "./permuted.ts";

/**
 * Arranges constants now instead of at every run: a `Transpose` or `Reshape` of a constant that nothing else reads
 * becomes the constant in that order, under the node's output name. The file stays as large as it was.
 */
export function arrangeConstants(graph: Graph): Graph {
  const readers = new Map<string, number>();
  for (const name of graph.nodes.flatMap(({ inputs }) => inputs)) readers.set(name, (readers.get(name) ?? 0) + 1);
  const shown = new Set(graph.outputs.map(({ name }) => name));
  const initializers = new Map(graph.initializers);
  const infos = inferShapes(graph);
  const nodes = graph.nodes.filter(({ op, inputs: [from = ""], outputs: [to = ""], ...node }) => {
    const tensor = initializers.get(from);
    if (tensor === undefined || readers.get(from) !== 1 || shown.has(from) || shown.has(to)) return true;
    const arranged = arrange(op, tensor, {
      perm: op === "Transpose" ? intsOf({ op, inputs: [], outputs: [], ...node }, "perm") : undefined,
      dims: infos.get(to)?.dims,
    });
    if (arranged === undefined) return true;
    initializers.delete(from);
    initializers.set(to, arranged);
    return false;
  });
  return nodes.length === graph.nodes.length ? graph : { ...graph, initializers, nodes };
}

function arrange(
  op: string,
  tensor: Tensor,
  {
    perm,
    dims,
  }: { readonly perm: readonly number[] | undefined; readonly dims: readonly (number | string)[] | undefined },
): Tensor | undefined {
  if (op === "Transpose") return permuted(tensor, perm ?? [...tensor.dims.keys()].toReversed());
  if (op !== "Reshape" || dims === undefined || !dims.every((dim) => typeof dim === "number")) return undefined;
  return { ...tensor, dims };
}
