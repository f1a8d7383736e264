import type { Graph, Node } from "../../onnx/graph.ts";
import { type InputRange, type Levels, levelsOf } from "./input-range.ts";
import { int8Kernel } from "./int8-kernel.ts";
import type { NetProduct } from "./net.ts";
import { Rewriting } from "./rewriting.ts";

/** A product to store in fewer bits. */
export interface QuantisedProduct {
  readonly product: NetProduct;
  /** What its input is quantised over; absent where inputs stay float32. */
  readonly range?: InputRange;
}

/**
 * The graph with some products in 8 bits, static, in the QDQ form that ONNX Runtime turns into integer products
 * (QGemm): uint8 inputs over a fixed range × int8 weights with a scale an output, int32 bias. Nothing depends on the
 * batch. Everything else stays float32: sums of products, normalisations, activations.
 */
export function withInt8Products(graph: Graph, products: readonly QuantisedProduct[]): Graph {
  const rewriting = new Rewriting(graph);
  const inputs = new Map<string, string>();
  for (const { product, range } of products) {
    const { node, x } = product;
    if (range === undefined) throw new Error(`no range of the input of ${node.name} was found`);
    const levels = levelsOf(range);
    // One value has one range: products that share an input share its levels.
    const quantised = inputs.get(x) ?? throughLevels(rewriting, node, { x, levels });
    inputs.set(x, quantised);
    const inputsOf = [quantised, ...weights(rewriting, product, levels)];
    rewriting.replace(node, { ...node, inputs: inputsOf, attributes: {} });
  }
  return rewriting.finish();
}

/** x → uint8 → float32. */
function throughLevels(
  rewriting: Rewriting,
  node: Node,
  { x, levels }: { readonly x: string; readonly levels: Levels },
): string {
  const scale = rewriting.constant(`${x}/scale`, { type: "float32", dims: [], data: Float32Array.of(levels.scale) });
  const zero = rewriting.constant(`${x}/zero`, { type: "uint8", dims: [], data: Uint8Array.of(levels.zero) });
  const grid = [scale, zero];
  const level = rewriting.node(node, {
    stem: `${x}/levels`,
    op: "QuantizeLinear",
    inputs: [x, ...grid],
    attributes: {},
  });
  return rewriting.node(node, {
    stem: `${x}/quantised`,
    op: "DequantizeLinear",
    inputs: [level, ...grid],
    attributes: {},
  });
}

/** Kernel and bias as integers; the names of their float32 values. */
function weights(rewriting: Rewriting, product: NetProduct, { scale: inputScale }: Levels): readonly string[] {
  const { node, w, b, bias, inputs, outputs } = product;
  const { levels, scale } = int8Kernel(product, inputScale);
  const add = (stem: string, axis: bigint, tensors: readonly Parameters<Rewriting["constant"]>[1][]): string =>
    rewriting.node(node, {
      stem: `${stem}/quantised`,
      op: "DequantizeLinear",
      inputs: tensors.map((tensor, part) => rewriting.constant(`${stem}/${["levels", "scale", "zero"][part]}`, tensor)),
      attributes: { axis },
    });
  const vector = [outputs];
  const kernelName = add(w, 1n, [
    { type: "int8", dims: [inputs, outputs], data: levels },
    { type: "float32", dims: vector, data: scale },
    { type: "int8", dims: vector, data: new Int8Array(outputs) },
  ]);
  if (bias === undefined) return [kernelName];
  // The product of both scales, as float32 has it: with any other the runtime does not take the bias into the product.
  const biasScale = scale.map((value) => value * inputScale);
  const biasLevels = Int32Array.from(bias, (value, output) => Math.round(value / (biasScale[output] as number)));
  const biasName = add(b, 0n, [
    { type: "int32", dims: vector, data: biasLevels },
    { type: "float32", dims: vector, data: biasScale },
    { type: "int32", dims: vector, data: new Int32Array(outputs) },
  ]);
  return [kernelName, biasName];
}
