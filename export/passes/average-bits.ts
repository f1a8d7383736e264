import { elementCodes, intVector } from "../../onnx/element.ts";
import type { Node, Tensor } from "../../onnx/graph.ts";
import type { AverageKernel } from "./average-kernel.ts";
import type { Replacement } from "./average-table.ts";

/**
 * The kernel as one bit a weight: a lookup turns every byte into eight weights of 0 or 1, times the output's value. None
 * of it depends on the input, so ONNX Runtime computes it once, when the model is loaded; the product and its bits are
 * then those of the dense kernel.
 */
export function averageBits(node: Node, { inputs, k, indices, weight }: AverageKernel): Replacement {
  const { name } = node;
  const outputs = weight.length;
  const bytes = Math.ceil(inputs / 8);
  const added = new Map<string, Tensor>([
    [`${name}/bits`, { type: "uint8", dims: [outputs, bytes], data: bitsOf({ inputs, k, indices, weight }) }],
    [`${name}/byte_weights`, { type: "float32", dims: [256, 8], data: byteWeights }],
    [`${name}/filled`, intVector([outputs, bytes * 8])],
    [`${name}/first`, intVector([0])],
    [`${name}/end`, intVector([inputs])],
    [`${name}/axis`, intVector([1])],
    [`${name}/weight`, { type: "float32", dims: [outputs, 1], data: weight }],
  ]);
  const replaced: Node[] = [];
  const emit = (op: Node["op"], read: readonly string[], attributes: Node["attributes"] = {}): string => {
    const to = `${name}/${op}`;
    replaced.push({ op, name: to, inputs: read, outputs: [to], attributes });
    return to;
  };
  const indexed = emit("Cast", [`${name}/bits`], { to: elementCodes.int32 });
  const eights = emit("Gather", [`${name}/byte_weights`, indexed], { axis: 0n });
  const rows = emit("Reshape", [eights, `${name}/filled`]);
  const cut = emit("Slice", [rows, `${name}/first`, `${name}/end`, `${name}/axis`]);
  const kernel = emit("Mul", [cut, `${name}/weight`]);
  const [x = "", , ...bias] = node.inputs;
  replaced.push({ ...node, inputs: [x, kernel, ...bias], attributes: { ...node.attributes, transB: 1n } });
  return { added, replaced };
}

/** `[256, 8]`: the bits of each byte, lowest first. */
const byteWeights = Float32Array.from({ length: 256 * 8 }, (_, at) => ((at >> 3) >> (at & 7)) & 1);

/** `[outputs, ⌈inputs / 8⌉]`, an input's bit in byte input / 8, lowest first. */
function bitsOf({ inputs, k, indices, weight }: AverageKernel): Uint8Array {
  const bytes = Math.ceil(inputs / 8);
  const bits = new Uint8Array(weight.length * bytes);
  for (const [at, input] of indices.entries()) {
    const byte = Math.floor(at / k) * bytes + (input >> 3);
    bits[byte] = (bits[byte] ?? 0) | (1 << (input & 7));
  }
  return bits;
}
