/** Oracle: the same graph before the pass, evaluated in float64. */
import { expect, test } from "vitest";
import { runPasses, servedPasses } from "../../export/passes/pass.ts";
import { sparseAverage } from "../../export/passes/sparse-average.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { checkGraph } from "../../onnx/check.ts";
import { evaluateGraph } from "../../onnx/evaluate/index.ts";
import type { Graph } from "../../onnx/graph.ts";
import { modelBytes } from "../../runtime/model-bytes.ts";
import { openSession } from "../../runtime/node/open.ts";
import { uniformArray } from "../runtime/algebra/random.ts";

const [inputs, outputs, k] = [288, 10, 3];

/** `[outputs, inputs]`: k weights of one value an output, its scale over k. */
function averagingKernel(): Float32Array {
  const kernel = new Float32Array(outputs * inputs);
  for (let t = 0; t < outputs; t++)
    for (let r = 0; r < k; r++) kernel[t * inputs + ((t * 17 + r * 31) % inputs)] = (0.5 + t) / k;
  return kernel;
}

function transposed(kernel: Float32Array): Float32Array {
  return Float32Array.from(kernel, (_, at) => kernel[(at % outputs) * inputs + Math.floor(at / outputs)] ?? 0);
}

function gemm(options: { kernel?: Float32Array; layout?: "out-in" | "in-out"; bias?: boolean; alpha?: number }): Graph {
  const { kernel = averagingKernel(), layout = "out-in", bias = true, alpha } = options;
  const g = new GraphBuilder("average");
  const x = g.input("x", "float32", ["N", inputs]);
  const outIn = layout === "out-in";
  const w = g.initializer("w", {
    type: "float32",
    dims: outIn ? [outputs, inputs] : [inputs, outputs],
    data: outIn ? kernel : transposed(kernel),
  });
  const b = g.initializer("b", {
    type: "float32",
    dims: [outputs],
    data: Float32Array.from({ length: outputs }, (_, t) => Math.sin(t)),
  });
  const attributes = { ...(outIn && { transB: 1n }), ...(alpha !== undefined && { alpha }) };
  g.output("y", g.op("Gemm", bias ? [x, w, b] : [x, w], attributes));
  return g.build();
}

function evaluate(graph: Graph): Float64Array {
  const x = { type: "float32", dims: [4, inputs], data: uniformArray(1, 4 * inputs) } as const;
  return Float64Array.from(evaluateGraph(graph, new Map([["x", x]])).get("y")?.data ?? [], Number);
}

test.each([
  { layout: "out-in", bias: true },
  { layout: "in-out", bias: true },
  { layout: "out-in", bias: false },
] as const)("an averaging kernel becomes a table of indices with the same results (%o)", (options) => {
  const graph = gemm(options);
  const after = runPasses(graph).graph;
  expect(after.nodes.map(({ op }) => op)).not.toContain("Gemm");
  expect(after.initializers.has("w")).toBe(false);
  const expected = evaluate(graph);
  // The scale k·(s/k) is rounded once to float32.
  for (const [i, value] of evaluate(after).entries())
    expect(Math.abs(value - (expected[i] ?? Number.NaN))).toBeLessThan(1e-6 * (1 + Math.abs(value)));
});

const changed = (at: number, value: number) => averagingKernel().with(at, value);
const dense = averagingKernel().map((w, at) => (at % inputs < 4 ? 0.25 : w));

test.each([
  ["with two values in one output", gemm({ kernel: changed(0, 0.123) })],
  ["with one weight more in one output", gemm({ kernel: changed(1, averagingKernel()[0] ?? 0) })],
  ["with one weight less in one output", gemm({ kernel: changed(0, 0) })],
  ["of zeros", gemm({ kernel: new Float32Array(outputs * inputs) })],
  ["with more than one weight in 96 inputs", gemm({ kernel: dense })],
  ["that is scaled by alpha", gemm({ alpha: 2 })],
])("a kernel %s is left as it is", (_, graph) => {
  expect(sparseAverage(graph)).toBe(graph);
});

test("on ONNX Runtime results do not depend on the batch, bit for bit", async () => {
  const after = runPasses(gemm({}), servedPasses).graph;
  checkGraph(after);
  await using session = await openSession({ bytes: modelBytes(after) });
  const x = Float32Array.from(uniformArray(2, 33 * inputs));
  const run = async (rows: number) =>
    (await session.run({ x: { type: "float32", dims: [rows, inputs], data: x.slice(0, rows * inputs) } }))["y"]?.data;
  const whole = await run(33);
  for (const rows of [1, 2, 5, 16]) expect(await run(rows)).toEqual(whole?.slice(0, rows * outputs));
});
