import type { LayerCall, TensorRef, Topology } from "../export/lower/topology.ts";
import { inputName, type LayersModel, layerConfig, readsOf } from "./layers-model.ts";

const first = (layer: string): TensorRef => ({ layer, node: 0, tensor: 0 });

/** The topology that lowering reads of a net; weights are asked for by name. */
export function topologyOf(model: LayersModel): Topology {
  const { name, inputs, layers } = model;
  const config = { batch_input_shape: [null, inputs], dtype: "float32" };
  const stated = layers.map((layer) => ({ name: layer.name, ...layerConfig(layer) }));
  const reads = readsOf(model);
  const calls = layers.map(
    (layer, at): LayerCall => ({ layer: layer.name, node: 0, inputs: (reads[at] ?? []).map(first) }),
  );
  const all = [{ name: inputName, className: "InputLayer", config }, ...stated];
  return {
    name,
    layers: new Map(all.map((layer) => [layer.name, layer])),
    calls,
    inputs: [first(inputName)],
    outputs: [first(layers.at(-1)?.name ?? inputName)],
  };
}
