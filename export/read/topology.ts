import { z } from "zod";
import { AppError } from "../../schemas/index.ts";
import type { Layer, LayerCall, TensorRef, Topology } from "../lower/topology.ts";
import { orderCalls } from "./call-order.ts";

/** `["dense", 0, 0]`, in inbound nodes with the call's arguments behind. */
const Ref = z
  .tuple([z.string(), z.number().int().nonnegative(), z.number().int().nonnegative()])
  .rest(z.unknown())
  .transform(([layer, node, tensor]): TensorRef => ({ layer, node, tensor }));

/** A list of references, or a single one that was not wrapped in a list. */
const Refs = z.union([Ref.transform((ref) => [ref]), z.array(Ref)]);

const Config = z.record(z.string(), z.unknown());

/** A layer of a Sequential model: its name is in its configuration. */
const SequentialLayer = z
  .object({ class_name: z.string(), config: Config.and(z.object({ name: z.string().min(1) })) })
  .transform(({ class_name, config }): Layer => ({ name: config.name, className: class_name, config }));

const FunctionalLayer = z
  .object({ name: z.string().min(1), class_name: z.string(), config: Config, inbound_nodes: z.array(Refs).default([]) })
  .transform(({ name, class_name, config, inbound_nodes }) => ({
    layer: { name, className: class_name, config } satisfies Layer,
    inbound: inbound_nodes,
  }));

const ModelConfig = z.discriminatedUnion("class_name", [
  z.object({
    class_name: z.literal("Sequential"),
    // Keras before 2.2.3 wrote the bare list.
    config: z.union([
      z.object({ name: z.string().default("sequential"), layers: z.array(SequentialLayer).min(1) }),
      z
        .array(SequentialLayer)
        .min(1)
        .transform((layers) => ({ name: "sequential", layers })),
    ]),
  }),
  z.object({
    class_name: z.enum(["Model", "Functional", "LayersModel"]),
    config: z.object({
      name: z.string().default("model"),
      layers: z.array(FunctionalLayer).min(1),
      input_layers: Refs,
      output_layers: Refs,
    }),
  }),
]);

type Wired = Omit<Topology, "layers" | "calls"> & { readonly layers: readonly Layer[]; readonly calls: LayerCall[] };

/** A Sequential model as a chain; tfjs makes its input layer from the first layer's batch shape and names it so. */
function chain(name: string, layers: readonly Layer[], where: string): Wired {
  const [first] = layers;
  if (first === undefined) throw new AppError("bad-model", { what: "the model has no layers", where });
  const shape = first.config["batch_input_shape"];
  if (shape === undefined)
    throw new AppError("bad-model", {
      what: `the first layer '${first.name}' does not state its input shape`,
      where,
      expected: "batch_input_shape",
      advice: "Build the model before saving it: give its first layer an inputShape",
    });
  const given: Layer = {
    name: `${first.name}_input`,
    className: "InputLayer",
    config: { batch_input_shape: shape, dtype: first.config["dtype"] ?? "float32", name: `${first.name}_input` },
  };
  const all = first.className === "InputLayer" ? layers : [given, ...layers];
  const calls = all.map(({ name: layer }, i): LayerCall => {
    const before = all[i - 1];
    return { layer, node: 0, inputs: before === undefined ? [] : [{ layer: before.name, node: 0, tensor: 0 }] };
  });
  const end = (layer: Layer | undefined): TensorRef[] => (layer ? [{ layer: layer.name, node: 0, tensor: 0 }] : []);
  return { name, layers: all, calls, inputs: end(all[0]), outputs: end(all.at(-1)) };
}

function parseConfig(modelTopology: Record<string, unknown>, where: string): Wired {
  // A whole Keras file nests the model; tfjs' own files do not.
  const parsed = ModelConfig.safeParse(modelTopology["model_config"] ?? modelTopology);
  if (!parsed.success)
    throw new AppError("bad-model", {
      what: "the topology is not that of a Sequential or functional model",
      where,
      examples: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
    });
  if (parsed.data.class_name === "Sequential") return chain(parsed.data.config.name, parsed.data.config.layers, where);
  const { name, layers, input_layers: inputs, output_layers: outputs } = parsed.data.config;
  const calls = layers.flatMap(({ layer, inbound }) =>
    (inbound.length > 0 ? inbound : [[]]).map((refs, node) => ({ layer: layer.name, node, inputs: refs })),
  );
  return { name, layers: layers.map(({ layer }) => layer), calls, inputs, outputs };
}

/**
 * The topology of `model.json`, calls in the order of their execution.
 * @throws AppError `bad-model` for an unknown kind of model, duplicate layer names, references to nothing, and cycles.
 */
export function parseTopology(modelTopology: Record<string, unknown>, where: string): Topology {
  const { name, layers, calls, inputs, outputs } = parseConfig(modelTopology, where);
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  if (byName.size < layers.length) {
    const names = layers.map((layer) => layer.name);
    const examples = [...new Set(names.filter((layer, i) => names.indexOf(layer) < i))];
    throw new AppError("bad-model", { what: "layers share a name", where, examples });
  }
  return { name, layers: byName, calls: orderCalls({ calls, inputs, outputs, where }), inputs, outputs };
}
