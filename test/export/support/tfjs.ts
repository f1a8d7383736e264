import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as core from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import "@tensorflow/tfjs-backend-cpu";
import { onTestFinished } from "vitest";
import { Random } from "../../../data/random.ts";

await core.setBackend("cpu");

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "landfall-export-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Seeded normal values; positive ones where a layer needs them (variances). */
export function fillWeights(model: tfl.LayersModel, seed = 7): void {
  const random = new Random(seed);
  for (const layer of model.layers) {
    const names = layer.weights.map(({ originalName }) => originalName);
    const tensors = layer.getWeights().map((weight, i) => {
      const positive = names[i]?.endsWith("variance") ?? false;
      const values = Float32Array.from({ length: weight.size }, () => 0.6 * random.normal());
      return core.tensor(positive ? values.map((v) => Math.abs(v) + 0.2) : values, weight.shape);
    });
    layer.setWeights(tensors);
    core.dispose(tensors);
  }
}

/** What tfjs writes for a model: `model.json` and its weights. */
export async function artifactsOf(model: tfl.LayersModel): Promise<core.io.ModelArtifacts> {
  let saved: core.io.ModelArtifacts = {};
  await model.save(
    core.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    }),
  );
  return saved;
}

/** Saves a model as tfjs-node does (one shard) and returns its folder. */
export async function saveModel(model: tfl.LayersModel, dir: string): Promise<string> {
  const { modelTopology, weightSpecs, weightData } = await artifactsOf(model);
  await mkdir(dir, { recursive: true });
  const manifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
  const json = {
    modelTopology,
    format: "layers-model",
    generatedBy: "test",
    convertedBy: null,
    weightsManifest: manifest,
  };
  await writeFile(join(dir, "model.json"), JSON.stringify(json));
  await writeFile(join(dir, "weights.bin"), new Uint8Array(core.io.CompositeArrayBuffer.join(weightData)));
  return dir;
}

/** Loads a saved folder of one shard into tfjs. */
export async function loadModel(dir: string): Promise<tfl.LayersModel> {
  const { modelTopology, weightsManifest } = JSON.parse(await readFile(join(dir, "model.json"), "utf8"));
  const weightData = Uint8Array.from(await readFile(join(dir, "weights.bin"))).buffer;
  return tfl.loadLayersModel({
    load: async () => ({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData }),
  });
}

/** Seeded normal rows. */
export function normalRows(dims: readonly number[], seed = 3, sd = 2): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => sd * random.normal());
}

/** tfjs' own answers on its JavaScript backend. */
export function predict(model: tfl.LayersModel, inputs: readonly { dims: readonly number[]; data: Float32Array }[]) {
  const results: { dims: number[]; data: Float32Array }[] = [];
  core.tidy(() => {
    const tensors = inputs.map(({ dims, data }) => core.tensor(data, [...dims]));
    for (const output of [model.predict(tensors, { batchSize: inputs[0]?.dims[0] ?? 1 })].flat())
      results.push({ dims: output.shape, data: Float32Array.from(output.dataSync()) });
  });
  return results;
}

export { core, tfl };
