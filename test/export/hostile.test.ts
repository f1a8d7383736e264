/** Damaged and hostile models: an export or an error that names the place, never another error, a hang or much memory. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { genericGraph } from "../../export/graph.ts";
import { readLayersModel } from "../../export/read/layers-model.ts";
import { fillWeights, saveModel, temporaryFolder, tfl } from "./support/tfjs.ts";
import { savedSpecimens, withstand } from "./zoo/withstand.ts";

/** Memory that 200 small models may take at most; a declared tensor of 10⁹ elements would take 4 GB. */
const largestGrowth = 2 ** 20;

test("200 damages of random models are withstood", async () => {
  const before = process.resourceUsage().maxRSS;
  const seeds = Array.from({ length: 200 }, (_, seed) => seed);
  const { exported, refused, others } = await withstand(await savedSpecimens(8), seeds, { whole: false });
  expect(others).toEqual([]);
  // Both happen, or the damage says nothing.
  expect(Math.min(exported, refused)).toBeGreaterThan(20);
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(largestGrowth);
});

test("30 damaged models are withstood by the whole export, tfjs and ONNX Runtime included", async () => {
  const seeds = Array.from({ length: 30 }, (_, i) => 1000 + i);
  const { others } = await withstand(await savedSpecimens(5), seeds, { whole: true });
  expect(others).toEqual([]);
});

/** Saves a small model under another topology. */
async function withTopology(modelTopology: unknown, weights: unknown[] = []): Promise<string> {
  const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [3], name: "only" })] });
  fillWeights(model);
  const dir = await saveModel(model, join(await temporaryFolder(), "tfjs"));
  const json = JSON.parse(await readFile(join(dir, "model.json"), "utf8")) as {
    weightsManifest: { weights: unknown[] }[];
  };
  json.weightsManifest[0]?.weights.push(...weights);
  await writeFile(join(dir, "model.json"), JSON.stringify({ ...json, modelTopology }));
  return dir;
}

const input = (name: string, shape: unknown = [null, 3]) => ({
  class_name: "InputLayer",
  name,
  config: { batch_input_shape: shape, dtype: "float32", name },
  inbound_nodes: [],
});
const layer = (class_name: string, name: string, more: { config?: object; from?: string[][] } = {}) => ({
  class_name,
  name,
  config: { name, ...more.config },
  inbound_nodes: (more.from ?? [["x"]]).map((refs) => refs.map((ref) => [ref, 0, 0, {}])),
});
const functional = (layers: unknown[], output: string, name = "net") => ({
  class_name: "Model",
  config: { name, layers, input_layers: [["x", 0, 0]], output_layers: [[output, 0, 0]] },
});

/** A model in which each level calls the next one twice. */
function doubling(depth: number): object {
  const inner = depth === 0 ? [] : [doubling(depth - 1)].map((model) => ({ ...model, name: "in", inbound_nodes: [] }));
  const calls = [[["x", 0, 0, {}]], [["in", 1, 0, {}]]];
  const layers = [input("x"), ...inner.map((part) => ({ ...part, inbound_nodes: calls }))];
  const last = depth === 0 ? ["x", 0, 0] : ["in", 2, 0];
  return { class_name: "Model", config: { name: "net", layers, input_layers: [["x", 0, 0]], output_layers: [last] } };
}

function deep(depth: number): unknown {
  let model: object = functional([input("x"), layer("ELU", "y")], "y");
  for (let i = 0; i < depth; i++)
    model = functional([input("x"), { ...model, name: "in", inbound_nodes: [[["x", 0, 0, {}]]] }], "x");
  return model;
}

const chain = (length: number) => {
  const links = Array.from({ length }, (_, i) => layer("ELU", `l${i}`, { from: [[i === 0 ? "x" : `l${i - 1}`]] }));
  return functional([input("x"), ...links], `l${length - 1}`);
};

