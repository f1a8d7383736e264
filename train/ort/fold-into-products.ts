import { floatOf, subgraphsOf } from "../../onnx/attributes.ts";
import type { Graph, Node, Tensor } from "../../onnx/graph.ts";

/** What a rewriting sees of the graph: who makes a value, how often it is read, and the scalars among the constants. */
interface Uses {
  readonly maker: (name: string) => Node | undefined;
  readonly isReadOnce: (name: string) => boolean;
  readonly scalar: (name: string) => number | undefined;
}

/** Every reading of a value, those of the nodes' bodies included. */
function readIn(nodes: readonly Node[]): readonly string[] {
  const readInBodies = (node: Node): readonly string[] =>
    subgraphsOf(node).flatMap((body) => [...readIn(body.nodes), ...body.outputs.map(({ name }) => name)]);
  return nodes.flatMap((node) => [...node.inputs, ...readInBodies(node)]);
}

function usesOf({ nodes, outputs }: Graph, constants: ReadonlyMap<string, Tensor>): Uses {
  const readers = new Map<string, number>();
  for (const read of [...readIn(nodes), ...outputs.map(({ name }) => name)])
    readers.set(read, (readers.get(read) ?? 0) + 1);
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  return {
    maker: (name) => makers.get(name),
    isReadOnce: (name) => readers.get(name) === 1,
    scalar: (name) => {
      const tensor = constants.get(name);
      return tensor === undefined || tensor.dims.length > 0 ? undefined : Number(tensor.data[0]);
    },
  };
}

/** A Gemm without C whose result only this reader sees. */
function privateProduct(name: string, { maker, isReadOnce }: Uses): Node | undefined {
  const node = maker(name);
  return node?.op === "Gemm" && node.inputs.length === 2 && isReadOnce(name) ? node : undefined;
}

/** A value times a constant, made by a Mul that only this reader sees; constants come second. */
function privateScaling(name: string, { maker, isReadOnce, scalar }: Uses) {
  const node = maker(name);
  const [value = "", factorName = ""] = node?.inputs ?? [];
  const factor = scalar(factorName);
  return node?.op === "Mul" && factor !== undefined && isReadOnce(name) ? { node, value, factor } : undefined;
}

/** A node that takes the place of another, and those that are not needed any more. */
interface Replacement {
  readonly node: Node;
  readonly gone: readonly Node[];
}

function rewrite(graph: Graph, replace: (node: Node) => Replacement | undefined): Graph {
  const gone = new Set<Node>();
  const nodes = graph.nodes.map((node) => {
    const replacement = replace(node);
    for (const unneeded of replacement?.gone ?? []) gone.add(unneeded);
    return replacement?.node ?? node;
  });
  return { ...graph, nodes: nodes.filter((node) => !gone.has(node)) };
}

/** `Mul(Gemm(a, b), c)` → `Gemm(a, b, alpha = alpha·c)`. */
function foldScale(node: Node, uses: Uses): Replacement | undefined {
  if (node.op !== "Mul") return undefined;
  const [name = "", factorName = ""] = node.inputs;
  const [product, factor] = [privateProduct(name, uses), uses.scalar(factorName)];
  if (product === undefined || factor === undefined) return undefined;
  const alpha = Math.fround(floatOf(product, "alpha") * factor);
  return {
    node: { ...product, outputs: node.outputs, attributes: { ...product.attributes, alpha } },
    gone: [product],
  };
}

/** `Add(Mul(v, c), Gemm(a, b))` → `Gemm(a, b, v, beta = c)`; v has the product's dims, or the check afterwards fails. */
function foldSum(node: Node, uses: Uses): Replacement | undefined {
  if (node.op !== "Add") return undefined;
  const [left = "", right = ""] = node.inputs;
  const [scaling, product] = [privateScaling(left, uses), privateProduct(right, uses)];
  if (scaling === undefined || product === undefined) return undefined;
  const inputs = [...product.inputs, scaling.value];
  const attributes = { ...product.attributes, beta: Math.fround(scaling.factor) };
  return { node: { ...product, inputs, outputs: node.outputs, attributes }, gone: [product, scaling.node] };
}

/**
 * Moves constant factors and scaled summands of products into the products (`Gemm`'s alpha, beta and C), where nothing
 * else reads them. What is saved are passes over arrays of the size of a weight in every step: a weight's
 * learning-rate factor, and the velocity's momentum.
 * @param constants Those that the graph's nodes may read.
 */
export function foldIntoProducts(graph: Graph, constants: ReadonlyMap<string, Tensor>): Graph {
  const uses = usesOf(graph, constants);
  const scaled = rewrite(graph, (node) => foldScale(node, uses));
  const usesThen = usesOf(scaled, constants);
  return rewrite(scaled, (node) => foldSum(node, usesThen));
}
