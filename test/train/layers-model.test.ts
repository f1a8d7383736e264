import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { Random } from "../../data/random.ts";
import { type LayersModel, modelJson, parameterCount, weightsOf } from "../../train/layers-model.ts";

const random = new Random(1);
const values = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());

const net: LayersModel = {
  name: "net",
  inputs: 4,
  layers: [
    { kind: "dense", name: "h1", units: 3, activation: "tanh", kernel: values(12), bias: values(3) },
    { kind: "dropout", name: "drop", rate: 0.25 },
    { kind: "dense", name: "targets", units: 2, activation: "linear", kernel: values(6), bias: values(2) },
  ],
};

/** What `tf.loadLayersModel` is given when it reads `model.json` and `weights.bin` from a folder. */
function handlerOf(model: LayersModel): tf.io.IOHandler {
  const json = JSON.parse(modelJson(model, "test")) as tf.io.ModelJSON;
  const weights = weightsOf(model).flatMap((weight) => Array.from(weight.values));
  return {
    load: async () => ({
      modelTopology: json.modelTopology,
      weightSpecs: json.weightsManifest.flatMap((group) => group.weights),
      weightData: Float32Array.from(weights).buffer,
    }),
  };
}

it("is a LayersModel that tfjs loads and predicts the same with", async () => {
  await tf.setBackend("cpu");
  const model = await loadLayersModel(handlerOf(net));
  const x = values(8);
  const predicted = await (model.predict(tf.tensor2d(x, [2, 4])) as tf.Tensor).data();
  const [h1, , out] = net.layers;
  if (h1?.kind !== "dense" || out?.kind !== "dense") throw new Error("layers changed");
  for (let r = 0; r < 2; r++)
    for (let t = 0; t < 2; t++) {
      let sum = out.bias[t] ?? 0;
      for (let h = 0; h < 3; h++) {
        let z = h1.bias[h] ?? 0;
        for (let i = 0; i < 4; i++) z += (x[r * 4 + i] ?? 0) * (h1.kernel[i * 3 + h] ?? 0);
        sum += Math.tanh(z) * (out.kernel[h * 2 + t] ?? 0);
      }
      expect(predicted[r * 2 + t]).toBeCloseTo(sum, 5);
    }
  expect(model.layers.map((layer) => layer.getClassName())).toEqual(["InputLayer", "Dense", "Dropout", "Dense"]);
  expect(model.countParams()).toBe(parameterCount(net));
});

it("writes the same bytes for the same model", () => {
  expect(modelJson(net, "landfall 0.1.0")).toBe(modelJson(net, "landfall 0.1.0"));
});
