import { elementCodes, elementCount } from "../../onnx/element.ts";
import type { Graph, Node, Tensor } from "../../onnx/graph.ts";
import { halfBits, halfValue } from "../../onnx/half.ts";
import { partsOf } from "../passes/product.ts";
import { netNodes } from "./net.ts";
import { Rewriting } from "./rewriting.ts";

/** Fewer elements than this stay float32: biases, moments, whatever takes no space. */
const smallestStored = 2 ** 10;

/** Relative error (root mean square) up to which binary16 holds a tensor as it is; rounding alone costs 2⁻¹² to 2⁻¹¹. */
const largestPlainError = 2 ** -11;

/**
 * The same graph with the net's large weights stored as float16 and cast to float32, which every runtime does once, at
 * load: half the download, float32 results, no device that needs to know float16. Weights beyond binary16's range
 * (native units reach from 1e-6 to 1e6) are stored relative to a power of two an output.
 * @param kept names of weights that stay float32
 */
export function withHalfStorage(graph: Graph, kept: ReadonlySet<string> = new Set()): Graph {
  const rewriting = new Rewriting(graph);
  const cast = new Map<string, string>();
  for (const node of netNodes(graph)) {
    const inputs = node.inputs.map((name) => {
      const tensor = graph.initializers.get(name);
      if (tensor?.type !== "float32" || tensor.dims.length < 2 || elementCount(tensor.dims) < smallestStored)
        return name;
      if (kept.has(name)) return name;
      const known = cast.get(name) ?? storedHalf(rewriting, node, { name, tensor });
      cast.set(name, known);
      return known;
    });
    if (inputs.some((name, at) => name !== node.inputs[at])) rewriting.replace(node, { ...node, inputs });
  }
  return rewriting.finish();
}

function storedHalf(
  rewriting: Rewriting,
  node: Node,
  { name, tensor }: { readonly name: string; readonly tensor: Tensor & { readonly type: "float32" } },
): string {
  const to = { to: elementCodes.float32 };
  const add = (data: Uint16Array): string =>
    rewriting.node(node, {
      stem: `${name}/float32`,
      op: "Cast",
      inputs: [rewriting.constant(`${name}/float16`, { type: "float16", dims: tensor.dims, data })],
      attributes: to,
    });
  const plain = halves(tensor, undefined);
  if (plain.error <= largestPlainError) return add(plain.data);
  const axis = outputAxis(node);
  const scale = powersOfTwo(tensor, axis);
  const dims = tensor.dims.map((length, at) => (at === axis ? length : 1));
  const factor = rewriting.constant(`${name}/scale`, { type: "float32", dims, data: scale });
  const scaled = add(halves(tensor, { axis, scale }).data);
  return rewriting.node(node, { stem: `${name}/scaled`, op: "Mul", inputs: [scaled, factor], attributes: {} });
}

/** The axis of a kernel whose indices are outputs: the first of `[out, in]` and of convolutions, the last otherwise. */
function outputAxis({ op, attributes }: Node): number {
  return op === "Conv" || (op === "Gemm" && attributes["transB"] === 1n) ? 0 : 1;
}

interface AxisScale {
  readonly axis: number;
  readonly scale: Float32Array;
}

const innerOf = (dims: readonly number[], axis: number): number => elementCount(dims.slice(axis + 1));

/** By index of an axis, the power of two that brings its largest weight to [2¹⁴, 2¹⁵). */
function powersOfTwo(tensor: Tensor & { readonly type: "float32" }, axis: number): Float32Array {
  const { dims } = tensor;
  const [length, inner] = [dims[axis] ?? 1, innerOf(dims, axis)];
  const largest = new Float32Array(length);
  let at = 0;
  for (const part of partsOf(tensor))
    for (const weight of part) {
      const index = Math.floor(at / inner) % length;
      largest[index] = Math.max(largest[index] as number, Math.abs(weight));
      at += 1;
    }
  return largest.map((value) => (value === 0 ? 1 : 2 ** (Math.floor(Math.log2(value)) - 14)));
}

/** Weights over their scale as binary16, and the relative error (root mean square) of that. */
function halves(
  tensor: Tensor & { readonly type: "float32" },
  scaling: AxisScale | undefined,
): { readonly data: Uint16Array; readonly error: number } {
  const { dims } = tensor;
  const axis = scaling?.axis ?? 0;
  const [length, inner] = [dims[axis] ?? 1, innerOf(dims, axis)];
  const bits = new Uint16Array(elementCount(dims));
  let [at, error, power] = [0, 0, 0];
  for (const part of partsOf(tensor))
    for (const weight of part) {
      const value = weight / (scaling?.scale[Math.floor(at / inner) % length] ?? 1);
      const half = halfBits(value);
      bits[at] = half;
      const difference = halfValue(half) - value;
      error += difference * difference;
      power += value * value;
      at += 1;
    }
  return { data: bits, error: power === 0 ? 0 : Math.sqrt(error / power) };
}
