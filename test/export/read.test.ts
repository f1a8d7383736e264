/** Reading a tfjs folder without tfjs; the oracle of weights is tfjs' own decoder. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type LayersModel, readLayersModel } from "../../export/read/layers-model.ts";
import { valuesOf } from "../../export/read/weight-data.ts";
import { artifactsOf, core, fillWeights, saveModel, temporaryFolder, tfl } from "./support/tfjs.ts";

type Json = Record<string, unknown>;

/** A group of the weights manifest, open to damage. */
interface Group {
  paths: string[];
  weights: Json[];
}

/** `model.json`, open to damage. */
interface ModelFile extends Json {
  modelTopology: { config: Json; [key: string]: unknown };
  weightsManifest: [Group, ...Group[]];
}

/** The first weight's entry. */
const firstWeight = ({ weightsManifest: [{ weights }] }: ModelFile): Json => weights[0] ?? {};

const values = ({ weights }: Pick<LayersModel, "weights">, name: string): Float32Array => {
  const weight = weights.get(name);
  if (weight === undefined) throw new Error(`no weight ${name}`);
  return valuesOf(weight);
};

/** What is comparable of a model as read: weights by value. */
const contentOf = (model: LayersModel) => ({
  ...model,
  label: "",
  weights: new Map([...model.weights].map(([name, weight]) => [name, [weight.dims, valuesOf(weight)]])),
});

/** Two Dense calls that share a layer, and two outputs. */
function sharedModel(): tfl.LayersModel {
  const x = tfl.input({ shape: [4], name: "X" });
  const shared = tfl.layers.dense({ units: 4, name: "Shared" });
  const once = shared.apply(x) as tfl.SymbolicTensor;
  const twice = shared.apply(once) as tfl.SymbolicTensor;
  const sum = tfl.layers.add({ name: "sumUp" }).apply([once, twice]) as tfl.SymbolicTensor;
  const model = tfl.model({ inputs: x, outputs: [sum, twice], name: "net" });
  fillWeights(model);
  return model;
}

async function saved(): Promise<string> {
  return saveModel(sharedModel(), join(await temporaryFolder(), "tfjs"));
}

/** Saves the model, lets `change` edit model.json, and returns the folder. */
async function edited(change: (json: ModelFile) => void): Promise<string> {
  const dir = await saved();
  const path = join(dir, "model.json");
  const json = JSON.parse(await readFile(path, "utf8")) as ModelFile;
  change(json);
  await writeFile(path, JSON.stringify(json));
  return dir;
}

const layersOf = (json: ModelFile): Json[] => json.modelTopology.config["layers"] as Json[];

describe("a LayersModel's topology", () => {
  test("is read with its calls in the order of execution", async () => {
    const { name, calls, inputs, outputs, layers } = await readLayersModel(await saved());
    expect(name).toBe("net");
    expect(calls.map(({ layer, node }) => `${layer}:${node}`)).toEqual(["X:0", "Shared:0", "Shared:1", "sumUp:0"]);
    expect(inputs).toEqual([{ layer: "X", node: 0, tensor: 0 }]);
    expect(outputs.map(({ layer, node }) => `${layer}:${node}`)).toEqual(["sumUp:0", "Shared:1"]);
    expect(layers.get("Shared")?.className).toBe("Dense");
  });

  test("may be nested in model_config, and references may stand without their list", async () => {
    const plain = await readLayersModel(await saved());
    const nested = await edited((json) => {
      const call = layersOf(json)[1]?.["inbound_nodes"] as unknown[][];
      call[0] = call[0]?.[0] as unknown[];
      json.modelTopology.config["input_layers"] = ["X", 0, 0];
      json.modelTopology = {
        keras_version: "2.4.0",
        model_config: json.modelTopology,
      } as unknown as ModelFile["modelTopology"];
    });
    expect(contentOf(await readLayersModel(nested))).toEqual(contentOf(plain));
  });

  test("of a Sequential model gets the input layer that tfjs would make", async () => {
    const model = tfl.sequential({
      name: "seq",
      layers: [tfl.layers.dense({ units: 2, inputShape: [3], name: "only" })],
    });
    const { inputs, calls } = await readLayersModel(await saveModel(model, join(await temporaryFolder(), "tfjs")));
    model.predict(core.zeros([1, 3]));
    expect(inputs.map(({ layer }) => layer)).toEqual(model.inputNames);
    expect(calls.map(({ layer }) => layer)).toEqual(["only_input", "only"]);
  });

  test("is read from a gzip-ed model.json", async () => {
    const dir = await saved();
    const plain = await readLayersModel(dir);
    await writeFile(join(dir, "model.json"), gzipSync(await readFile(join(dir, "model.json"))));
    expect(contentOf(await readLayersModel(dir))).toEqual(contentOf(plain));
  });
});

