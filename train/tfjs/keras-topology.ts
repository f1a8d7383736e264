import type { Layer, LayerCall, TensorRef, Topology } from "../../export/lower/topology.ts";
import type { Draw } from "../ort/draw.ts";
import { DrawnLayer } from "./drawn-layer.ts";

/** A layer of a functional model as `model.json` has it, with the inputs of each of its calls. */
interface KerasLayer {
  readonly class_name: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inbound_nodes: readonly (readonly unknown[])[];
}

/** Starting values are given later: drawing them would cost seconds for a large kernel. */
const zeros = { class_name: "Zeros", config: {} };

const callKey = ({ layer, node }: Pick<TensorRef, "layer" | "node">): string => `${layer}:${node}`;

/** The draw of one call of a layer, named as training lowers it (a layer that is shared draws for each call); -1: none. */
const drawOf = (draws: readonly Draw[], { layer, node }: LayerCall): number =>
  draws.findIndex(({ name }) =>
    ["mask", "noise"].some((kind) => name === `${layer}/${kind}${node === 0 ? "" : `_${node}`}`),
  );

/** A draw is told by its number: tfjs rewrites strings in a configuration. */
function drawnLayer(name: string, { config }: Layer, draw: number): Omit<KerasLayer, "inbound_nodes"> {
  const stddev = config["stddev"] === undefined ? {} : { stddev: config["stddev"] };
  return { class_name: DrawnLayer.className, name, config: { name, draw, ...stddev } };
}

function plainLayer({ name, className, config }: Layer): Omit<KerasLayer, "inbound_nodes"> {
  const initial = className === "Dense" ? { kernel_initializer: zeros } : {};
  // What is trained is the job's to say.
  return { class_name: className, name, config: { ...config, ...initial, name, trainable: true } };
}

/**
 * The `modelTopology` of a net for `tf.loadLayersModel`; layers that draw become {@link DrawnLayer}s, one a call.
 * @param draws What the net draws in a step.
 */
export function kerasTopology({ name, layers, calls, inputs, outputs }: Topology, draws: readonly Draw[]): object {
  // Where a call of the topology is in the model: calls that nothing depends on are left out, which renumbers the rest.
  const places = new Map<string, readonly [layer: string, node: number]>();
  const made = new Map<string, KerasLayer & { readonly inbound_nodes: unknown[][] }>();
  const ref = ({ tensor, ...call }: TensorRef): unknown[] => [...(places.get(callKey(call)) ?? []), tensor];
  const given = inputs.map(({ layer, node }): LayerCall => ({ layer, node, inputs: [] }));
  for (const call of [...given, ...calls]) {
    const layer = layers.get(call.layer);
    if (layer === undefined || places.has(callKey(call))) continue;
    const draw = drawOf(draws, call);
    const own = draw < 0 ? call.layer : `${call.layer}_${call.node}_drawn`;
    const keras = made.get(own) ?? {
      ...(draw < 0 ? plainLayer(layer) : drawnLayer(own, layer, draw)),
      inbound_nodes: [],
    };
    places.set(callKey(call), [own, keras.inbound_nodes.length]);
    keras.inbound_nodes.push(call.inputs.map((input) => [...ref(input), {}]));
    made.set(own, keras);
  }
  // An input layer is not called.
  const written = [...made.values()].map((layer) =>
    layer.class_name === "InputLayer" ? { ...layer, inbound_nodes: [] } : layer,
  );
  const config = { name, layers: written, input_layers: inputs.map(ref), output_layers: outputs.map(ref) };
  return { class_name: "Model", config, keras_version: "tfjs-layers 4.22.0", backend: "tensor_flow.js" };
}
