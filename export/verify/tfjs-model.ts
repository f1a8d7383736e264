import type { HostTensor } from "../../runtime/session.ts";
import { AppError, isAppError } from "../../schemas/index.ts";
import { readModelJson } from "../read/model-json.ts";
import { openShards } from "../read/shards.ts";
import { registerOracleLayers } from "./oracle-layers.ts";
import { oracleTopology } from "./oracle-topology.ts";

/** A model in tfjs itself: the oracle of an export. */
export interface TfjsModel {
  /** Runs the net on one batch, inputs and outputs in the model's order; float32 outputs belong to the caller. */
  predict(inputs: readonly HostTensor[]): readonly HostTensor[];
}

/** tfjs' own format of a model in memory; its decoder reads the weights, so it checks ours too. */
async function artifactsOf(dir: string): Promise<object> {
  const { modelTopology, weightsManifest } = await readModelJson(dir);
  const shards = (await Promise.all(weightsManifest.map((group) => openShards(dir, group)))).flat();
  // All in one: tfjs loses what lies behind a first shard that is smaller than the last (`CompositeArrayBuffer`).
  const weightData = new ArrayBuffer(shards.reduce((sum, { bytes }) => sum + bytes, 0));
  let start = 0;
  for (const { bytes, read } of shards) {
    read(0, new Uint8Array(weightData, start, bytes));
    start += bytes;
  }
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  return { modelTopology: oracleTopology(modelTopology), weightSpecs, weightData };
}

async function loadTfjs() {
  const [core, layers] = await Promise.all([
    import("@tensorflow/tfjs-core"),
    import("@tensorflow/tfjs-layers"),
    import("@tensorflow/tfjs-backend-wasm"),
    import("@tensorflow/tfjs-backend-cpu"),
  ]);
  registerOracleLayers(core);
  return { core, layers };
}

type Tfjs = Awaited<ReturnType<typeof loadTfjs>>;
type LayersModel = Awaited<ReturnType<Tfjs["layers"]["loadLayersModel"]>>;

/** tfjs' own errors about a model, with what it was doing. */
function tfjsFailed(what: string, dir: string, cause: unknown): AppError {
  const got = (cause as Error).message;
  return new AppError("bad-model", { what: `${what}, so the export cannot be verified`, where: dir, got }, { cause });
}

function predicting({ core }: Tfjs, model: LayersModel): TfjsModel["predict"] {
  return (inputs) => {
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
  };
}

/** One sample of zeros for every input. */
function zeros(model: LayersModel): HostTensor[] {
  return model.inputs.map(({ shape, dtype }) => {
    const dims = [1, ...shape.slice(1).map(Number)];
    const length = dims.reduce((product, size) => product * size, 1);
    return dtype === "int32"
      ? { type: "int32", dims, data: new Int32Array(length) }
      : { type: "float32", dims, data: new Float32Array(length) };
  });
}

/** Leaves the WebAssembly backend for the JavaScript one where it lacks an operator of the model: tried on zeros. */
async function chooseBackend({ core }: Tfjs, predict: TfjsModel["predict"], sample: readonly HostTensor[]) {
  try {
    predict(sample);
  } catch (error) {
    if (!/not registered for the backend/.test((error as Error).message)) throw error;
    await core.setBackend("cpu");
  }
}

/** Frees a model; its own `dispose` counts the calls of a layer and leaves those alone that had several. */
function free(model: LayersModel): void {
  const variables = model.weights.map((weight) => weight.read());
  model.dispose();
  for (const variable of variables) if (!variable.isDisposed) variable.dispose();
}

async function modelOf(tfjs: Tfjs, model: LayersModel, dir: string): Promise<TfjsModel> {
  const predict = predicting(tfjs, model);
  const translated = (cause: unknown): AppError => tfjsFailed("tfjs cannot run the model", dir, cause);
  await chooseBackend(tfjs, predict, zeros(model)).catch((cause: unknown) => {
    throw translated(cause);
  });
  return {
    predict: (inputs) => {
      try {
        return predict(inputs);
      } catch (cause) {
        throw translated(cause);
      }
    },
  };
}

async function loadModel({ layers }: Tfjs, dir: string): Promise<LayersModel> {
  try {
    const artifacts = await artifactsOf(dir);
    return await layers.loadLayersModel({ load: async () => artifacts });
  } catch (cause) {
    if (isAppError(cause)) throw cause;
    throw tfjsFailed("tfjs cannot load the model", dir, cause);
  }
}

/**
 * Loads the folder's model into tfjs (its WebAssembly backend: 15 times faster than the JavaScript one, which takes
 * over where that lacks an operator), hands it to `use`, and frees it. The backend in use before is restored.
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
      result = await use(await modelOf(tfjs, model, dir));
    } finally {
      free(model);
    }
    const left = core.memory().numTensors - tensors;
    if (left !== 0) throw new AppError("internal", { what: "tfjs tensors leaked during verification", got: `${left}` });
    return result;
  } finally {
    if (before) await core.setBackend(before);
  }
}