describe("weights", () => {
  test("equal tfjs' own, whatever the shards", async () => {
    const dir = await saved();
    const [kernel, bias] = sharedModel().getWeights();
    const bytes = await readFile(join(dir, "weights.bin"));
    const json = JSON.parse(await readFile(join(dir, "model.json"), "utf8")) as ModelFile;
    for (const cuts of [
      [0, 80],
      [0, 1, 63, 64, 79, 80],
      [0, 0, 17, 80, 80],
    ]) {
      const paths = cuts.slice(1).map((_, i) => `group1-shard${i + 1}of${cuts.length - 1}`);
      for (const [i, path] of paths.entries()) await writeFile(join(dir, path), bytes.subarray(cuts[i], cuts[i + 1]));
      json.weightsManifest[0] = { paths, weights: json.weightsManifest[0].weights };
      await writeFile(join(dir, "model.json"), JSON.stringify(json));
      const model = await readLayersModel(dir);
      expect(model.weights.get("Shared/kernel")?.dims).toEqual([4, 4]);
      expect(values(model, "Shared/kernel")).toEqual(kernel?.dataSync());
      const part = new Float32Array(6);
      model.weights.get("Shared/kernel")?.read(3, part);
      expect(part).toEqual(kernel?.dataSync().slice(3, 9));
      expect(values(model, "Shared/bias")).toEqual(bias?.dataSync());
    }
  });

  test.each([
    ["uint8", new Uint8Array([0, 7, 255]), { dtype: "uint8", scale: 0.013, min: -1.7 }],
    ["uint16", new Uint8Array([0, 0, 7, 1, 255, 255]), { dtype: "uint16", scale: 1.3e-4, min: -1.7 }],
    ["float16", new Uint8Array([0, 0x3c, 0x01, 0x80, 0xff, 0x7b]), { dtype: "float16" }],
  ])("quantised to %s are what tfjs decodes", async (_name, bytes, quantization) => {
    const entry = { name: "Shared/odd", shape: [3], dtype: "float32", quantization };
    const dir = await edited((json) => json.weightsManifest.push({ paths: ["odd.bin"], weights: [entry] }));
    await writeFile(join(dir, "odd.bin"), bytes);
    const model = await readLayersModel(dir);
    const specs = [entry] as unknown as core.io.WeightsManifestEntry[];
    const oracle = core.io.decodeWeights(bytes.slice().buffer, specs)["Shared/odd"];
    expect(Array.from(values(model, "Shared/odd"))).toEqual(Array.from(oracle?.dataSync() ?? []));
  });

  test("of an int32 or bool kind become float32, and the optimiser's state is left out", async () => {
    const weights = [
      { name: "flag", shape: [2], dtype: "bool" },
      { name: "state", shape: [1], dtype: "float32", group: "optimizer" },
      { name: "whole", shape: [1], dtype: "int32" },
    ];
    const dir = await edited((json) => json.weightsManifest.push({ paths: ["more.bin"], weights }));
    await writeFile(join(dir, "more.bin"), new Uint8Array([0, 1, 9, 9, 9, 9, 0xfe, 0xff, 0xff, 0xff]));
    const model = await readLayersModel(dir);
    expect(values(model, "flag")).toEqual(new Float32Array([0, 1]));
    expect(values(model, "whole")).toEqual(new Float32Array([-2]));
    expect(model.weights.has("state")).toBe(false);
  });
});

