/** Models within models, and files as other writers spell them; the oracle is tfjs. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { genericGraph } from "../../export/graph.ts";
import { readLayersModel } from "../../export/read/layers-model.ts";
import { valuesOf } from "../../export/read/weight-data.ts";
import { withTfjsModel } from "../../export/verify/tfjs-model.ts";
import { evaluateGraph } from "../../onnx/evaluate/index.ts";
import { artifactsOf, fillWeights, normalRows, predict, saveModel, temporaryFolder, tfl } from "./support/tfjs.ts";

type Value = tfl.SymbolicTensor;

/** Float32 sums of a dozen terms against float64. */
const tolerance = 1e-6;

async function savedAs(model: tfl.LayersModel): Promise<string> {
  fillWeights(model);
  return saveModel(model, join(await temporaryFolder(), "tfjs"));
}

/** A model of one input: the graph as read, in float64, answers as tfjs does, value and order of the outputs. */
async function expectSame(model: tfl.LayersModel, dir: string): Promise<void> {
  const graph = genericGraph(await readLayersModel(dir));
  const dims = [5, ...(model.inputs[0]?.shape.slice(1) ?? [])].map(Number);
  const x = { dims, data: normalRows(dims) };
  // A Sequential model is put together when it is first used.
  predict(model, [x]);
  expect(graph.inputs.map(({ name }) => name)).toEqual(model.inputNames);
  const feeds = new Map(
    model.inputNames.map((name) => [name, { type: "float32", dims, data: Float64Array.from(x.data) } as const]),
  );
  const results = [...evaluateGraph(graph, feeds).values()];
  for (const [i, wanted] of predict(
    model,
    model.inputNames.map(() => x),
  ).entries()) {
    expect(results[i]?.dims).toEqual(wanted.dims);
    for (const [cell, value] of wanted.data.entries())
      expect(Math.abs(Number(results[i]?.data[cell]) - value)).toBeLessThan(tolerance * (1 + Math.abs(value)));
  }
}

const dense = (name: string, units = 3, more: object = {}) =>
  tfl.layers.dense({ units, name, activation: "tanh", ...more });

/** A functional model with two outputs and a layer that is called twice. */
function forked(name: string): tfl.LayersModel {
  const x = tfl.input({ shape: [3], name: `${name}_x` });
  const shared = dense(`${name}_shared`);
  const once = shared.apply(x) as Value;
  const twice = shared.apply(once) as Value;
  return tfl.model({ inputs: x, outputs: [twice, dense(`${name}_other`, 2).apply(once) as Value], name });
}

