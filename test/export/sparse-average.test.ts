/** Oracle: the same graph before the pass, evaluated in float64. */
import { expect, test } from "vitest";
import { graphNotesOf, runPasses, servedPasses } from "../../export/passes/pass.ts";
import { sparseAverage } from "../../export/passes/sparse-average.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { checkGraph } from "../../onnx/check.ts";
import { evaluateGraph } from "../../onnx/evaluate/index.ts";
import { type Graph, servedOpset } from "../../onnx/graph.ts";
import { selectColumns } from "../../onnx/rewrite/select-columns.ts";
import { modelBytes } from "../../runtime/model-bytes.ts";
import { openSession } from "../../runtime/node/open.ts";
import { uniformArray } from "../runtime/algebra/random.ts";

const [inputs, outputs, k] = [144, 10, 3];

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
  ["with more than one weight in 48 inputs, too small for bits to pay,", gemm({ kernel: dense })],
  ["that is scaled by alpha", gemm({ alpha: 2 })],
])("a kernel %s is left as it is", (_, graph) => {
  expect(sparseAverage(graph)).toBe(graph);
});

/** 470 outputs of 141 inputs, no multiple of 8: the mean of `k` of them times a value of the output. */
const wide = { inputs: 141, outputs: 470 };
function wideGemm(many: number, options: { layout?: "out-in" | "in-out"; bias?: boolean } = {}): Graph {
  const { layout = "out-in", bias = true } = options;
  const outIn = layout === "out-in";
  const data = new Float32Array(wide.outputs * wide.inputs);
  for (let t = 0; t < wide.outputs; t++)
    for (let r = 0; r < many; r++) {
      const input = (t * 17 + r) % wide.inputs;
      data[outIn ? t * wide.inputs + input : input * wide.outputs + t] = (0.5 + t) / many;
    }
  const g = new GraphBuilder("wide");
  const x = g.input("x", "float32", ["N", wide.inputs]);
  const dims = outIn ? [wide.outputs, wide.inputs] : [wide.inputs, wide.outputs];
  const w = g.initializer("w", { type: "float32", dims, data });
  const b = g.initializer("b", {
    type: "float32",
    dims: [wide.outputs],
    data: Float32Array.from(uniformArray(3, wide.outputs)),
  });
  g.output("y", g.op("Gemm", bias ? [x, w, b] : [x, w], outIn ? { transB: 1n } : {}));
  return g.build();
}

const onRuntime = async (graph: Graph, rows = 7): Promise<Float32Array> => {
  checkGraph(graph);
  await using session = await openSession({ bytes: modelBytes(graph) });
  const data = Float32Array.from(uniformArray(2, rows * wide.inputs));
  const { y } = await session.run({ x: { type: "float32", dims: [rows, wide.inputs], data } });
  if (!(y?.data instanceof Float32Array)) throw new Error("no float32 result");
  return y.data;
};

const bytesOf = (graph: Graph): number => modelBytes(graph).length;

test.each([
  [3, { layout: "out-in" }],
  [60, { layout: "out-in" }],
  [60, { layout: "in-out" }],
  [141, { layout: "out-in", bias: false }],
] as const)(
  "an averaging kernel of many inputs (k = %i) becomes bits, the same kernel bit for bit %o",
  async (many, options) => {
    const graph = wideGemm(many, options);
    const { graph: after } = runPasses(graph, servedPasses);
    expect(after.nodes.map(({ op }) => op)).toEqual(["Cast", "Gather", "Reshape", "Slice", "Mul", "Gemm"]);
    // 141 bits and two floats an output, and a table of 8 KiB.
    expect(bytesOf(after)).toBeLessThan(0.1 * bytesOf(graph));
    // The product of the same kernel in the other layout may sum in another order.
    const expected = await onRuntime(wideGemm(many, { ...options, layout: "out-in" }));
    expect(await onRuntime(after)).toEqual(expected);
  },
);

test("the columns of chosen targets take their own bits along", async () => {
  const columns = [3, 200, 469];
  const { graph: after } = runPasses(wideGemm(60), servedPasses);
  const chosen = selectColumns({ graph: after, opset: servedOpset }, { output: "y", columns });
  expect(chosen.nodes.map(({ op }) => op)).toEqual(["Cast", "Gather", "Reshape", "Slice", "Mul", "Gemm"]);
  expect(bytesOf(chosen)).toBeLessThan(bytesOf(after) / 2);
  const all = await onRuntime(after);
  const picked = Array.from(
    { length: 7 * 3 },
    (_, at) => all[Math.floor(at / 3) * wide.outputs + (columns[at % 3] ?? 0)],
  );
  expect([...(await onRuntime(chosen))]).toEqual(picked);
});

test("the export says which form it chose, how large it is, and why", () => {
  const said = (graph: Graph) => graphNotesOf(runPasses(graph, servedPasses).reports).graphNotes;
  const [table] = said(wideGemm(2)) ?? [];
  expect(table).toMatch(
    /averages of 2 of 141 inputs are stored as a table of 2 indices an output, 0\.006 MB instead of 0\.3 MB: up to 2 inputs/,
  );
  const [bits] = said(wideGemm(3)) ?? [];
  expect(bits).toMatch(
    /averages of 3 of 141 inputs are stored as one bit a weight, 0\.019 MB instead of 0\.3 MB, .* beyond 2 inputs/,
  );
  expect(said(gemm({ alpha: 2 }))).toBeUndefined();
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
