/** Folds change weights, not results. Oracle: the same graph before the pass, in float64. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { servedGraph } from "../../export/graph.ts";
import { foldAffineBefore } from "../../export/passes/fold-affine-before.ts";
import { foldAffineBehind } from "../../export/passes/fold-affine-behind.ts";
import { fuseGemm } from "../../export/passes/fuse-gemm.ts";
import { runPasses } from "../../export/passes/pass.ts";
import { readLayersModel } from "../../export/read/layers-model.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { checkGraph } from "../../onnx/check.ts";
import { evaluateGraph } from "../../onnx/evaluate/index.ts";
import type { Graph } from "../../onnx/graph.ts";
import { uniformArray } from "../runtime/algebra/random.ts";
import { runComponents, runRecord } from "./support/run.ts";
import { fillWeights, saveModel, temporaryFolder, tfl } from "./support/tfjs.ts";

const [inputs, outputs, rows] = [5, 4, 3];
const ops = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);
const uniform = (length: number, seed: number) => Float32Array.from(uniformArray(seed, length));

/** A small graph over x `[N, 5]`; `c` makes a float32 constant. */
function graphOf(
  build: (g: GraphBuilder, x: string, c: (dims: readonly number[], seed: number) => string) => string,
): Graph {
  const g = new GraphBuilder("folding");
  const x = g.input("x", "float32", ["N", inputs]);
  const c = (dims: readonly number[], seed: number): string =>
    g.initializer(`c${seed}`, {
      type: "float32",
      dims,
      data: uniform(
        dims.reduce((a, b) => a * b, 1),
        seed,
      ),
    });
  g.output("y", build(g, x, c));
  return g.build();
}

function evaluate(graph: Graph): Float64Array {
  const dims = graph.inputs[0]?.dims.map((dim) => (typeof dim === "number" ? dim : rows)) ?? [];
  const data = Float64Array.from(
    uniform(
      dims.reduce((a, b) => a * b, 1),
      99,
    ),
  );
  return Float64Array.from(
    evaluateGraph(graph, new Map([["x", { type: "float32", dims, data }]])).get("y")?.data ?? [],
    Number,
  );
}

/** Weights are rounded to float32 once: a sum of some products of order 1 moves by no more than this. */
const rounding = 2e-6;

function expectSame(after: Graph, before: Graph): void {
  checkGraph(after);
  const [got, expected] = [evaluate(after), evaluate(before)];
  expect(got.length).toBe(expected.length);
  for (const [i, value] of got.entries()) expect(Math.abs(value - (expected[i] ?? Number.NaN))).toBeLessThan(rounding);
}

describe("fuse-gemm", () => {
  test("makes one Gemm of a product and its bias, whichever side the bias is on", () => {
    for (const biasFirst of [false, true]) {
      const graph = graphOf((g, x, c) => {
        const product = g.op("MatMul", [x, c([inputs, outputs], 1)]);
        const bias = c([outputs], 2);
        return g.op("Add", biasFirst ? [bias, product] : [product, bias]);
      });
      expect(ops(fuseGemm(graph))).toEqual(["Gemm"]);
      expectSame(fuseGemm(graph), graph);
    }
  });

  test("leaves a product that something else reads too, and a sum with more than a bias", () => {
    const twice = graphOf((g, x, c) => {
      const product = g.op("MatMul", [x, c([inputs, outputs], 1)]);
      return g.op("Mul", [product, g.op("Add", [product, c([outputs], 2)])]);
    });
    expect(fuseGemm(twice)).toBe(twice);
    const rowwise = graphOf((g, x, c) => g.op("Add", [g.op("MatMul", [x, c([inputs, outputs], 1)]), c([1, 1], 2)]));
    expect(fuseGemm(rowwise)).toBe(rowwise);
  });
});

/** Batch normalisation as it is lowered: (v − mean)·factor + beta. */
function normalised(
  g: GraphBuilder,
  v: string,
  { c, width }: { readonly c: (dims: readonly number[], seed: number) => string; readonly width: number },
): string {
  const centred = g.op("Sub", [v, c([width], 11)]);
  return g.op("Add", [g.op("Mul", [centred, c([width], 12)]), c([1, width], 13)]);
}

