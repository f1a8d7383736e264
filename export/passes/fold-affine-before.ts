import type { Graph, Node } from "../../onnx/graph.ts";
import { inferShapes } from "../../onnx/infer.ts";
import { type Affine, type AffineContext, affineNode, composed, identityMap } from "./affine.ts";
import { applyFolds, type Fold, type Product, partsOf, productOf, scaledKernel } from "./product.ts";
import { type Readers, readersOf } from "./readers.ts";

/**
 * Largest |offset| of a map that is folded into the product behind it, in units of what the map gives. There x·(a·W)
 * and c·W are summed apart and cancel: an offset of 8 (as far out as z is clipped) costs 3 of 24 bits. Raw intensities
 * (a mean of 1,000 sd) would lose 10, so their map stays, and subtracts first.
 */
const largestOffset = 8;

/**
 * Folds affine maps by column (batch normalisation, standardisation without a clip) into the Gemm behind them:
 * (x·a + c)·W + b = x·(a·W) + (c·W + b), multiplied out in float64 and rounded once. A convolution stays: its padding
 * is zero behind the map, not before it.
 */
export function foldAffineBefore(graph: Graph): Graph {
  const readers = readersOf(graph);
  const context: AffineContext = { infos: inferShapes(graph), initializers: graph.initializers, axis: 1 };
  const folds = graph.nodes.flatMap((node) => {
    const product = node.op === "Gemm" ? productOf(node, graph, readers) : undefined;
    return (product && foldInto(product, context, readers)) ?? [];
  });
  return applyFolds(graph, folds);
}

function foldInto(product: Product, context: AffineContext, readers: Readers): Fold | undefined {
  const { node, kernel, inputAxis } = product;
  const dimsOf = (name: string): string | undefined => context.infos.get(name)?.dims.join();
  let [x = ""] = node.inputs;
  let map: Affine = identityMap(kernel.dims[inputAxis] ?? 0);
  const gone: Node[] = [];
  for (let before = readers.producer(x); before !== undefined; before = readers.producer(x)) {
    const link = affineNode(before, context);
    if (link === undefined || !readers.isReadOnce(x) || dimsOf(link.x) !== dimsOf(x)) break;
    map = composed(map, link);
    gone.push(before);
    x = link.x;
  }
  if (gone.length === 0 || !map.offset.every((offset) => Math.abs(offset) <= largestOffset)) return undefined;
  return {
    products: [{ product, kernel: scaledKernel(kernel, inputAxis, map.scale), bias: biasBehind(product, map) }],
    changed: new Map([[node, { ...node, inputs: [x, ...node.inputs.slice(1)] }]]),
    gone,
  };
}

/** c·W + b for the offsets c of the inputs, `[outputs]`. */
function biasBehind({ kernel, bias, outputAxis }: Product, { offset }: Affine): Float64Array {
  const [rows = 1, columns = 1] = kernel.dims;
  const sums = new Float64Array(outputAxis === 0 ? rows : columns);
  let [row, column] = [0, 0];
  for (const part of partsOf(kernel))
    for (const weight of part) {
      const [output, input] = outputAxis === 0 ? [row, column] : [column, row];
      sums[output] = (sums[output] as number) + (offset[input] as number) * weight;
      column += 1;
      if (column < columns) continue;
      column = 0;
      row += 1;
    }
  return sums.map((sum, output) => sum + (bias?.[output] ?? 0));
}
