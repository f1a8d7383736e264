import { expect, it } from "vitest";
import { GraphBuilder } from "../../../onnx/builder.ts";
import type { Graph } from "../../../onnx/graph.ts";
import { foldIntoProducts } from "../../../train/ort/fold-into-products.ts";

/** 3·(a·b); a Scan over `rows` whose body reads the product too, where asked for. */
function scaledProduct({ isReadInBody }: { readonly isReadInBody: boolean }): Graph {
  const g = new GraphBuilder("g");
  const product = g.op("Gemm", [g.input("a", "float32", [2, 4]), g.input("b", "float32", [4, 3])]);
  g.output("scaled", g.op("Mul", [product, g.scalar(3)]));
  if (isReadInBody) {
    const rows = g.input("rows", "float32", [5, 3]);
    const body = g.subgraph("body");
    const row = body.input("row", "float32", [3]);
    body.output("sum", body.op("Add", [row, product]));
    g.output("sums", g.op("Scan", [rows], { body: body.build(), num_scan_inputs: 1n }));
  }
  const graph = g.build();
  return foldIntoProducts(graph, graph.initializers);
}

it("puts a constant factor into the product", () => {
  const { nodes } = scaledProduct({ isReadInBody: false });
  expect(nodes).toMatchObject([{ op: "Gemm", outputs: ["scaled"], attributes: { alpha: 3 } }]);
});

it("leaves a product as it is that a body reads as well", () => {
  expect(scaledProduct({ isReadInBody: true }).nodes.map(({ op }) => op)).toEqual(["Gemm", "Mul", "Scan"]);
});
