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
import { fillWeights, normalRows, predict, saveModel, temporaryFolder, tfl } from "./support/tfjs.ts";

/** Float32 sums of a few dozen terms against float64: 2⁻²⁴ a term, with room for the transcendental functions. */
const float32Tolerance = 3e-6;

const rows = 23;

/** tfjs' constructors take camelCase; `gelu_new` is the exception. The type lists only some of the names. */
const tfjsName = (name: string): "relu" =>
  (name === "gelu_new" ? name : name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())) as "relu";

/** A model with one input of the given features, made of the layer under test between two Dense layers where it fits. */
type Case = () => tfl.LayersModel;

const chain = (features: number[], ...layers: tfl.layers.Layer[]): tfl.LayersModel => {
  const input = tfl.input({ shape: features, name: "x" });
  const output = layers.reduce((value, layer) => layer.apply(value) as tfl.SymbolicTensor, input);
  return tfl.model({ inputs: input, outputs: output, name: "net" });
};

const merged = (layer: tfl.layers.Layer, shapes: number[][] = [[5], [5], [5]]): tfl.LayersModel => {
  const input = tfl.input({ shape: [6], name: "x" });
  const branches = shapes.map((shape) => {
    const units = shape.reduce((a, b) => a * b, 1);
    const branch = tfl.layers.dense({ units, activation: "tanh" }).apply(input);
    return tfl.layers.reshape({ targetShape: shape }).apply(branch) as tfl.SymbolicTensor;
  });
  return tfl.model({ inputs: input, outputs: layer.apply(branches) as tfl.SymbolicTensor, name: "net" });
};

const cases: { readonly [C in LayerClass]: readonly Case[] } = {
  Activation: activationNames.map((name) => () => chain([6], tfl.layers.activation({ activation: tfjsName(name) }))),
  Add: [() => merged(tfl.layers.add()), () => merged(tfl.layers.add(), [[3], [4, 3]])],
  AlphaDropout: [() => chain([6], tfl.layers.alphaDropout({ rate: 0.3 }), tfl.layers.dense({ units: 4 }))],
  Average: [() => merged(tfl.layers.average())],
  BatchNormalization: [
    () => chain([6], tfl.layers.batchNormalization()),
    () => chain([6], tfl.layers.batchNormalization({ center: false, scale: false, epsilon: 0.1 })),
    () => chain([3, 5], tfl.layers.batchNormalization()),
  ],
  Concatenate: [
    () => merged(tfl.layers.concatenate(), [[5], [2], [7]]),
    () =>
      merged(tfl.layers.concatenate({ axis: 1 }), [
        [2, 3],
        [4, 3],
      ]),
  ],
  Dense: [
    ...activationNames.map((name) => () => chain([9], tfl.layers.dense({ units: 7, activation: tfjsName(name) }))),
    () => chain([9], tfl.layers.dense({ units: 7, useBias: false })),
    () => chain([3, 5], tfl.layers.dense({ units: 4, activation: "relu" })),
  ],
  Dropout: [() => chain([6], tfl.layers.dropout({ rate: 0.5 }), tfl.layers.dense({ units: 4 }))],
  ELU: [() => chain([6], tfl.layers.elu())],
  Flatten: [
    () => chain([3, 4], tfl.layers.flatten(), tfl.layers.dense({ units: 2 })),
    () => chain([3, 4], tfl.layers.flatten({ dataFormat: "channelsFirst" })),
  ],
  GaussianDropout: [() => chain([6], tfl.layers.gaussianDropout({ rate: 0.5 }), tfl.layers.dense({ units: 4 }))],
  GaussianNoise: [() => chain([6], tfl.layers.gaussianNoise({ stddev: 0.5 }), tfl.layers.dense({ units: 4 }))],
  InputLayer: [
    () =>
      tfl.sequential({
        name: "net",
        layers: [tfl.layers.inputLayer({ inputShape: [6] }), tfl.layers.dense({ units: 3 })],
      }),
    () =>
      tfl.sequential({ name: "net", layers: [tfl.layers.dense({ units: 3, inputShape: [6], activation: "tanh" })] }),
  ],
  LayerNormalization: [
    () => chain([33], tfl.layers.layerNormalization()),
    () => chain([33], tfl.layers.layerNormalization({ center: false, scale: false, epsilon: 0.1 })),
    () => chain([3, 5], tfl.layers.layerNormalization({ axis: [1, 2] })),
    () => chain([3, 5], tfl.layers.layerNormalization()),
  ],
  LeakyReLU: [() => chain([6], tfl.layers.leakyReLU()), () => chain([6], tfl.layers.leakyReLU({ alpha: 0.01 }))],
  Maximum: [() => merged(tfl.layers.maximum())],
  Minimum: [() => merged(tfl.layers.minimum())],
  Multiply: [() => merged(tfl.layers.multiply())],
  PReLU: [() => chain([6], tfl.layers.prelu()), () => chain([3, 5], tfl.layers.prelu({ sharedAxes: [1] }))],
  Permute: [() => chain([3, 5], tfl.layers.permute({ dims: [2, 1] }), tfl.layers.flatten())],
  ReLU: [() => chain([6], tfl.layers.reLU()), () => chain([6], tfl.layers.reLU({ maxValue: 1.5 }))],
  Reshape: [
    () => chain([3, 4], tfl.layers.reshape({ targetShape: [2, -1] })),
    () => chain([12], tfl.layers.reshape({ targetShape: [3, 4] })),
  ],
  Softmax: [() => chain([6], tfl.layers.softmax()), () => chain([3, 5], tfl.layers.softmax({ axis: 2 }))],
  SpatialDropout1D: [() => chain([6], tfl.layers.reshape({ targetShape: [2, 3] }), tfl.layers.dropout({ rate: 0.4 }))],
  ThresholdedReLU: [
    () => chain([6], tfl.layers.thresholdedReLU()),
    () => chain([6], tfl.layers.thresholdedReLU({ theta: 0.2 })),
  ],
};

