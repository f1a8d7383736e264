import * as core from "@tensorflow/tfjs-core";
import { type LayersModel, loadLayersModel } from "@tensorflow/tfjs-layers";
import type { Topology } from "../../export/lower/topology.ts";
import { AppError } from "../../schemas/errors.ts";
import type { TrainingNet } from "../ort/training-net.ts";
import { type Drawn, DrawnLayer } from "./drawn-layer.ts";
import { kerasTopology } from "./keras-topology.ts";

/** A net as a tfjs LayersModel whose weights are variables; dispose it to free them. */
export interface LayersNet extends Disposable {
  /** By `<layer>/<weight>`. */
  readonly variables: ReadonlyMap<string, core.Variable>;
  /** The prediction `[rows, T]` of z landmarks; `training`: with this step's draws and moments of the batch. */
  readonly predict: (x: core.Tensor, options: { readonly training: boolean }) => core.Tensor;
}

type ModelLayer = LayersModel["layers"][number];

/** Batch normalisation whose moments stay as they are is used as it is served. */
function serveAlways(layer: ModelLayer): void {
  const call = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => call(inputs, { ...kwargs, training: false });
}

const isVariable = (tensor: core.Tensor): tensor is core.Variable => tensor instanceof core.Variable;

/** A layer's variables by `<layer>/<weight>`; a weight's own name may have another layer's before it. */
const variablesOf = (layer: ModelLayer): [string, core.Variable][] =>
  layer.weights.flatMap((weight): [string, core.Variable][] => {
    const value = weight.read();
    return isVariable(value) ? [[`${layer.name}/${weight.originalName.split("/").at(-1) ?? ""}`, value]] : [];
  });

async function load(topology: Topology, { draws }: TrainingNet): Promise<LayersModel> {
  core.serialization.registerClass(DrawnLayer);
  const modelTopology = kerasTopology(topology, draws);
  try {
    return await loadLayersModel({ load: () => Promise.resolve({ modelTopology }) });
  } catch (cause) {
    const got = (cause as Error).message;
    throw new AppError("bad-model", { what: "tfjs cannot make the net", where: topology.name, got }, { cause });
  }
}

/**
 * Makes a net of its topology on the backend in use; its weights are to be assigned.
 * @param drawn Read when a step's forward pass runs.
 * @throws AppError `bad-model` for a net that tfjs cannot make, or makes of other weights.
 */
export async function layersNet(topology: Topology, net: TrainingNet, drawn: Drawn): Promise<LayersNet> {
  const model = await load(topology, net);
  const variables = new Map(model.layers.flatMap(variablesOf));
  const odd = net.parameters.filter(({ name, dims }) => variables.get(name)?.shape.join() !== dims.join());
  if (odd.length > 0 || variables.size !== net.parameters.length) {
    model.dispose();
    throw new AppError("bad-model", {
      what: "tfjs makes other weights of the net than training lowers",
      where: topology.name,
      expected: net.parameters.map(({ name }) => name).join(", "),
      got: [...variables.keys()].join(", "),
    });
  }
  const fixed = new Set(net.parameters.filter(({ role }) => role === "fixed").map(({ name }) => name));
  for (const layer of model.layers) {
    if (layer instanceof DrawnLayer) layer.drawn = drawn;
    if (["mean", "variance"].every((moment) => fixed.has(`${layer.name}/moving_${moment}`))) serveAlways(layer);
  }
  return {
    variables,
    predict: (x, options) => {
      const [prediction] = [model.apply(x, options)].flat();
      if (prediction instanceof core.Tensor) return prediction;
      throw new Error("a net gave no tensor");
    },
    [Symbol.dispose]: () => void model.dispose(),
  };
}
