import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { io } from "@tensorflow/tfjs-core";
import { AppError, codeVersion } from "../schemas/index.ts";

/** A model in memory, as `tf.LayersModel` is one: what its `save` gives is exported. It stays the caller's. */
export interface LiveModel {
  save(handler: io.IOHandler): Promise<unknown>;
}

async function artifactsOf(model: LiveModel): Promise<io.ModelArtifacts> {
  let saved: io.ModelArtifacts | undefined;
  await model.save({
    save: async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    },
  });
  if (saved?.modelTopology !== undefined) return saved;
  throw new AppError("bad-model", {
    what: "the model gave nothing to save",
    advice: "Give a tf.LayersModel, or the folder of a saved one",
  });
}

/**
 * Saves a model into a temporary folder as tfjs-node does (`model.json`, `weights.bin`), hands the folder to `use`, and
 * removes it.
 * @throws AppError `bad-model` when the model gives nothing to save.
 */
export async function withSavedModel<T>(model: LiveModel, use: (dir: string) => Promise<T>): Promise<T> {
  const { modelTopology, weightSpecs, weightData = new ArrayBuffer(0) } = await artifactsOf(model);
  const dir = await mkdtemp(join(tmpdir(), "landfall-model-"));
  try {
    const weights = weightSpecs ?? [];
    const generatedBy = `landfall ${codeVersion}`;
    const weightsManifest = [{ paths: ["weights.bin"], weights }];
    const json = { modelTopology, format: "layers-model", generatedBy, convertedBy: null, weightsManifest };
    await writeFile(join(dir, "model.json"), JSON.stringify(json));
    await writeFile(
      join(dir, "weights.bin"),
      [weightData].flat().map((buffer) => new Uint8Array(buffer)),
    );
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
