import { elementCount } from "../../onnx/element.ts";
import type { Graph, Node, Tensor } from "../../onnx/graph.ts";

/** A Gemm of the net with constant weights: what can be quantised. */
export interface NetProduct {
  readonly node: Node;
  /** Names of input, kernel and bias ("" where there is none). */
  readonly x: string;
  readonly w: string;
  readonly b: string;
  readonly kernel: Tensor & { readonly type: "float32" };
  /** `[outputs]`; undefined where there is none. */
  readonly bias: Float32Array | undefined;
  readonly inputs: number;
  readonly outputs: number;
  /** The kernel is `[outputs, inputs]`. */
  readonly outIn: boolean;
}

/** Nodes that the targets depend on: the net, without the score for being out of distribution. */
export function netNodes({ nodes }: Graph, output = "targets"): readonly Node[] {
  const live = new Set([output]);
  const kept: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => live.has(name))) continue;
    kept.push(node);
    for (const name of node.inputs) live.add(name);
  }
  return kept.toReversed();
}

/** Smaller products stay float32: they cost nothing, and levels would cost them more than they save. */
const smallestKernel = 2 ** 10;

/** The products of the net in order. */
export function netProducts(graph: Graph, smallest: number = smallestKernel): readonly NetProduct[] {
  return netNodes(graph).flatMap((node) => {
    const [x = "", w = "", b = ""] = node.inputs;
    const kernel = graph.initializers.get(w);
    const bias = b === "" ? undefined : graph.initializers.get(b);
    const { transA = 0n, transB = 0n, alpha = 1, beta = 1 } = node.attributes;
    if (node.op !== "Gemm" || transA !== 0n || alpha !== 1 || beta !== 1) return [];
    if (kernel?.type !== "float32" || kernel.dims.length !== 2 || elementCount(kernel.dims) < smallest) return [];
    const [rows = 0, columns = 0] = kernel.dims;
    const outIn = transB === 1n;
    const [inputs, outputs] = outIn ? [columns, rows] : [rows, columns];
    if (b !== "" && (bias?.type !== "float32" || elementCount(bias.dims) !== outputs)) return [];
    const data = bias?.type === "float32" ? bias.data : undefined;
    return [{ node, x, w, b, kernel, bias: data, inputs, outputs, outIn }];
  });
}
