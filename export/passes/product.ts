import { elementCount } from "../../onnx/element.ts";
import type { Graph, Node, Tensor } from "../../onnx/graph.ts";
import { StoredTensor } from "../../onnx/stored-tensor.ts";
import type { Readers } from "./readers.ts";

/** A product with constant weights that nothing else reads: a Gemm of a matrix, or a convolution. */
export interface Product {
  readonly node: Node;
  readonly kernel: Tensor & { readonly type: "float32" };
  /** `[outputs]`, absent where the node has none. */
  readonly bias: Float32Array | undefined;
  /** Axes of outputs and inputs in the kernel's dims. */
  readonly outputAxis: number;
  readonly inputAxis: number;
}

/** A node as a product; undefined for any other node. */
export function productOf(
  node: Node | undefined,
  { initializers }: Pick<Graph, "initializers">,
  { isReadOnce }: Readers,
): Product | undefined {
  if (node?.op !== "Gemm" && node?.op !== "Conv") return undefined;
  const [, w = "", b = ""] = node.inputs;
  const kernel = initializers.get(w);
  const bias = b === "" ? undefined : initializers.get(b);
  if (kernel?.type !== "float32" || !isReadOnce(w)) return undefined;
  if (b !== "" && (bias?.type !== "float32" || !isReadOnce(b))) return undefined;
  const weights = bias?.type === "float32" ? bias.data : undefined;
  if (node.op === "Conv") return { node, kernel, bias: weights, outputAxis: 0, inputAxis: 1 };
  const { transA = 0n, transB = 0n, alpha = 1, beta = 1 } = node.attributes;
  if (transA !== 0n || alpha !== 1 || beta !== 1) return undefined;
  const outputAxis = transB === 1n ? 0 : 1;
  // A bias of one element, or one for every row, is not one an output.
  if (weights !== undefined && weights.length !== kernel.dims[outputAxis]) return undefined;
  return { node, kernel, bias: weights, outputAxis, inputAxis: 1 - outputAxis };
}

/** A product with other weights. */
export interface Reweighted {
  readonly product: Product;
  readonly kernel: Tensor;
  /** `[outputs]`, rounded to float32 when it is stored; absent: the product gets none. */
  readonly bias: Float64Array | undefined;
}

/** The values of a float32 tensor in order, in parts; a part is only valid until the next is asked for. */
export function partsOf(tensor: Product["kernel"]): Iterable<Float32Array> {
  return tensor instanceof StoredTensor ? tensor.parts() : [tensor.data];
}

/**
 * The kernel with the weights of every index of an axis times their scale, multiplied in float64 and rounded once; a
 * stored kernel stays stored, and is scaled a part at a time.
 */
export function scaledKernel(kernel: Product["kernel"], axis: number, scale: Float64Array): Tensor {
  const { dims } = kernel;
  const [length, inner] = [dims[axis] ?? 1, elementCount(dims.slice(axis + 1))];
  function* parts(): Generator<Float32Array, void> {
    let [index, left] = [0, inner];
    for (const part of partsOf(kernel)) {
      const scaled = new Float32Array(part.length);
      for (let at = 0; at < part.length; ) {
        const end = Math.min(part.length, at + left);
        const factor = scale[index] as number;
        left -= end - at;
        for (; at < end; at++) scaled[at] = (part[at] as number) * factor;
        if (left > 0) continue;
        left = inner;
        index = (index + 1) % length;
      }
      yield scaled;
    }
  }
  return new StoredTensor({ dims, parts });
}

/** What a fold changes: products get other weights, some nodes another form, some go. */
export interface Fold {
  readonly products: readonly Reweighted[];
  /** Nodes in their new form; products among them get their new weights too. */
  readonly changed: ReadonlyMap<Node, Node>;
  readonly gone: readonly Node[];
}

/** Applies folds that do not touch each other's nodes; the folded weights take names of their products' own. */
export function applyFolds(graph: Graph, folds: readonly Fold[]): Graph {
  if (folds.length === 0) return graph;
  const initializers = new Map(graph.initializers);
  const forms = new Map<Node, readonly Node[]>();
  for (const { products, changed, gone } of folds) {
    for (const node of gone) forms.set(node, []);
    for (const [node, form] of changed) forms.set(node, [form]);
    for (const { product, kernel, bias } of products) {
      const { node } = product;
      // The weights before are read by nobody else; they make room at once.
      for (const name of node.inputs.slice(1)) initializers.delete(name);
      const names = [addConstant(`${node.name}/kernel`, kernel, initializers)];
      if (bias !== undefined) {
        const data = Float32Array.from(bias);
        names.push(addConstant(`${node.name}/bias`, { type: "float32", dims: [data.length], data }, initializers));
      }
      const form = changed.get(node) ?? node;
      forms.set(node, [{ ...form, inputs: [form.inputs[0] ?? "", ...names] }]);
    }
  }
  return { ...graph, initializers, nodes: graph.nodes.flatMap((node) => forms.get(node) ?? [node]) };
}

function addConstant(stem: string, tensor: Tensor, initializers: Map<string, Tensor>): string {
  let name = stem;
  for (let count = 1; initializers.has(name); count++) name = `${stem}_${count}`;
  initializers.set(name, tensor);
  return name;
}
