/** Every layer of the registry, lowered: float64 evaluator and ONNX Runtime against tfjs; generated from the tables. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { genericGraph } from "../../export/graph.ts";
import { activationNames } from "../../export/lower/activations.ts";
import { type LayerClass, layerClasses } from "../../export/lower/registry.ts";
import { runPasses } from "../../export/passes/pass.ts";
import { readLayersModel } from "../../export/read/layers-model.ts";
import { encodeModel } from "../../onnx/codec/encode.ts";
import { evaluateGraph } from "../../onnx/evaluate/index.ts";
import { type Graph, servedIrVersion, servedOpset } from "../../onnx/graph.ts";
import { openSession } from "../../runtime/node/open.ts";
import { codeVersion } from "../../schemas/index.ts";
import { cases } from "./layer-cases.ts";
import { chain, tfjsName } from "./support/nets.ts";
import { fillWeights, normalRows, predict, saveModel, temporaryFolder, tfl } from "./support/tfjs.ts";

/** Float32 sums of a few dozen terms against float64: 2⁻²⁴ a term, with room for the transcendental functions. */
const float32Tolerance = 3e-6;

const rows = 23;

/** What tfjs has no factory for, or forgets to save, is put into the file. */
const edits: { readonly [C in LayerClass]?: readonly [string, string] } = {
  SpatialDropout1D: ['"class_name":"Dropout"', '"class_name":"SpatialDropout1D"'],
  // Saved in the shape of the kernel only.
  SeparableConv2D: ['"filters":5', '"filters":5,"depth_multiplier":2'],
};

async function edit(dir: string, [from, to]: readonly [string, string]): Promise<void> {
  const path = join(dir, "model.json");
  await writeFile(path, (await readFile(path, "utf8")).replaceAll(from, to));
}

async function runOrt(graph: Graph, x: { dims: readonly number[]; data: Float32Array }, batch: number) {
  const producer = { name: "landfall", version: codeVersion };
  const bytes = encodeModel({ graph, opset: servedOpset, irVersion: servedIrVersion, producer, metadata: {} });
  await using session = await openSession({ bytes }, { device: "cpu" });
  const width = x.data.length / rows;
  const values: number[] = [];
  for (let start = 0; start < rows; start += batch) {
    const end = Math.min(rows, start + batch);
    const data = x.data.slice(start * width, end * width);
    const feeds = {
      [graph.inputs[0]?.name ?? ""]: { type: "float32", dims: [end - start, ...x.dims.slice(1)], data } as const,
    };
    const result = Object.values(await session.run(feeds))[0];
    for (const value of result?.data ?? []) values.push(Number(value));
  }
  return values;
}

function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    const scale = 1 + Math.abs(wanted[i] ?? 0);
    expect(Math.abs((got[i] ?? Number.NaN) - (wanted[i] ?? 0)) / scale).toBeLessThan(tolerance);
  }
}

describe.each(layerClasses)("%s", (layerClass) => {
  test.each(cases[layerClass].map((make, i) => [i, make] as const))("case %i matches tfjs", async (_i, make) => {
    const model = make();
    fillWeights(model);
    const dir = await saveModel(model, join(await temporaryFolder(), "tfjs"));
    const change = edits[layerClass];
    if (change !== undefined) await edit(dir, change);
    const saved = await readLayersModel(dir);
    expect([...saved.layers.values()].map(({ className }) => className)).toContain(layerClass);
    const { graph } = runPasses(genericGraph(saved));
    const dims = [rows, ...(model.inputs[0]?.shape.slice(1) ?? [])].map(Number);
    // Indices of the tables in the cases, with and without a fraction; normal values otherwise.
    const isIndex = layerClass === "Embedding";
    const x = { dims, data: normalRows(dims).map((value) => (isIndex ? Math.min(8, Math.abs(value)) : value)) };
    const [oracle] = predict(model, [x]);
    const [reference] = evaluateGraph(
      graph,
      new Map([[graph.inputs[0]?.name ?? "", { type: "float32", dims, data: Float64Array.from(x.data) }]]),
    ).values();
    expect(reference?.dims).toEqual(oracle?.dims);
    expectClose(Array.from(reference?.data ?? [], Number), oracle?.data ?? [], float32Tolerance);
    const whole = await runOrt(graph, x, rows);
    expectClose(whole, oracle?.data ?? [], float32Tolerance);
    // `Log`, in log_softmax alone, is exempt: see export/lower/activations.ts.
    const isExempt = graph.nodes.some(({ op }) => op === "Log");
    expect(await runOrt(graph, x, isExempt ? rows : 3)).toEqual(whole);
    model.dispose();
  });
});

test("a layer that the registry does not know is in no case table, and the other way round", () => {
  expect(Object.keys(cases).toSorted()).toEqual([...layerClasses].toSorted());
});

describe("a row's bits do not depend on its batch", () => {
  const exempt = new Set(["log_softmax"]);
  const wide = activationNames.map(
    (name) => [name, () => chain([301], tfl.layers.activation({ activation: tfjsName(name) }))] as const,
  );
  const { layers } = tfl;
  const image = [9, 7, 6];
  const large = { filters: 16, kernelSize: 3, padding: "same" } as const;
  const others = [
    ["LayerNormalization", () => chain([301], layers.layerNormalization())],
    ["LayerNormalization over places", () => chain([13, 9], layers.layerNormalization({ axis: 1 }))],
    ["convolutions", () => chain(image, layers.conv2d(large), layers.conv2d({ ...large, strides: 2 }))],
    ["one axis", () => chain([301, 5], layers.conv1d(large), layers.globalAveragePooling1d())],
    ["depthwise", () => chain(image, layers.depthwiseConv2d(large), layers.separableConv2d(large))],
    ["transposed", () => chain(image, layers.conv2dTranspose({ ...large, strides: 2 }))],
    ["pools", () => chain(image, layers.averagePooling2d({ strides: [1, 1] }), layers.globalAveragePooling2d({}))],
  ] as const;
  test.each([...wide, ...others].filter(([name]) => !exempt.has(name)))("%s", async (_name, make) => {
    const model = make();
    fillWeights(model);
    const { graph } = runPasses(
      genericGraph(await readLayersModel(await saveModel(model, join(await temporaryFolder(), "tfjs")))),
    );
    const dims = [rows, ...(model.inputs[0]?.shape.slice(1) ?? [])].map(Number);
    const x = { dims, data: normalRows(dims) };
    const whole = await runOrt(graph, x, rows);
    for (const batch of [1, 2, 7]) {
      const parts = await runOrt(graph, x, batch);
      expect(parts.filter((value, i) => !Object.is(value, whole[i]))).toEqual([]);
    }
    model.dispose();
  });
});
