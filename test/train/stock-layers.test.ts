import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { parseTopology } from "../../export/read/topology.ts";
import { openSession } from "../../runtime/node/open.ts";
import { type LayersModel, modelJson, parameterCount, weightsByName, withWeights } from "../../train/layers-model.ts";
import { openPrediction } from "../../train/ort/net-sessions.ts";
import * as layers from "../../train/stock-layers.ts";
import { topologyOf } from "../../train/topology.ts";
import { loadedByTfjs } from "./loaded-by-tfjs.ts";
import { distance, normals } from "./ort/nets.ts";

const at = (name: string, ...reads: string[]) => ({ name, reads });

/** A net with every maker of layers in it, and branches. */
const net: LayersModel = {
  name: "branches",
  inputs: 4,
  layers: [
    layers.affineFeatures(at("weighed", "landmarks"), { scale: [1, 2, 0.5, -1], offset: [0, 1, 2, 3] }),
    layers.layerNormalization(at("direction", "weighed"), 4, 1e-6),
    layers.dense(at("left", "direction"), { kernel: normals(12, 1), units: 3, bias: normals(3, 2), activation: "elu" }),
    layers.dense(at("right", "landmarks"), { kernel: normals(12, 3), units: 3 }),
    layers.multiply(at("product", "left", "right")),
    layers.leakyRelu(at("leaky", "product"), 0.2),
    layers.prelu(at("learned", "right"), 3, 0.25),
    layers.batchNormalization(at("normal", "learned"), 3),
    layers.dropout(at("dropped", "normal"), 0.5),
    layers.activationLayer(at("swish", "dropped"), "swish"),
    layers.average(at("mean", "leaky", "swish")),
    layers.add(at("sum", "mean", "right")),
    layers.concatenate(at("both", "sum", "landmarks")),
  ],
};

it("are layers that tfjs loads, wired as the names say, and predicts the same with", async () => {
  // Normalisations with other weights than their first ones.
  const weights = new Map(
    [...weightsByName(net)].map(([name, { length }], i) => [name, normals(length, 20 + i).map(Math.abs)]),
  );
  const model = withWeights(net, weights);
  const loaded = await loadedByTfjs(model);
  expect(loaded.countParams()).toBe(parameterCount(model));
  const x = normals(5 * 4, 9);
  const byTfjs = await (loaded.predict(tf.tensor2d(x, [5, 4])) as tf.Tensor).data();
  const { session, predictZ } = await openPrediction(openSession, topologyOf(model), weightsByName(model));
  expect(distance(await predictZ(x, 5), byTfjs)).toBeLessThan(1e-5);
  await session[Symbol.asyncDispose]();
});

it("are read from the file with the same wiring as they are trained with", () => {
  const json = JSON.parse(modelJson(net, "test")) as { modelTopology: Record<string, unknown> };
  const read = parseTopology(json.modelTopology, "model.json");
  const own = topologyOf(net);
  expect(read.outputs).toEqual(own.outputs);
  expect(read.inputs).toEqual(own.inputs);
  const wiring = (topology: typeof own) =>
    new Map(topology.calls.filter(({ layer }) => layer !== "landmarks").map(({ layer, inputs }) => [layer, inputs]));
  expect(wiring(read)).toEqual(wiring(own));
  for (const { name } of net.layers) expect(read.layers.get(name)).toMatchObject(own.layers.get(name) ?? {});
});

it("are features times scale plus offset, exactly as an affine map says", async () => {
  const affine = layers.affineFeatures(at("affine", "landmarks"), { scale: [1, -2], offset: [3, 0.5] });
  const model: LayersModel = { name: "affine", inputs: 2, layers: [affine] };
  const { session, predictZ } = await openPrediction(openSession, topologyOf(model), weightsByName(model));
  expect(distance(await predictZ(Float32Array.of(1, 2, -4, 8), 2), [4, -3.5, -1, -15.5])).toBeLessThan(1e-5);
  await session[Symbol.asyncDispose]();
});
