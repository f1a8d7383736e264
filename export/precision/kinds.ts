/**
 * The files that variants are made of, and how each is built.
 * @module
 */
import { type Graph, servedOpset } from "../../onnx/graph.ts";
import { withHalfStorage } from "./half-storage.ts";
import { int4Opset, withInt4Products } from "./int4.ts";
import { type QuantisedProduct, withInt8Products } from "./int8.ts";
import type { VariantPrecision } from "./limits.ts";
import { netProducts } from "./net.ts";

/** One file of a variant. */
export interface VariantKind {
  readonly precision: VariantPrecision;
  /** What parity calls it. */
  readonly label: string;
  /** Path inside the version folder. */
  readonly path: string;
  readonly opset: number;
  /** The providers it is for; absent: all that no other file of the precision names. */
  readonly providers?: readonly string[];
  /** The graph with these products quantised; fp16 stores whatever else is large as well. */
  readonly build: (graph: Graph, products: readonly QuantisedProduct[]) => Graph;
}

/** All kinds, in the order in which they are written. */
export const variantKinds: readonly VariantKind[] = [
  {
    precision: "fp16",
    label: "fp16",
    path: "variants/model.fp16.onnx",
    opset: servedOpset,
    build: (graph, products) => withHalfStorage(graph, kernelsBut(graph, products)),
  },
  {
    precision: "int8",
    label: "int8",
    path: "variants/model.int8.onnx",
    opset: servedOpset,
    build: withInt8Products,
  },
  {
    precision: "int4",
    label: "int4",
    path: "variants/model.int4.onnx",
    opset: int4Opset,
    providers: ["cpu", "webgpu"],
    build: (graph, products) => withInt4Products(graph, kernelsOf(products), "dequantise"),
  },
  {
    precision: "int4",
    label: "int4-web",
    path: "variants/model.int4.web.onnx",
    opset: int4Opset,
    build: (graph, products) => withInt4Products(graph, kernelsOf(products), "cast"),
  },
];

/** Names of the kernels of the net's other products. */
function kernelsBut(graph: Graph, products: readonly QuantisedProduct[]): ReadonlySet<string> {
  const stored = new Set(products.map(({ product }) => product.w));
  return new Set(netProducts(graph).flatMap(({ w }) => (stored.has(w) ? [] : [w])));
}

const kernelsOf = (products: readonly QuantisedProduct[]) => products.map(({ product }) => product);