describe("fold-affine-behind", () => {
  test.each([false, true])("folds a batch normalisation into the product before it (transB: %s)", (transB) => {
    const graph = graphOf((g, x, c) => {
      const kernel = c(transB ? [outputs, inputs] : [inputs, outputs], 1);
      const gemm = g.op("Gemm", [x, kernel, c([outputs], 2)], transB ? { transB: 1n } : {});
      return normalised(g, gemm, { c, width: outputs });
    });
    expect(ops(foldAffineBehind(graph))).toEqual(["Gemm"]);
    expectSame(foldAffineBehind(graph), graph);
  });

  test("gives a product without a bias one", () => {
    const graph = graphOf((g, x, c) => g.op("Sub", [g.scalar(3), g.op("Gemm", [x, c([inputs, outputs], 1)])]));
    expect(ops(foldAffineBehind(graph))).toEqual(["Gemm"]);
    expectSame(foldAffineBehind(graph), graph);
  });

  test("reaches both products of a skip connection: the inverse behind their sum costs nothing", () => {
    const graph = graphOf((g, x, c) => {
      const hidden = g.op("Tanh", [g.op("Gemm", [x, c([inputs, 6], 1), c([6], 2)])]);
      const sum = g.op("Add", [
        g.op("Gemm", [hidden, c([6, outputs], 3), c([outputs], 4)]),
        g.op("Gemm", [x, c([inputs, outputs], 5)]),
      ]);
      return g.op("Add", [g.op("Div", [sum, c([outputs], 6)]), c([outputs], 7)]);
    });
    expect(ops(foldAffineBehind(graph))).toEqual(["Gemm", "Tanh", "Gemm", "Gemm", "Add"]);
    expectSame(foldAffineBehind(graph), graph);
  });

  test("folds a convolution's normalisation by channel", () => {
    const g = new GraphBuilder("conv");
    const x = g.input("x", "float32", ["N", 2, 7]);
    const c = (dims: readonly number[], seed: number): string =>
      g.initializer(`c${seed}`, {
        type: "float32",
        dims,
        data: uniform(
          dims.reduce((a, b) => a * b, 1),
          seed,
        ),
      });
    const conv = g.op("Conv", [x, c([3, 2, 4], 1), c([3], 2)]);
    g.output("y", g.op("Add", [g.op("Mul", [conv, c([3, 1], 3)]), c([1, 3, 1], 4)]));
    const graph = g.build();
    expect(ops(foldAffineBehind(graph))).toEqual(["Conv"]);
    expectSame(foldAffineBehind(graph), graph);
  });

  test.each<[string, Graph]>([
    [
      "whose product something else reads",
      graphOf((g, x, c) => {
        const gemm = g.op("Gemm", [x, c([inputs, outputs], 1)]);
        return g.op("Mul", [gemm, g.op("Mul", [gemm, g.scalar(2)])]);
      }),
    ],
    [
      "whose weights another product reads",
      graphOf((g, x, c) => {
        const w = c([inputs, inputs], 1);
        return g.op("Gemm", [g.op("Mul", [g.op("Gemm", [x, w]), g.scalar(2)]), w]);
      }),
    ],
    [
      "that divides a constant",
      graphOf((g, x, c) => g.op("Div", [c([outputs], 2), g.op("Gemm", [x, c([inputs, outputs], 1)])])),
    ],
    [
      "that differs by row",
      graphOf((g, x, c) =>
        g.op("Mul", [g.op("Gemm", [x, c([inputs, outputs], 1)]), g.op("ReduceSum", [x, g.ints([1])])]),
      ),
    ],
  ])("leaves a map %s", (_, graph) => {
    expect(foldAffineBehind(graph)).toBe(graph);
  });
});