describe("a damaged folder is refused by name", () => {
  test.each<[string, (json: ModelFile) => void, RegExp]>([
    [
      "duplicate layer names",
      (json) => layersOf(json).push({ ...layersOf(json)[1], class_name: "Dense" }),
      /layers share a name.*Shared/,
    ],
    [
      "a reference to nothing",
      (json) => (json.modelTopology.config["output_layers"] = [["gone", 0, 0]]),
      /do not exist.*gone/,
    ],
    [
      "a cycle",
      (json) => ((layersOf(json)[1] as Json)["inbound_nodes"] = [[["sumUp", 0, 0, {}]], [["Shared", 0, 0, {}]]]),
      /cycle.*Shared.*→/,
    ],
    ["an unknown type", (json) => (firstWeight(json)["dtype"] = "complex64"), /weightsManifest\.0\.weights\.0\.dtype/],
    [
      "a path out of the folder",
      (json) => (json.weightsManifest[0].paths = ["../weights.bin"]),
      /leads out of the model's folder/,
    ],
    [
      "a missing shard",
      (json) => (json.weightsManifest[0].paths = ["weights.bin", "gone.bin"]),
      /gone\.bin: a weight file/,
    ],
    [
      "too few bytes",
      (json) => (firstWeight(json)["shape"] = [5, 4]),
      /weights\.bin: .*expected 96 bytes, got 80 bytes/,
    ],
    ["too many bytes", (json) => void json.weightsManifest[0].weights.pop(), /expected 64 bytes, got 80 bytes/],
    [
      "a weight stored twice",
      (json) => void json.weightsManifest.push(json.weightsManifest[0]),
      /'Shared\/kernel' is stored twice/,
    ],
    [
      "quantisation without a scale",
      (json) =>
        void json.weightsManifest.push({
          paths: ["q.bin"],
          weights: [{ name: "q", shape: [0], dtype: "float32", quantization: { dtype: "uint8" } }],
        }),
      /weights\.0\.quantization\.scale/,
    ],
    ["a graph model", (json) => (json["format"] = "graph-model"), /'graph-model'.*Save the tf\.LayersModel/],
    ["another kind of model", (json) => (json.modelTopology["class_name"] = "Estimator"), /Sequential or functional/],
  ])("%s", async (_name, change, message) => {
    const dir = await edited(change);
    await writeFile(join(dir, "q.bin"), "");
    await expect(readLayersModel(dir)).rejects.toThrow(message);
    await expect(readLayersModel(dir)).rejects.toMatchObject({ tag: "bad-model" });
  });

  test("a model.json that is not JSON", async () => {
    const dir = await saved();
    await writeFile(join(dir, "model.json"), "{");
    await expect(readLayersModel(dir)).rejects.toMatchObject({ tag: "bad-model" });
  });

  test("a folder without a model", async () => {
    const dir = await saved();
    await rm(join(dir, "model.json"));
    await expect(readLayersModel(dir)).rejects.toMatchObject({ tag: "no-input" });
  });

  test("a first layer that does not state its shape", async () => {
    const model = tfl.sequential({
      name: "seq",
      layers: [tfl.layers.dense({ units: 2, inputShape: [3], name: "only" })],
    });
    const { modelTopology } = await artifactsOf(model);
    const dir = await edited((json) => {
      json.modelTopology = JSON.parse(
        JSON.stringify(modelTopology).replace(/"batch_input_shape":\[null,3\],/, ""),
      ) as ModelFile["modelTopology"];
    });
    await expect(readLayersModel(dir)).rejects.toThrow(/'only' does not state its input shape/);
  });
});
