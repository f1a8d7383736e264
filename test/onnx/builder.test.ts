import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Attributes, GraphBuilder } from "../../onnx/builder.ts";
import { checkGraph } from "../../onnx/check.ts";
import { evaluateGraph } from "../../onnx/evaluate/index.ts";
import { printGraph } from "../../onnx/print.ts";
import { modelOf, runOrt } from "./ort.ts";
import { graphOfSteps, randomSteps } from "./random-graph.ts";

const matrix = (rows: number, columns: number) =>
  ({ type: "float32", dims: [rows, columns], data: new Float32Array(rows * columns).fill(1) }) as const;

describe("names", () => {
  it("come from scope, operator and a counter", () => {
    const g = new GraphBuilder("g");
    const x = g.input("x", "float32", ["N"]);
    const dense = g.scope("net").scope("dense_1");
    expect([dense.op("Relu", [x]), dense.op("Relu", [x]), g.op("Relu", [x])]).toEqual([
      "net/dense_1/Relu",
      "net/dense_1/Relu_1",
      "Relu",
    ]);
    expect(dense.initializer("kernel", matrix(1, 1))).toBe("net/dense_1/kernel");
  });

  it("make way for a user's name that looks generated", () => {
    const g = new GraphBuilder("g");
    const x = g.input("Relu", "float32", ["N"]);
    expect(g.op("Relu", [x])).toBe("Relu_1");
  });

  it.each([
    ["an input", (g: GraphBuilder) => g.input("x", "float32", [])],
    ["an initializer", (g: GraphBuilder) => g.initializer("x", matrix(1, 1))],
    ["an output", (g: GraphBuilder) => g.output("x", "x")],
  ])("that are taken refuse %s", (_, add) => {
    const g = new GraphBuilder("g");
    g.input("x", "float32", []);
    expect(() => add(g)).toThrow(/a name is empty or taken \(got "x"\)/);
  });
});

describe("constants", () => {
  it("with the same value are one, in every scope and subgraph", () => {
    const g = new GraphBuilder("g");
    const names = [g.scalar(0.5), g.scope("a").scalar(0.5), g.subgraph("b").scalar(0.5)];
    expect(new Set(names).size).toBe(1);
    expect(g.ints([1, -1])).toBe(g.scope("c").ints([1n, -1n]));
  });

  it("tell types, 0 and −0 apart", () => {
    const g = new GraphBuilder("g");
    expect(new Set([g.scalar(0), g.scalar(-0), g.scalar(0, "int64"), g.scalar(0, "float16")]).size).toBe(4);
  });
});

describe("outputs", () => {
  it("rename the value they show, so that no node is added", () => {
    const g = new GraphBuilder("g");
    const h = g.op("Tanh", [g.input("x", "float32", ["N", 2])]);
    g.output("hidden", h);
    g.output("y", g.op("Neg", [h]));
    const graph = g.build();
    expect(graph.nodes.map(({ op, inputs, outputs }) => [op, ...inputs, ...outputs])).toEqual([
      ["Tanh", "x", "hidden"],
      ["Neg", "hidden", "y"],
    ]);
  });

  it("show inputs, constants and values already shown through Identity", () => {
    const g = new GraphBuilder("g");
    const x = g.input("x", "float32", ["N", 2]);
    const y = g.op("Neg", [x]);
    for (const [name, from] of [
      ["x2", x],
      ["c", g.scalar(3)],
      ["y1", y],
      ["y2", y],
    ] as const)
      g.output(name, from);
    const graph = g.build();
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Neg", "Identity", "Identity", "Identity"]);
    expect(graph.outputs.map(({ name, dims }) => [name, ...dims])).toEqual([
      ["x2", "N", 2],
      ["c"],
      ["y1", "N", 2],
      ["y2", "N", 2],
    ]);
  });

  it("are renamed inside bodies that use them", () => {
    const g = new GraphBuilder("g");
    const h = g.op("Neg", [g.input("x", "float32", [2])]);
    g.output("h", h);
    const body = g.subgraph("body");
    body.input("step", "int64", []);
    const go = body.input("go", "bool", []);
    body.output("on", go);
    body.output("next", body.op("Add", [body.input("v", "float32", [2]), h]));
    g.output("y", g.op("Loop", [g.scalar(3, "int64"), "", h], { body: body.build() }));
    expect(printGraph(g.build())).toContain("body/next: float32[2] = Add(body/v, h)");
  });
});

