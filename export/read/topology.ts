import { AppError } from "../../schemas/index.ts";
import type { Layer, LayerCall, TensorRef, Topology } from "../lower/topology.ts";
import { mostCalls } from "./limits.ts";
import { type ModelConfig, rootConfig } from "./model-config.ts";

const key = ({ layer, node }: { readonly layer: string; readonly node: number }): string => `${layer}:${node}`;

/** Layers and calls of the flat net so far. */
interface Unfolding {
  readonly where: string;
  readonly layers: Map<string, Layer>;
  readonly calls: LayerCall[];
  /** How often each layer is called so far, by path. */
  readonly times: Map<string, number>;
  /** Calls of models unfolded: an empty model has no calls of its own. */
  models: number;
}

/** The outputs of one call, as values of the flat net. */
type Outputs = (tensor: number) => TensorRef | undefined;

function requireFew({ models, calls, where }: Unfolding): void {
  if (models + calls.length > mostCalls)
    throw new AppError("bad-model", {
      what: `more than ${mostCalls} calls of layers once its nested models are unfolded`,
      where,
    });
}

/** Adds a call of a layer under its path; a layer that is called again is shared. */
function addCall(unfolding: Unfolding, layer: Layer, inputs: readonly TensorRef[]): Outputs {
  const { layers, calls, times } = unfolding;
  const node = times.get(layer.name) ?? 0;
  times.set(layer.name, node + 1);
  layers.set(layer.name, layer);
  calls.push({ layer: layer.name, node, inputs });
  requireFew(unfolding);
  return (tensor) => ({ layer: layer.name, node, tensor });
}

/** One call of a model: the values given for its inputs, none for the outermost, whose inputs are layers. */
interface ModelCall {
  readonly model: ModelConfig;
  /** Ends in `/`; empty for the outermost. */
  readonly path: string;
  readonly given: readonly TensorRef[] | undefined;
}

function unfold(unfolding: Unfolding, { model, path, given }: ModelCall): readonly TensorRef[] {
  unfolding.models++;
  requireFew(unfolding);
  const made = new Map<string, Outputs>();
  if (given !== undefined) {
    if (given.length !== model.inputs.length)
      throw new AppError("bad-model", {
        what: "a nested model is called on another number of values than it has inputs",
        where: `${unfolding.where}: ${path.slice(0, -1)}`,
        expected: `${model.inputs.length}`,
        got: `${given.length}`,
      });
    for (const [i, ref] of model.inputs.entries()) made.set(key(ref), () => given[i]);
  }
  const valueOf = (ref: TensorRef): TensorRef => {
    const value = made.get(key(ref))?.(ref.tensor);
    if (value !== undefined) return value;
    throw new AppError("bad-model", {
      what: "a nested model has no such output",
      where: `${unfolding.where}: ${path}${ref.layer}`,
      got: `output ${ref.tensor} of call ${ref.node}`,
    });
  };
  for (const call of model.calls) {
    const part = model.parts.get(call.layer);
    if (part === undefined || made.has(key(call))) continue;
    const name = `${path}${call.layer}`;
    const inputs = call.inputs.map(valueOf);
    if (part.model === undefined) {
      made.set(key(call), addCall(unfolding, { ...part.layer, name }, inputs));
    } else {
      const outputs = unfold(unfolding, { model: part.model, path: `${name}/`, given: inputs });
      made.set(key(call), (tensor) => outputs[tensor]);
    }
  }
  return model.outputs.map(valueOf);
}

/**
 * The topology of `model.json`, calls in the order of their execution. Models that are layers of others are unfolded:
 * their layers are named by path, `<model>/<layer>`, and are shared where the model is called several times.
 * @throws AppError `bad-model` for an unknown kind of model, duplicate layer names, references to nothing, cycles, and
 * models that unfold without end.
 */
export function parseTopology(modelTopology: Record<string, unknown>, where: string): Topology {
  const model = rootConfig(modelTopology, where);
  const unfolding: Unfolding = { where, layers: new Map(), calls: [], times: new Map(), models: 0 };
  const outputs = unfold(unfolding, { model, path: "", given: undefined });
  const { layers, calls } = unfolding;
  return { name: model.name, layers, calls, inputs: model.inputs, outputs };
}
