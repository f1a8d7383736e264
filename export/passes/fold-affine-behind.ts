import type { Graph, Node } from "../../onnx/graph.ts";
import { inferShapes } from "../../onnx/infer.ts";
import { type Affine, type AffineContext, affineNode, composed, identityMap } from "./affine.ts";
import { applyFolds, type Fold, type Product, productOf, type Reweighted, scaledKernel } from "./product.ts";
import { type Readers, readersOf } from "./readers.ts";

/** Products whose sum a value is, and the nodes that add them up. */
interface Sum {
  readonly products: readonly Product[];
  readonly root: Node;
}

/**
 * Folds affine maps by column (batch normalisation with its moving moments, the inverse of standardisation, scalings)
 * into the products before them, also through a sum of products: (u + v)·s + m = u·s + v·s + m. Multiplied out in
 * float64, rounded once; nothing is subtracted that was not before. Two products in a row stay two: low-rank factors
 * would grow.
 */
export function foldAffineBehind(graph: Graph): Graph {
  const readers = readersOf(graph);
  // Features lie along axis 1 behind a Gemm `[N, outputs]` and behind a convolution `[N, outputs, …]`.
  const context: AffineContext = { infos: inferShapes(graph), initializers: graph.initializers, axis: 1 };
  const folds: Fold[] = [];
  const met = new Set<Node>();
  for (const node of graph.nodes) {
    if (met.has(node)) continue;
    const chain = chainFrom(node, context, readers);
    const [first] = chain;
    const sum = first && sumOf(first.x, graph, readers);
    if (sum === undefined) continue;
    for (const link of chain) met.add(link.node);
    folds.push(foldOf(chain, sum));
  }
  return applyFolds(graph, folds);
}

type Link = Affine & { readonly node: Node; readonly x: string };

/** Affine nodes, each the only reader of the one before, that leave the shape as it is. */
function chainFrom(start: Node, context: AffineContext, readers: Readers): readonly Link[] {
  const dimsOf = (name: string | undefined): string | undefined => context.infos.get(name ?? "")?.dims.join();
  const chain: Link[] = [];
  for (let node: Node | undefined = start; node !== undefined; node = readers.onlyReader(node.outputs[0] ?? "")) {
    const link = affineNode(node, context);
    if (link === undefined || dimsOf(node.outputs[0]) !== dimsOf(link.x)) break;
    chain.push(link);
  }
  return chain;
}

/** A value as a sum of products that nothing else reads. */
function sumOf(value: string, graph: Graph, readers: Readers): Sum | undefined {
  if (!readers.isReadOnce(value)) return undefined;
  const root = readers.producer(value);
  const product = productOf(root, graph, readers);
  if (root === undefined || product !== undefined) return root && product && { products: [product], root };
  if (root.op !== "Add") return undefined;
  const addends = root.inputs.map((name) => sumOf(name, graph, readers));
  const known = addends.filter((addend) => addend !== undefined);
  if (known.length < addends.length) return undefined;
  return { products: known.flatMap(({ products }) => products), root };
}

function foldOf(chain: readonly Link[], { products, root }: Sum): Fold {
  const width = chain[0]?.scale.length ?? 0;
  const map = chain.reduce<Affine>((inner, link) => composed(link, inner), identityMap(width));
  // One of the addends takes the offset.
  const reweighted = products.map((product, place): Reweighted => {
    const { bias } = product;
    const offset = place === 0 ? map.offset : new Float64Array(width);
    const sums = offset.map((value, output) => value + (bias?.[output] ?? 0) * (map.scale[output] ?? 1));
    return {
      product,
      kernel: scaledKernel(product.kernel, product.outputAxis, map.scale),
      bias: bias === undefined && place > 0 ? undefined : sums,
    };
  });
  const last = chain.at(-1)?.node.outputs ?? root.outputs;
  return {
    products: reweighted,
    changed: new Map([[root, { ...root, outputs: last }]]),
    gone: chain.map(({ node }) => node),
  };
}
