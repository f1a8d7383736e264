import type { Layer, LayerCall, TensorRef, Topology } from "../../export/lower/topology.ts";
import type { LayersModel } from "../layers-model.ts";

const inputName = "landmarks";
const first = (layer: string): TensorRef => ({ layer, node: 0, tensor: 0 });

/** The topology that lowering reads of a net whose layers follow one another; weights are asked for by name. */
export function chainTopology({ name, inputs, layers }: LayersModel): Topology {
  const input: Layer = {
    name: inputName,
    className: "InputLayer",
    config: { batch_input_shape: [null, inputs], dtype: "float32" },
  };
  const chain = layers.map((layer): Layer => {
    if (layer.kind === "dropout") return { name: layer.name, className: "Dropout", config: { rate: layer.rate } };
    const { units, activation } = layer;
    return { name: layer.name, className: "Dense", config: { units, activation, use_bias: true } };
  });
  const names = [inputName, ...chain.map((layer) => layer.name)];
  return {
    name,
    layers: new Map([input, ...chain].map((layer) => [layer.name, layer])),
    calls: chain.map((layer, at): LayerCall => ({ layer: layer.name, node: 0, inputs: [first(names[at] ?? "")] })),
    inputs: [first(inputName)],
    outputs: [first(names.at(-1) ?? "")],
  };
}