describe("fold-affine-before", () => {
  test.each([false, true])("folds a normalisation into the product behind it (transB: %s)", (transB) => {
    const graph = graphOf((g, x, c) => {
      const kernel = c(transB ? [outputs, inputs] : [inputs, outputs], 1);
      return g.op(
        "Gemm",
        [normalised(g, x, { c, width: inputs }), kernel, c([outputs], 2)],
        transB ? { transB: 1n } : {},
      );
    });
    expect(ops(foldAffineBefore(graph))).toEqual(["Gemm"]);
    expectSame(foldAffineBefore(graph), graph);
  });

  test("leaves a standardisation whose means are many deviations: folded, their digits would cancel", () => {
    const graph = graphOf((g, x, c) => {
      const z = g.op("Mul", [g.op("Sub", [x, g.scalar(1000)]), g.scalar(1)]);
      return g.op("Gemm", [z, c([inputs, outputs], 1)]);
    });
    expect(foldAffineBefore(graph)).toBe(graph);
  });

  test("leaves one that something else reads, such as the score for being out of distribution", () => {
    const graph = graphOf((g, x, c) => {
      const z = g.op("Mul", [x, g.scalar(2)]);
      return g.op("Add", [g.op("Gemm", [z, c([inputs, inputs], 1)]), z]);
    });
    expect(foldAffineBefore(graph)).toBe(graph);
  });
});

test("two linear products in a row stay two: low-rank factors are not multiplied out", () => {
  const graph = graphOf((g, x, c) => {
    const low = g.op("Gemm", [x, c([inputs, 2], 1), c([2], 2)]);
    return g.op("Gemm", [low, c([2, outputs], 3), c([outputs], 4)]);
  });
  expect(runPasses(graph).graph).toEqual(graph);
});

test("partitions that are joined stay products of their own, each with its part of the inverse behind", () => {
  const graph = graphOf((g, x, c) => {
    const parts = [1, 2].map((seed) => g.op("Gemm", [x, c([inputs, 2], seed)]));
    return g.op("Mul", [g.op("Concat", parts, { axis: 1n }), c([4], 5)]);
  });
  const after = runPasses(graph).graph;
  expect(ops(after).filter((op) => op === "Gemm")).toHaveLength(2);
  expectSame(after, graph);
});

test("random chains of affine maps and products compute the same after all passes", () => {
  const step = fc.constantFrom("scale", "shift", "shift-left", "divide", "product", "tanh");
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 9 }), (steps) => {
      const graph = graphOf((g, x, c) => {
        let value = x;
        for (const [at, kind] of steps.entries()) {
          const vector = (): string => c([inputs], 20 + at);
          if (kind === "scale") value = g.op("Mul", [value, vector()]);
          else if (kind === "shift") value = g.op("Sub", [value, vector()]);
          else if (kind === "shift-left") value = g.op("Sub", [vector(), value]);
          else if (kind === "divide") value = g.op("Div", [value, g.scalar(1.5)]);
          else if (kind === "product") value = g.op("Gemm", [value, c([inputs, inputs], 20 + at)]);
          else value = g.op("Tanh", [value]);
        }
        return g.op("Tanh", [value]);
      });
      const { graph: after, reports } = runPasses(graph);
      expectSame(after, graph);
      for (const { difference = 0 } of reports) expect(difference).toBeLessThan(rounding);
    }),
    { seed: 3, numRuns: 60 },
  );
});

test("a served net loses the batch normalisation behind its Dense layers, and reports it", async () => {
  const layers = [
    tfl.layers.dense({ units: 6, inputShape: [12], name: "hidden" }),
    tfl.layers.batchNormalization({ name: "norm" }),
    tfl.layers.activation({ activation: "tanh", name: "tanh" }),
    tfl.layers.dense({ units: 9, name: "head" }),
  ];
  const net = tfl.sequential({ name: "net", layers });
  fillWeights(net);
  const dir = await saveModel(net, await temporaryFolder());
  net.dispose();
  const { transform, ood } = runRecord();
  const graph = servedGraph({ model: await readLayersModel(dir), transform, ood, components: runComponents() });
  const { graph: after, reports } = runPasses(graph);
  expect(after.nodes.filter(({ name }) => name.startsWith("norm/"))).toEqual([]);
  const fold = reports.find(({ pass }) => pass === "fold-affine-behind");
  expect(fold?.before).toBe((fold?.after ?? 0) + 3);
  expect(fold?.difference).toBeLessThan(1e-6);
});
