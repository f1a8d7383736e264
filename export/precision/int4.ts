import { elementCodes, intVector } from "../../onnx/element.ts";
import type { Graph } from "../../onnx/graph.ts";
import { blockInputs, int4Kernel } from "./int4-kernel.ts";
import type { NetProduct } from "./net.ts";
import { Rewriting } from "./rewriting.ts";

/**
 * How a host gets at 4-bit weights. `dequantise`: blocked DequantizeLinear over a kernel `[in, out]`, which ONNX Runtime's
 * CPU and WebGPU providers turn into MatMulNBits, on the CPU the fastest for single profiles; weights stay in 4 bits in
 * memory. `cast`: Cast and Mul over constants, which runtimes fold at load to a float32 kernel: MatMulNBits in WebAssembly
 * takes 17 times as long a row. WebGPU does not fold it, and does not load a Cast of 4 bits (onnxruntime-web 1.30:
 * "Provider type for Cast node … is not set").
 */
export type Int4Form = "dequantise" | "cast";

/** Opset of 4-bit tensors and of blocks. */
export const int4Opset = 21;

/** The graph, of opset 21, with some products' weights in 4 bits by blocks of 32 inputs; all else stays float32. */
export function withInt4Products(graph: Graph, products: readonly NetProduct[], form: Int4Form): Graph {
  const rewriting = new Rewriting(graph);
  for (const product of products) {
    const { node, x, b } = product;
    const bias = b === "" ? [] : [b];
    const [kernel, attributes] =
      form === "dequantise"
        ? [dequantised(rewriting, product), {}]
        : [cast(rewriting, product), product.node.attributes];
    rewriting.replace(node, { ...node, inputs: [x, kernel, ...bias], attributes });
  }
  return rewriting.finish();
}

/** `[in, out]` by way of DequantizeLinear along axis 0. */
function dequantised(rewriting: Rewriting, product: NetProduct): string {
  const { node, w, inputs, outputs } = product;
  const { blocks, levels, scale } = int4Kernel(product, false);
  // The operator itself takes a last block that is shorter.
  const data = levels.subarray(0, inputs * outputs);
  return rewriting.node(node, {
    stem: `${w}/float32`,
    op: "DequantizeLinear",
    inputs: [
      rewriting.constant(`${w}/levels`, { type: "int4", dims: [inputs, outputs], data }),
      rewriting.constant(`${w}/scale`, { type: "float32", dims: [blocks, outputs], data: scale }),
    ],
    attributes: { axis: 0n, block_size: BigInt(blockInputs) },
  });
}

/** The kernel in its own layout: levels to floats, times their block's scale, blocks joined, padding cut off. */
function cast(rewriting: Rewriting, product: NetProduct): string {
  const { node, w, inputs, outputs, outIn } = product;
  const { blocks, levels, scale } = int4Kernel(product, outIn);
  const padded = blocks * blockInputs;
  const shape = <T>(output: T, ...input: readonly T[]): T[] => (outIn ? [output, ...input] : [...input, output]);
  const step = (op: "Cast" | "Mul" | "Reshape" | "Slice", operands: readonly string[], attributes = {}): string =>
    rewriting.node(node, { stem: `${w}/${op}`, op, inputs: operands, attributes });
  const ints = (name: string, values: readonly number[]): string =>
    rewriting.constant(`${w}/${name}`, intVector(values));
  const stored = rewriting.constant(`${w}/levels`, {
    type: "int4",
    dims: shape(outputs, blocks, blockInputs),
    data: levels,
  });
  const factor = rewriting.constant(`${w}/scale`, { type: "float32", dims: shape(outputs, blocks, 1), data: scale });
  const floats = step("Cast", [stored], { to: elementCodes.float32 });
  const joined = step("Reshape", [step("Mul", [floats, factor]), ints("dims", shape(outputs, padded))]);
  if (padded === inputs) return joined;
  const axis = outIn ? 1 : 0;
  return step("Slice", [joined, ints("start", [0]), ints("end", [inputs]), ints("axis", [axis])]);
}
