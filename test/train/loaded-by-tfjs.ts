import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel, type LayersModel as TfjsModel } from "@tensorflow/tfjs-layers";
import { type LayersModel, modelJson, weightsOf } from "../../train/layers-model.ts";

/** A model as tfjs loads what would be written of it, on its backend in JavaScript; the caller disposes it. */
export async function loadedByTfjs(model: LayersModel): Promise<TfjsModel> {
  await tf.setBackend("cpu");
  const json = JSON.parse(modelJson(model, "test")) as tf.io.ModelJSON;
  return loadLayersModel({
    load: async () => ({
      modelTopology: json.modelTopology,
      weightSpecs: json.weightsManifest.flatMap((group) => group.weights),
      weightData: Float32Array.from(weightsOf(model).flatMap(({ values }) => Array.from(values))).buffer,
    }),
  });
}

/** What tfjs predicts of so many rows `[rows, landmarks]`. */
export async function predictByTfjs(model: LayersModel, x: Float32Array, rows: number): Promise<Float32Array> {
  const loaded = await loadedByTfjs(model);
  const input = tf.tensor2d(x, [rows, x.length / rows]);
  const predicted = (await (loaded.predict(input) as tf.Tensor).data()) as Float32Array;
  loaded.dispose();
  return predicted;
}