it("infers shapes as nodes are added", () => {
  const g = new GraphBuilder("g");
  const x = g.input("x", "float32", ["N", 3]);
  const y = g.op("MatMul", [x, g.initializer("w", matrix(3, 5))]);
  expect(g.info(y)).toEqual({ name: y, type: "float32", dims: ["N", 5] });
  expect(() => g.info("z")).toThrow(/z: no such value/);
});

it("tells at once what does not fit, and where", () => {
  const g = new GraphBuilder("g");
  const x = g.input("x", "float32", ["N", 3]);
  const w = g.initializer("w", matrix(4, 5));
  expect(() => g.scope("dense").op("MatMul", [x, w])).toThrow(
    "node dense/MatMul (MatMul), input 1 (w): inner dimensions differ (expected 3, got 4)",
  );
});

it("rounds float attributes to what ONNX stores", () => {
  const g = new GraphBuilder("g");
  const attributes: Attributes = { alpha: 0.2 };
  g.output("y", g.op("LeakyRelu", [g.input("x", "float32", [1])], attributes));
  expect(g.build().nodes[0]?.attributes["alpha"]).toBe(Math.fround(0.2));
});

it("gives several outputs in order", async () => {
  const g = new GraphBuilder("g");
  const x = g.input("x", "float32", [4]);
  const [a = "", b = ""] = g.ops({ op: "Split", inputs: [x, g.ints([1, 3])], outputs: 2 });
  g.output("a", a);
  g.output("b", b);
  const got = await runOrt(
    modelOf(g.build()),
    new Map([["x", { type: "float32", dims: [4], data: Float32Array.of(1, 2, 3, 4) }]]),
  );
  expect(got).toMatchObject({ a: { values: [1] }, b: { values: [2, 3, 4] } });
});

it("builds a Loop whose body uses values around it: matches onnxruntime-node", async () => {
  const g = new GraphBuilder("power");
  const x = g.input("x", "float32", ["N", 2]);
  const factor = g.op("Add", [x, g.scalar(1)]);
  const body = g.subgraph("body");
  body.input("step", "int64", []);
  body.output("on", body.input("go", "bool", []));
  const next = body.op("Mul", [body.input("v", "float32", ["N", 2]), factor]);
  body.output("v_next", next);
  body.output("history", next);
  const [last = "", history = ""] = g.ops({
    op: "Loop",
    inputs: [g.scalar(3, "int64"), "", x],
    attributes: { body: body.build() },
    outputs: 2,
  });
  g.output("last", last);
  g.output("history", history);
  const graph = g.build();
  const got = await runOrt(
    modelOf(graph),
    new Map([["x", { type: "float32", dims: [1, 2], data: Float32Array.of(1, 2) }]]),
  );
  const mine = evaluateGraph(graph, new Map([["x", { type: "float32", dims: [1, 2], data: Float64Array.of(1, 2) }]]));
  expect(got["last"]?.values).toEqual([8, 54]);
  expect(got["history"]).toEqual({ type: "float32", dims: [3, 1, 2], values: [2, 6, 4, 18, 8, 54] });
  expect([...(mine.get("history")?.data ?? [])]).toEqual([2, 6, 4, 18, 8, 54]);
});

it("builds the same graph from the same steps, nodes in order of use", () => {
  fc.assert(
    fc.property(randomSteps, (steps) => {
      const graph = graphOfSteps(steps);
      expect(graphOfSteps(steps)).toEqual(graph);
      expect(() => checkGraph(graph)).not.toThrow();
    }),
  );
});

it("is not changed by what is added after it was built", () => {
  const g = new GraphBuilder("g");
  const y = g.op("Neg", [g.input("x", "float32", [1])]);
  g.output("y", y);
  const graph = g.build();
  g.output("z", g.op("Abs", [y]));
  expect([graph.nodes.length, graph.outputs.length, g.build().nodes.length]).toEqual([1, 1, 2]);
});
