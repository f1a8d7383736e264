/** The served graph; oracles: a float64 computation by hand, and tfjs for the net inside. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { genericGraph, inverseOf, servedGraph } from "../../export/graph.ts";
import { runPasses } from "../../export/passes/pass.ts";
import { readLayersModel } from "../../export/read/layers-model.ts";
import { parityRows, standardised } from "../../export/verify/rows.ts";
import { evaluateGraph } from "../../onnx/evaluate/index.ts";
import type { Graph } from "../../onnx/graph.ts";
import { printGraph } from "../../onnx/print.ts";
import { makeRun, type RunOptions, runComponents, runRecord } from "./support/run.ts";
import { fillWeights, loadModel, predict, saveModel, temporaryFolder, tfl } from "./support/tfjs.ts";

/** Constants are stored as float32: 2⁻²⁴ relative each, a few of them on the way to a value. */
const storedTolerance = 2e-6;

async function served(options: RunOptions = {}) {
  const run = await makeRun(options);
  const { transform, ood } = runRecord(options);
  const components = runComponents(options);
  const model = await readLayersModel(join(run, "tfjs"));
  return { run, model, transform, ood, components, graph: servedGraph({ model, transform, ood, components }) };
}

function evaluate(graph: Graph, rows: Float32Array, l: number) {
  const landmarks = { type: "float32", dims: [rows.length / l, l], data: Float64Array.from(rows) } as const;
  return evaluateGraph(graph, new Map([["landmarks", landmarks]]));
}

/** Largest |a − b| / (1 + |b|). */
function distance(a: ArrayLike<number | bigint>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(b, (value, i) => Math.abs(Number(a[i]) - value) / (1 + Math.abs(value))));
}

describe("the served graph", () => {
  test("is this, for a small net", async () => {
    const { graph } = runPasses((await served({ landmarks: 4, targets: 3 })).graph);
    expect(printGraph(graph)).toMatchSnapshot();
  });

  test("answers ẑ·(sd + ε) + mean of tfjs' ẑ, the inverse folded into a linear head", async () => {
    const { graph, run, transform, ood, components } = await served();
    const rows = parityRows({ transform, ood, components });
    const z = standardised(rows, transform);
    const model = await loadModel(join(run, "tfjs"));
    const [answer] = predict(model, [{ dims: [rows.length / 12, 12], data: z }]);
    const { scale, offset } = inverseOf(transform);
    const native = Array.from(answer?.data ?? [], (v, i) => v * (scale[i % 9] ?? 0) + (offset[i % 9] ?? 0));
    expect(distance(evaluate(graph, rows, 12).get("targets")?.data ?? [], native)).toBeLessThan(storedTolerance);
    expect(graph.initializers.get("head/kernel")?.dims).toEqual([9, 5]);
    expect([...graph.initializers.keys()].some((name) => name.startsWith("destandardise"))).toBe(false);
  });

  test("gives the same with the inverse folded as with the inverse behind the net", async () => {
    const folded = await served();
    const { transform, ood, components, model } = folded;
    const layers = new Map(model.layers);
    layers.set("flat", { name: "flat", className: "Activation", config: { activation: "linear" } });
    const head = model.outputs;
    const calls = [...model.calls, { layer: "flat", node: 0, inputs: head }];
    const behind = servedGraph({
      model: { ...model, layers, calls, outputs: [{ layer: "flat", node: 0, tensor: 0 }] },
      transform,
      ood,
      components,
    });
    expect([...behind.initializers.keys()]).toContain("destandardise/factor");
    const rows = parityRows({ transform, ood, components });
    const wanted = evaluate(behind, rows, 12).get("targets")?.data ?? [];
    const got = evaluate(folded.graph, rows, 12).get("targets")?.data ?? [];
    expect(distance(got, Array.from(wanted, Number))).toBeLessThan(storedTolerance);
  });

  test("gives a head without bias one: the targets' means", async () => {
    const layers = [tfl.layers.dense({ units: 9, useBias: false, inputShape: [12], name: "head" })];
    const { graph, transform } = await served({ layers });
    expect(graph.initializers.get("head/bias")?.data).toEqual(Float32Array.from(transform.targets.mean));
  });

  test("does not fold into a head that another call shares, nor into one with an activation", async () => {
    const square = () => tfl.layers.dense({ units: 12, name: "square", inputShape: [12] });
    const x = tfl.input({ shape: [12] });
    const layer = square();
    const twice = tfl.model({ inputs: x, outputs: layer.apply(layer.apply(x)) as tfl.SymbolicTensor, name: "twice" });
    fillWeights(twice);
    const { transform, ood, components } = await served({ targets: 12 });
    const model = await readLayersModel(await saveModel(twice, join(await temporaryFolder(), "tfjs")));
    expect([...servedGraph({ model, transform, ood, components }).initializers.keys()]).toContain(
      "destandardise/factor",
    );
    const active = await served({ layers: [tfl.layers.dense({ units: 9, activation: "tanh", inputShape: [12] })] });
    expect([...active.graph.initializers.keys()]).toContain("destandardise/factor");
  });

  test("clips z where the transform does, and only there", async () => {
    const far = async (clip: number) => {
      const { graph, transform } = await served({ clip });
      const rows = Float32Array.from(
        transform.landmarks.mean,
        (mean, i) => mean + 100 * ((transform.landmarks.sd[i] ?? 0) + 1e-3),
      );
      const edge = Float32Array.from(
        transform.landmarks.mean,
        (mean, i) => mean + 8 * ((transform.landmarks.sd[i] ?? 0) + 1e-3),
      );
      const [a, b] = [rows, edge].map(
        (row) => Array.from(evaluate(graph, row, 12).get("ood")?.data ?? [], Number)[0] ?? 0,
      );
      return (a ?? 0) / (b ?? 1);
    };
    expect(await far(8)).toBeCloseTo(1, 4);
    expect(await far(0)).toBeCloseTo(100 / 8, 2);
  });

  test("scores a profile by its Mahalanobis distance over the threshold", async () => {
    const { graph, transform, ood, components } = await served();
    const rows = parityRows({ transform, ood, components });
    const z = standardised(rows, transform);
    const scores = Array.from({ length: rows.length / 12 }, (_, r) => {
      const row = Array.from(z.subarray(12 * r, 12 * (r + 1)));
      const t = [0, 1, 2].map((c) => row.reduce((sum, v, i) => sum + v * (components[12 * c + i] ?? 0), 0));
      const inside = t.reduce((sum, v) => sum + v * v, 0);
      const along = t.reduce((sum, v, c) => sum + (v * v) / ([4, 2, 1.5][c] ?? 1), 0);
      const outside = Math.max(0, row.reduce((sum, v) => sum + v * v, 0) - inside) / 0.3;
      return Math.sqrt(along + outside) / 2.5;
    });
    expect(distance(evaluate(graph, rows, 12).get("ood")?.data ?? [], scores)).toBeLessThan(1e-5);
  });

  test("refuses a net of another shape", async () => {
    const { model, transform, ood, components } = await served();
    const parts = { model, transform: { ...transform, targets: { mean: [1], sd: [1] } }, ood, components };
    expect(() => servedGraph(parts)).toThrow(/not one value a target.*expected \[N, 1\], got \[N, 9\]/);
    const narrow = { ...transform, landmarks: { mean: [1, 2], sd: [1, 1] } };
    expect(() => servedGraph({ model, transform: narrow, ood, components })).toThrow(/one input \[null, 2\]/);
    expect(() => servedGraph({ model, transform, ood, components: components.subarray(12) })).toThrow(
      /out-of-distribution model does not fit/,
    );
  });
});

