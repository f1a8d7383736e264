import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../onnx/builder.ts";
import { type EvalTensor, evaluateGraph, fromEval, toEval } from "../../onnx/evaluate/index.ts";
import type { Graph } from "../../onnx/graph.ts";

const real = (dims: readonly number[], ...values: readonly number[]): EvalTensor => ({
  type: "float32",
  dims,
  data: Float64Array.from(values),
});

function sumOf(a: readonly (number | string)[], b: readonly (number | string)[]): Graph {
  const g = new GraphBuilder("sum");
  g.output("y", g.op("Add", [g.input("a", "float32", a), g.input("b", "float32", b)]));
  return g.build();
}

it("computes in float64 what is declared float32", () => {
  const feeds = new Map([
    ["a", real([1], 1)],
    ["b", real([1], 2 ** -40)],
  ]);
  expect(evaluateGraph(sumOf([1], [1]), feeds).get("y")?.data[0]).toBe(1 + 2 ** -40);
});

it("wraps integers as their type does, exactly", () => {
  const g = new GraphBuilder("g");
  const a = g.input("a", "uint32", [2]);
  g.output("y", g.op("Mul", [a, g.scalar(0x85ebca6b, "uint32")]));
  const product = (value: number): number => Number((BigInt(value) * 0x85ebca6bn) & 0xffffffffn);
  const values = [0xffffffff, 0x9e3779b9];
  const got = evaluateGraph(
    g.build(),
    new Map([["a", { type: "uint32", dims: [2], data: Float64Array.from(values) }]]),
  );
  expect([...(got.get("y")?.data ?? [])]).toEqual(values.map(product));
});

it("stored tensors come back as they were", () => {
  for (const tensor of [
    { type: "float16", dims: [2], data: Uint16Array.of(0x3c01, 0x8000) },
    { type: "int64", dims: [1], data: BigInt64Array.of(2n ** 62n + 1n) },
    { type: "bool", dims: [2], data: Uint8Array.of(1, 0) },
  ] as const) {
    expect(fromEval(toEval(tensor))).toEqual(tensor);
  }
});

describe("inputs that do not fit are all told", () => {
  it.each<[string, ReadonlyMap<string, EvalTensor>, RegExp]>([
    ["missing", new Map(), /a: expected float32\[N, 2\], got nothing; b: expected float32\[N, 1\], got nothing/],
    [
      "a length",
      new Map([
        ["a", real([1, 3], 1, 2, 3)],
        ["b", real([1, 1], 1)],
      ]),
      /a: expected float32\[N, 2\], got float32\[1, 3\]/,
    ],
    [
      "a symbol of two lengths",
      new Map([
        ["a", real([1, 2], 1, 2)],
        ["b", real([2, 1], 1, 2)],
      ]),
      /b: expected float32\[N, 1\], got float32\[2, 1\]/,
    ],
    [
      "a rank",
      new Map([
        ["a", real([2], 1, 2)],
        ["b", real([1, 1], 1)],
      ]),
      /a: expected/,
    ],
    [
      "a type",
      new Map<string, EvalTensor>([
        ["a", { type: "float64", dims: [1, 2], data: new Float64Array(2) }],
        ["b", real([1, 1], 1)],
      ]),
      /a: expected float32\[N, 2\], got float64\[1, 2\]/,
    ],
  ])("%s", (_, feeds, message) => {
    expect(() => evaluateGraph(sumOf(["N", 2], ["N", 1]), feeds)).toThrow(message);
  });
});

it("refuses an index outside the axis", () => {
  const g = new GraphBuilder("g");
  g.output("y", g.op("Gather", [g.input("x", "float32", [2]), g.input("i", "int64", [1])]));
  const feeds = new Map<string, EvalTensor>([
    ["x", real([2], 1, 2)],
    ["i", { type: "int64", dims: [1], data: BigInt64Array.of(2n) }],
  ]);
  expect(() => evaluateGraph(g.build(), feeds)).toThrow(
    /Gather \(Gather\): values do not fit the data \(got index 2 of 2\)/,
  );
});