describe("a model that is a layer", () => {
  test("of a Sequential model, first, gives it its inputs", async () => {
    const inner = tfl.sequential({ name: "inner", layers: [dense("a", 4, { inputShape: [3] }), dense("b")] });
    const model = tfl.sequential({ name: "outer", layers: [inner, dense("c", 2)] });
    const dir = await savedAs(model);
    await expectSame(model, dir);
    expect((await readLayersModel(dir)).calls.map(({ layer }) => layer)).toEqual([
      "a_input",
      "inner/a",
      "inner/b",
      "c",
    ]);
  });

  test("of a functional model, called twice, shares its weights", async () => {
    const x = tfl.input({ shape: [3], name: "x" });
    const inner = tfl.sequential({ name: "inner", layers: [dense("a", 3, { inputShape: [3] })] });
    const once = inner.apply(x) as Value;
    const model = tfl.model({ inputs: x, outputs: [inner.apply(once) as Value, once], name: "outer" });
    const dir = await savedAs(model);
    await expectSame(model, dir);
    expect(genericGraph(await readLayersModel(dir)).initializers.size).toBe(2);
  });

  test("has outputs in their order, each readable", async () => {
    const x = tfl.input({ shape: [3], name: "x" });
    const [left, right] = forked("fork").apply(x) as Value[];
    const ends = [dense("c", 2).apply(right as Value), dense("d", 2).apply(left as Value)] as Value[];
    const model = tfl.model({ inputs: x, outputs: [...ends, tfl.layers.add().apply(ends) as Value], name: "outer" });
    await expectSame(model, await savedAs(model));
  });

  test("may hold another, which is called several times along the way", async () => {
    const x = tfl.input({ shape: [3], name: "x" });
    const deep = tfl.sequential({ name: "deep", layers: [dense("a", 3, { inputShape: [3] })] });
    const y = tfl.input({ shape: [3], name: "y" });
    const middle = tfl.model({ inputs: y, outputs: deep.apply(deep.apply(y)) as Value, name: "middle" });
    const once = middle.apply(x) as Value;
    const model = tfl.model({
      inputs: x,
      outputs: tfl.layers.add().apply([once, middle.apply(once) as Value]) as Value,
    });
    const dir = await savedAs(model);
    await expectSame(model, dir);
    const read = await readLayersModel(dir);
    expect(read.calls.filter(({ layer }) => layer === "middle/deep/a").map(({ node }) => node)).toEqual([0, 1, 2, 3]);
  });

  test("takes several inputs in its own order", async () => {
    const [a, b] = ["a", "b"].map((name) => tfl.input({ shape: [3], name })) as [Value, Value];
    const product = tfl.layers.concatenate().apply([dense("p").apply(b) as Value, a]) as Value;
    const inner = tfl.model({ inputs: [a, b], outputs: product, name: "inner" });
    const [x, y] = ["x", "y"].map((name) => tfl.input({ shape: [3], name })) as [Value, Value];
    const model = tfl.model({ inputs: [x, y], outputs: inner.apply([y, x]) as Value, name: "outer" });
    const dir = await savedAs(model);
    const graph = genericGraph(await readLayersModel(dir));
    const rows = [normalRows([2, 3], 1), normalRows([2, 3], 2)];
    const feeds = new Map(
      ["x", "y"].map((name, i) => [
        name,
        { type: "float32", dims: [2, 3], data: Float64Array.from(rows[i] ?? []) } as const,
      ]),
    );
    const [wanted] = predict(
      model,
      rows.map((data) => ({ dims: [2, 3], data })),
    );
    const [got] = evaluateGraph(graph, feeds).values();
    for (const [i, value] of (wanted?.data ?? []).entries()) expect(Number(got?.data[i])).toBeCloseTo(value, 5);
  });

  test("has weights under its path in files that TensorFlow wrote", async () => {
    const inner = tfl.sequential({ name: "inner", layers: [dense("a", 3, { inputShape: [3] })] });
    const model = tfl.sequential({ name: "outer", layers: [inner, dense("c", 2)] });
    const dir = await savedAs(model);
    const plain = genericGraph(await readLayersModel(dir));
    const path = join(dir, "model.json");
    await writeFile(path, (await readFile(path, "utf8")).replace('"a/kernel"', '"inner/a/kernel"'));
    const named = genericGraph(await readLayersModel(dir));
    const kernelOf = (graph: typeof plain) => graph.initializers.get("inner/a/kernel")?.data;
    expect(kernelOf(named)).toEqual(kernelOf(plain));
  });
});

describe("files of other writers", () => {
  async function edited(change: (text: string) => string): Promise<string> {
    const layers = [
      tfl.layers.conv1d({ filters: 2, kernelSize: 3, inputShape: [6, 2], name: "conv" }),
      tfl.layers.batchNormalization({ name: "normal" }),
      tfl.layers.activation({ activation: "tanh", name: "end" }),
    ];
    const dir = await savedAs(tfl.sequential({ name: "net", layers }));
    const path = join(dir, "model.json");
    const text = await readFile(path, "utf8");
    expect(change(text)).not.toBe(text);
    await writeFile(path, change(text));
    return dir;
  }

  /** The graph in float64 against the oracle of the export. */
  async function expectOracle(dir: string): Promise<void> {
    const graph = genericGraph(await readLayersModel(dir));
    const dims = [4, 6, 2];
    const data = normalRows(dims);
    const input = graph.inputs[0]?.name ?? "";
    const [got] = evaluateGraph(
      graph,
      new Map([[input, { type: "float32", dims, data: Float64Array.from(data) }]]),
    ).values();
    await withTfjsModel(dir, async (oracle) => {
      const [wanted] = oracle.predict([{ type: "float32", dims, data }]);
      expect(got?.dims).toEqual(wanted?.dims);
      for (const [i, value] of Array.from(wanted?.data ?? [], Number).entries())
        expect(Math.abs(Number(got?.data[i]) - value)).toBeLessThan(3e-6 * (1 + Math.abs(value)));
    });
  }

  test("call the input's shape batch_shape, and its type a policy", async () => {
    const policy = '"dtype":{"class_name":"DTypePolicy","config":{"name":"float32"}}';
    const dir = await edited((text) =>
      text.replace('"batch_input_shape"', '"batch_shape"').replaceAll('"dtype":"float32","name"', `${policy},"name"`),
    );
    await expectOracle(dir);
  });

  test("pad causally, which tfjs can describe but not predict", async () => {
    await expectOracle(await edited((text) => text.replace('"padding":"valid"', '"padding":"causal"')));
  });

  test("normalise over another axis, which tfjs predicts wrongly on the backends at hand", async () => {
    const dir = await edited((text) => text.replace('"axis":-1', '"axis":[2]'));
    await expectOracle(dir);
  });

  test("name an activation that tfjs does not find again", async () => {
    await expectOracle(await edited((text) => text.replace('"activation":"tanh"', '"activation":"gelu_new"')));
  });

  test("store weights gzip-ed, in any number of shards", async () => {
    const dir = await edited((text) => text.replace('["weights.bin"]', '["one.bin", "two.bin"]'));
    const bytes = await readFile(join(dir, "weights.bin"));
    const write = async (pack: (part: Uint8Array) => Uint8Array) => {
      await writeFile(join(dir, "one.bin"), pack(bytes.subarray(0, 33)));
      await writeFile(join(dir, "two.bin"), pack(bytes.subarray(33)));
      return new Map([...(await readLayersModel(dir)).weights].map(([name, weight]) => [name, valuesOf(weight)]));
    };
    const plain = await write((part) => part);
    expect(await write(gzipSync)).toEqual(plain);
    await expectOracle(dir);
  });

  test("are not unpacked beyond what model.json states", async () => {
    const dir = await edited((text) => text.replace('["weights.bin"]', '["bomb.bin"]'));
    await writeFile(join(dir, "bomb.bin"), gzipSync(new Uint8Array(2 ** 26)));
    await expect(readLayersModel(dir)).rejects.toThrow(/bomb\.bin/);
    await expect(readLayersModel(dir)).rejects.toMatchObject({ tag: "bad-model" });
  });
});