describe("a bare model's graph", () => {
  test("has tfjs' inputs and outputs in tfjs' order, a repeated name counted", async () => {
    const [a, b] = [tfl.input({ shape: [3], name: "b" }), tfl.input({ shape: [2], name: "a" })];
    const wide = tfl.layers.dense({ units: 3, name: "wide" });
    const [once, other] = [
      wide.apply(a),
      tfl.layers.dense({ units: 3, name: "other" }).apply(b),
    ] as tfl.SymbolicTensor[];
    const outputs = [other, wide.apply(once as tfl.SymbolicTensor), once] as tfl.SymbolicTensor[];
    const model = tfl.model({ inputs: [a, b], outputs, name: "net" });
    const graph = genericGraph(await readLayersModel(await saveModel(model, join(await temporaryFolder(), "tfjs"))));
    expect(graph.inputs.map(({ name }) => name)).toEqual(model.inputNames);
    expect(model.outputNames).toEqual(["other", "wide", "wide"]);
    expect(graph.outputs.map(({ name, dims }) => [name, dims])).toEqual([
      ["other", ["N", 3]],
      ["wide", ["N", 3]],
      ["wide_1", ["N", 3]],
    ]);
    expect(graph.initializers.size).toBe(4);
  });

  test("names all layers that cannot be exported at once, by class and path", async () => {
    const layers = [
      tfl.layers.simpleRNN({
        units: 4,
        inputShape: [3, 4],
        returnSequences: true,
        name: "short",
        recurrentInitializer: "glorotUniform",
      }),
      tfl.layers.lstm({ units: 4, name: "memory", recurrentInitializer: "glorotUniform" }),
      tfl.layers.dense({ units: 2 }),
    ];
    const model = tfl.sequential({ name: "net", layers });
    const read = await readLayersModel(await saveModel(model, join(await temporaryFolder(), "tfjs")));
    expect(() => genericGraph(read)).toThrow(
      /2 layers cannot be exported.*net\/short \(SimpleRNN\).*net\/memory \(LSTM\)/,
    );
  });

  test.each([
    [
      "kernel is missing",
      (name: string) => name !== "only/kernel",
      /net\/only: .*weight 'kernel' does not fit.*expected float32\[3, 2\], got no such weight/,
    ],
    ["bias is missing", (name: string) => name !== "only/bias", /weight 'bias'/],
  ])("a weight: %s", async (_name, keep, message) => {
    const model = tfl.sequential({
      name: "net",
      layers: [tfl.layers.dense({ units: 2, inputShape: [3], name: "only" })],
    });
    const read = await readLayersModel(await saveModel(model, join(await temporaryFolder(), "tfjs")));
    expect(() => genericGraph({ ...read, weights: new Map([...read.weights].filter(([name]) => keep(name))) })).toThrow(
      message,
    );
  });

  test("finds a weight under TensorFlow's longer name", async () => {
    const model = tfl.sequential({
      name: "net",
      layers: [tfl.layers.dense({ units: 2, inputShape: [3], name: "only" })],
    });
    const read = await readLayersModel(await saveModel(model, join(await temporaryFolder(), "tfjs")));
    const renamed = [...read.weights].map(([name, weight]) => [name.replace("/", "/cell/"), weight] as const);
    const valuesOf = ({ initializers }: Graph) => [...initializers].map(([name, { dims, data }]) => [name, dims, data]);
    expect(valuesOf(genericGraph({ ...read, weights: new Map(renamed) }))).toEqual(valuesOf(genericGraph(read)));
  });
});