/** tfjs has no factory for some classes: the file is edited. */
async function renameClass(dir: string, from: string, to: string): Promise<void> {
  const path = join(dir, "model.json");
  await writeFile(path, (await readFile(path, "utf8")).replaceAll(`"class_name":"${from}"`, `"class_name":"${to}"`));
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
    values.push(...Array.from(result?.data ?? [], Number));
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
    if (layerClass === "SpatialDropout1D") await renameClass(dir, "Dropout", layerClass);
    const saved = await readLayersModel(dir);
    expect([...saved.layers.values()].map(({ className }) => className)).toContain(layerClass);
    const { graph } = runPasses(genericGraph(saved));
    const dims = [rows, ...(model.inputs[0]?.shape.slice(1) ?? [])].map(Number);
    const x = { dims, data: normalRows(dims) };
    const [oracle] = predict(model, [x]);
    const [reference] = evaluateGraph(
      graph,
      new Map([[graph.inputs[0]?.name ?? "", { type: "float32", dims, data: Float64Array.from(x.data) }]]),
    ).values();
    expect(reference?.dims).toEqual(oracle?.dims);
    expectClose(Array.from(reference?.data ?? [], Number), oracle?.data ?? [], float32Tolerance);
    expectClose(await runOrt(graph, x, rows), oracle?.data ?? [], float32Tolerance);
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
  const normal = [["LayerNormalization", () => chain([301], tfl.layers.layerNormalization())]] as const;
  test.each([...wide, ...normal].filter(([name]) => !exempt.has(name)))("%s", async (_name, make) => {
    const model = make();
    fillWeights(model);
    const { graph } = runPasses(
      genericGraph(await readLayersModel(await saveModel(model, join(await temporaryFolder(), "tfjs")))),
    );
    const x = { dims: [rows, 301], data: normalRows([rows, 301]) };
    const whole = await runOrt(graph, x, rows);
    for (const batch of [1, 2, 7]) expect(await runOrt(graph, x, batch)).toEqual(whole);
    model.dispose();
  });
});