test("causal padding is zeros before the input, by the formula", async () => {
  const model = tfl.sequential({
    name: "net",
    layers: [tfl.layers.conv1d({ filters: 1, kernelSize: 2, dilationRate: 2, inputShape: [5, 1], name: "conv" })],
  });
  const dir = join(await temporaryFolder(), "tfjs");
  await mkdir(dir);
  const { modelTopology } = await artifactsOf(model);
  const topology = JSON.parse(
    JSON.stringify(modelTopology).replace('"padding":"valid"', '"padding":"causal"'),
  ) as object;
  const weights = [
    { name: "conv/kernel", shape: [2, 1, 1], dtype: "float32" },
    { name: "conv/bias", shape: [1], dtype: "float32" },
  ];
  await writeFile(
    join(dir, "model.json"),
    JSON.stringify({ modelTopology: topology, weightsManifest: [{ paths: ["w"], weights }] }),
  );
  await writeFile(join(dir, "w"), new Uint8Array(Float32Array.of(10, 1, 0.5).buffer));
  const x = { type: "float32", dims: [1, 5, 1], data: Float64Array.of(1, 2, 3, 4, 5) } as const;
  const [y] = evaluateGraph(genericGraph(await readLayersModel(dir)), new Map([["conv_input", x]])).values();
  // y[t] = 10·x[t − 2] + x[t] + ½
  expect(y).toMatchObject({ dims: [1, 5, 1] });
  expect([...(y?.data ?? [])]).toEqual([1.5, 2.5, 13.5, 24.5, 35.5]);
});

test("batch normalisation over axis 1 has one mean a row, by the formula", async () => {
  const x = tfl.input({ shape: [2, 3], name: "x" });
  const layer = tfl.layers.batchNormalization({ axis: 1, epsilon: 0.25, name: "normal" });
  const model = tfl.model({ inputs: x, outputs: layer.apply(x) as Value, name: "net" });
  const dir = await saveModel(model, join(await temporaryFolder(), "tfjs"));
  const weights = { gamma: [1, 2], beta: [0, 100], moving_mean: [1, 10], moving_variance: [0.75, 3.75] };
  const specs = Object.keys(weights).map((name) => ({ name: `normal/${name}`, shape: [2], dtype: "float32" }));
  const { modelTopology } = JSON.parse(await readFile(join(dir, "model.json"), "utf8")) as { modelTopology: object };
  await writeFile(
    join(dir, "model.json"),
    JSON.stringify({ modelTopology, weightsManifest: [{ paths: ["weights.bin"], weights: specs }] }),
  );
  await writeFile(join(dir, "weights.bin"), new Uint8Array(Float32Array.from(Object.values(weights).flat()).buffer));
  const values = Float64Array.of(1, 2, 3, 10, 12, 14);
  const feeds = new Map([["x", { type: "float32", dims: [1, 2, 3], data: values } as const]]);
  const [y] = evaluateGraph(genericGraph(await readLayersModel(dir)), feeds).values();
  expect([...(y?.data ?? [])]).toEqual([0, 1, 2, 100, 102, 104]);
  await withTfjsModel(dir, async (oracle) => {
    const [wanted] = oracle.predict([{ type: "float32", dims: [1, 2, 3], data: Float32Array.from(values) }]);
    expect(Array.from(wanted?.data ?? [], Number)).toEqual([0, 1, 2, 100, 102, 104]);
  });
});
