import * as fc from "fast-check";
import { expect, it } from "vitest";
import { GraphBuilder } from "../../onnx/builder.ts";
import { decodeModel, encodeModel } from "../../onnx/codec/index.ts";
import { printGraph } from "../../onnx/print.ts";
import { modelOf } from "./ort.ts";
import { graphOfSteps, randomSteps } from "./random-graph.ts";

it("shows one line a value, with shapes, attributes and bodies", () => {
  const g = new GraphBuilder("net");
  const x = g.input("x", "float32", ["N", 3]);
  const w = g.initializer("w", { type: "float32", dims: [3, 2], data: new Float32Array(6) });
  const h = g.scope("dense").op("Gemm", [x, w], { alpha: 1, beta: 0.1, transB: 0n });
  const body = g.subgraph("body");
  body.input("i", "int64", []);
  body.output("on", body.input("go", "bool", []));
  body.output("v2", body.op("Sub", [body.input("v", "float32", ["N", 2]), h]));
  const loop = g.op("Loop", [g.scalar(2, "int64"), "", h], { body: body.build() });
  g.output("y", g.op("Pad", [loop, g.ints([0, 1, 0, 0])], { mode: "edge" }));
  expect(printGraph(g.build())).toMatchInlineSnapshot(`
    "graph net
      input x: float32[N, 3]
      constant w: float32[3, 2]
      constant const/int64/2: int64[]
      constant const/ints/0,1,0,0: int64[4]
      dense/Gemm: float32[N, 2] = Gemm(x, w) alpha=1.0 beta=0.1 transB=0
      Loop: float32[N, 2] = Loop(const/int64/2, _, dense/Gemm) body=body
        graph body
          input body/i: int64[]
          input body/go: bool[]
          input body/v: float32[N, 2]
          body/v2: float32[N, 2] = Sub(body/v, dense/Gemm)
          body/on: bool[] = Identity(body/go)
          output body/on: bool[]
          output body/v2: float32[N, 2]
      y: float32[N, 3] = Pad(Loop, const/ints/0,1,0,0) mode="edge"
      output y: float32[N, 3]
    "
  `);
});

it("shows floats by the shortest decimal that is the same float32", () => {
  const g = new GraphBuilder("g");
  const x = g.input("x", "float32", [1]);
  for (const alpha of [0.3, 1 / 3, 1e-7, 16777216, -2]) g.op("Elu", [x], { alpha });
  g.output("y", x);
  const shown = [...printGraph(g.build()).matchAll(/alpha=(\S+)/g)].map(([, text]) => text);
  expect(shown).toEqual(["0.3", "0.33333334", "1e-7", "16777216.0", "-2.0"]);
});

it("shows ? where a graph is wrong", () => {
  const text = printGraph({
    name: "wrong",
    inputs: [{ name: "x", type: "float32", dims: ["N"] }],
    outputs: [],
    initializers: new Map(),
    nodes: [{ op: "Add", name: "n", inputs: ["x", "z"], outputs: ["y"], attributes: {} }],
  });
  expect(text).toContain("y: ? = Add(x, z)");
});

it("is the same text before and after the codec", () => {
  fc.assert(
    fc.property(randomSteps, (steps) => {
      const graph = graphOfSteps(steps);
      expect(printGraph(decodeModel(encodeModel(modelOf(graph))).graph)).toBe(printGraph(graph));
    }),
  );
});
