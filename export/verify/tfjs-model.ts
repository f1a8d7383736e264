import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostTensor } from "../../runtime/session.ts";
import { AppError, isAppError } from "../../schemas/index.ts";
import { readModelJson } from "../read/model-json.ts";

/** A model in tfjs itself: the oracle of an export. */
export interface TfjsModel {
  /** Runs the net on one batch, inputs and outputs in the model's order; float32 outputs belong to the caller. */
  predict(inputs: readonly HostTensor[]): readonly HostTensor[];
}

/** tfjs' own format of a model in memory; its decoder reads the weights, so it checks ours too. */
async function artifactsOf(dir: string): Promise<object> {
  const { modelTopology, weightsManifest } = await readModelJson(dir);
  const shards = weightsManifest.flatMap(({ paths }) => paths);
  const weightData = await Promise.all(
    shards.map(async (path) => {
      const { buffer, byteOffset, byteLength } = await readFile(join(dir, path));
      // A small file lies in a buffer that Node shares; a large one owns its own and need not be copied.
      return buffer.byteLength === byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
    }),
  );
  return { modelTopology, weightSpecs: weightsManifest.flatMap(({ weights }) => weights), weightData };
}

async function loadTfjs() {
  const [core, layers] = await Promise.all([
    import("@tensorflow/tfjs-core"),
    import("@tensorflow/tfjs-layers"),
    import("@tensorflow/tfjs-backend-wasm"),
  ]);
  return { core, layers };
}

type Tfjs = Awaited<ReturnType<typeof loadTfjs>>;

function modelOf({ core }: Tfjs, model: Awaited<ReturnType<Tfjs["layers"]["loadLayersModel"]>>): TfjsModel {
  return {
    predict: (inputs) => {
      const results: HostTensor[] = [];
      core.tidy(() => {
        const tensors = inputs.map(({ type, dims, data }) =>
          type === "int32"
            ? core.tensor(data, [...dims], "int32")
            : core.tensor(Float32Array.from(data, Number), [...dims], "float32"),
        );
        const outputs = [model.predict(tensors, { batchSize: tensors[0]?.shape[0] ?? 1 })].flat();
        for (const output of outputs)
          results.push({ type: "float32", dims: output.shape, data: Float32Array.from(output.dataSync()) });
      });
      return results;
    },
  };
}

async function loadModel({ layers }: Tfjs, dir: string) {
  try {
    const artifacts = await artifactsOf(dir);
    return await layers.loadLayersModel({ load: async () => artifacts });
  } catch (cause) {
    if (isAppError(cause)) throw cause;
    throw new AppError(
      "bad-model",
      {
        what: "tfjs cannot load the model, so the export cannot be verified",
        where: dir,
        got: (cause as Error).message,
      },
      { cause },
    );
  }
}

/**
 * Loads the folder's model into tfjs (its WebAssembly backend: 15 times faster than the JavaScript one), hands it to
 * `use`, and frees it. The backend in use before is restored.
 * @throws AppError `bad-model` when tfjs cannot load the model, `internal` when tensors are left behind.
 */
export async function withTfjsModel<T>(dir: string, use: (model: TfjsModel) => Promise<T>): Promise<T> {
  const tfjs = await loadTfjs();
  const { core } = tfjs;
  const before = core.engine().backendName;
  await core.setBackend("wasm");
  const tensors = core.memory().numTensors;
  try {
    const model = await loadModel(tfjs, dir);
    let result: T;
    try {
      result = await use(modelOf(tfjs, model));
    } finally {
      model.dispose();
    }
    const left = core.memory().numTensors - tensors;
    if (left !== 0) throw new AppError("internal", { what: "tfjs tensors leaked during verification", got: `${left}` });
    return result;
  } finally {
    if (before) await core.setBackend(before);
  }
}