describe("is refused, by layer or file", () => {
  test.each<[string, unknown, RegExp]>([
    [
      "an input larger than any memory",
      functional([input("x", [null, 2 ** 40]), layer("ELU", "y")], "y"),
      /net\/y: .*larger/,
    ],
    [
      "a repetition without end",
      functional([input("x"), layer("RepeatVector", "y", { config: { n: 1e12 } })], "y"),
      /net\/y: .*larger/,
    ],
    [
      "padding without end",
      functional([input("x", [null, 2, 2, 1]), layer("ZeroPadding2D", "y", { config: { padding: [1e8, 1e8] } })], "y"),
      /net\/y: .*larger/,
    ],
    [
      "upsampling without end",
      functional([input("x", [null, 2, 2, 1]), layer("UpSampling2D", "y", { config: { size: [1e7, 1e7] } })], "y"),
      /net\/y: .*larger/,
    ],
    ["a negative length", functional([input("x", [null, -3]), layer("ELU", "y")], "y"), /net\/x .*cannot be exported/],
    [
      "a Dense layer of -5 units",
      functional([input("x"), layer("Dense", "y", { config: { units: -5 } })], "y"),
      /net\/y \(Dense\): units/,
    ],
    [
      "a layer called __proto__",
      functional([input("x"), layer("ELU", "__proto__")], "__proto__"),
      /is no name that a layer can have/,
    ],
    ["models nested without end", deep(500), /nested more than 32 deep/],
    ["models that unfold without end", doubling(30), /more than 10000 calls/],
    ["a chain without end", chain(20_000), /more than 10000 calls/],
    [
      "classes that nobody knows, all at once",
      functional([input("x"), layer("Mine", "y"), layer("toString", "z", { from: [["y"]] })], "z"),
      /2 layers cannot be exported.*net\/y \(Mine\): no rule.*net\/z \(toString\): no rule/,
    ],
    ["a layer that reads itself", functional([input("x"), layer("ELU", "y", { from: [["y"]] })], "y"), /cycle.*y → y/],
    ["a merge of one", functional([input("x"), layer("Add", "y")], "y"), /net\/y: a merge takes two/],
    [
      "a kernel longer than the data",
      functional([input("x", [null, 4, 1]), layer("MaxPooling1D", "y", { config: { pool_size: 9 } })], "y"),
      /net\/y: .*longer/,
    ],
    [
      "a grouped convolution",
      functional(
        [input("x", [null, 4, 2]), layer("Conv1D", "y", { config: { filters: 2, kernel_size: 2, groups: 2 } })],
        "y",
      ),
      /net\/y \(Conv1D\): groups: tfjs knows no grouped/,
    ],
    [
      "a layer that would heed a mask",
      functional(
        [
          input("x", [null, 4, 2]),
          layer("Masking", "m"),
          layer("Softmax", "y", { config: { axis: 2 }, from: [["m"]] }),
        ],
        "y",
      ),
      /net\/y \(Softmax\): would heed the mask/,
    ],
    [
      "a nested model called on too few values",
      functional(
        [input("x"), { ...functional([input("x"), layer("ELU", "e")], "e"), name: "in", inbound_nodes: [[]] }],
        "in",
      ),
      /do not exist.*in \(call 0\)/,
    ],
  ])("%s", async (_name, topology, message) => {
    const dir = await withTopology(topology);
    const made = readLayersModel(dir).then(genericGraph);
    await expect(made).rejects.toThrow(message);
    await expect(made).rejects.toMatchObject({ tag: "bad-model" });
  });

  test("a weight of more elements than there are bytes, before anything is allocated", async () => {
    const dir = await withTopology(functional([input("x"), layer("ELU", "y")], "y"), [
      { name: "huge", shape: [2 ** 40, 2 ** 40], dtype: "float32" },
    ]);
    await expect(readLayersModel(dir)).rejects.toThrow(/weights\.bin: .*expected .* bytes, got 32 bytes/);
  });

  test("a model.json that unpacks to more than any topology has", async () => {
    const dir = await withTopology({});
    await writeFile(join(dir, "model.json"), gzipSync(new Uint8Array(2 ** 28 + 1), { level: 1 }));
    await expect(readLayersModel(dir)).rejects.toThrow(/longer than 268435456 bytes/);
  });

  test("JSON that is nested without end", async () => {
    const dir = await withTopology({});
    await writeFile(join(dir, "model.json"), `{"modelTopology":${"[".repeat(1e6)}${"]".repeat(1e6)}}`);
    await expect(readLayersModel(dir)).rejects.toMatchObject({ tag: "bad-model" });
  });
});

test("a chain of 5,000 layers is exported", async () => {
  const dir = await withTopology(chain(5000));
  expect(genericGraph(await readLayersModel(dir)).nodes.length).toBeGreaterThan(5000);
});

test("what a file adds to objects stays in the file", async () => {
  const dir = await withTopology(functional([input("x"), layer("ELU", "y")], "y"));
  const path = join(dir, "model.json");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replaceAll('"config":{', '"config":{"__proto__":{"polluted":true},'));
  await readLayersModel(dir).then(genericGraph);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});
