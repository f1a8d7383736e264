/**
 * The configuration of one model, as Keras writes it: its layers, of which some may be models, and their wiring.
 * @module
 */
import { z } from "zod";
import { AppError } from "../../schemas/index.ts";
import type { Layer, LayerCall, TensorRef } from "../lower/topology.ts";
import { orderCalls } from "./call-order.ts";
import { deepestNesting, mostCalls } from "./limits.ts";

/** A layer, or a model in its place. */
export interface Part {
  readonly layer: Layer;
  readonly model?: ModelConfig;
}

/** One model: parts by name, calls in the order of execution. */
export interface ModelConfig {
  readonly name: string;
  readonly parts: ReadonlyMap<string, Part>;
  readonly calls: readonly LayerCall[];
  readonly inputs: readonly TensorRef[];
  readonly outputs: readonly TensorRef[];
}

/** Names become names of values: no name may be one that objects treat in their own way, or that no one can read. */
const Name = z
  .string()
  .min(1)
  .max(1024)
  .refine((name) => name !== "__proto__" && !/\p{Cc}/u.test(name), "is no name that a layer can have");

const Index = z.number().int().nonnegative();

/** `["dense", 0, 0]`, in inbound nodes with the call's arguments behind. */
const Ref = z
  .tuple([Name, Index, Index])
  .rest(z.unknown())
  .transform(([layer, node, tensor]): TensorRef => ({ layer, node, tensor }));

/** A list of references, or a single one that was not wrapped in a list. */
const Refs = z.union([Ref.transform((ref) => [ref]), z.array(Ref)]);

const Config = z.record(z.string(), z.unknown());

/** What a layer may be configured with: a list for a Sequential model of Keras before 2.2.3. */
const AnyConfig = z.union([Config, z.array(z.unknown()).transform((layers) => ({ layers }))]);

/** A layer of a Sequential model: its name is in its configuration. */
const SequentialLayer = z
  .object({ class_name: z.string(), config: Config.and(z.object({ name: Name })) })
  .transform(({ class_name, config }): Layer => ({ name: config.name, className: class_name, config }));

const FunctionalLayer = z
  .object({ name: Name, class_name: z.string(), config: AnyConfig, inbound_nodes: z.array(Refs).nullish() })
  .transform(({ name, class_name, config, inbound_nodes }) => ({
    layer: { name, className: class_name, config } satisfies Layer,
    inbound: inbound_nodes ?? [],
  }));

const Sequential = z.object({ name: Name.default("sequential"), layers: z.array(SequentialLayer).min(1) });
const Functional = z.object({
  name: Name.default("model"),
  layers: z.array(FunctionalLayer).min(1),
  input_layers: Refs,
  output_layers: Refs,
});

/** Classes that are models. */
const functionalClasses: ReadonlySet<string> = new Set(["Model", "Functional", "LayersModel"]);
const isModel = (className: string): boolean => className === "Sequential" || functionalClasses.has(className);

/** Where a model stands: the file and the models around it, for messages. */
interface Place {
  readonly where: string;
  readonly depth: number;
}

function parsed<T>(schema: z.ZodType<T>, config: unknown, where: string): T {
  const result = schema.safeParse(config);
  if (result.success) return result.data;
  throw new AppError("bad-model", {
    what: "the topology is not that of a Sequential or functional model",
    where,
    examples: result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
  });
}

/** Reads the model where the layer is one. */
function partOf(layer: Layer, { where, depth }: Place): Part {
  if (!isModel(layer.className)) return { layer };
  return { layer, model: modelConfig(layer, { where: `${where}: ${layer.name}`, depth: depth + 1 }) };
}

function byName(parts: readonly Part[], where: string): ReadonlyMap<string, Part> {
  const named = new Map(parts.map((part) => [part.layer.name, part]));
  if (named.size < parts.length) {
    const seen = new Set<string>();
    const examples = parts.map(({ layer }) => layer.name).filter((name) => seen.has(name) || !seen.add(name));
    throw new AppError("bad-model", { what: "layers share a name", where, examples: [...new Set(examples)] });
  }
  return named;
}

const firstOutput = (layer: string): TensorRef => ({ layer, node: 0, tensor: 0 });

/** The input layers that tfjs makes for the first part of a Sequential model: those of a model, or one by its shape. */
function inputLayers({ layer, model }: Part, where: string): readonly Layer[] {
  if (model !== undefined) return model.inputs.flatMap((ref) => model.parts.get(ref.layer)?.layer ?? []);
  const shape = layer.config["batch_input_shape"] ?? layer.config["batch_shape"];
  if (shape === undefined)
    throw new AppError("bad-model", {
      what: `the first layer '${layer.name}' does not state its input shape`,
      where,
      expected: "batch_input_shape",
      advice: "Build the model before saving it: give its first layer an inputShape",
    });
  const name = `${layer.name}_input`;
  const config = { batch_input_shape: shape, dtype: layer.config["dtype"] ?? "float32", name };
  return [{ name, className: "InputLayer", config }];
}

/** A Sequential model as a chain. */
function chain(config: unknown, place: Place): ModelConfig {
  const { name, layers } = parsed(Sequential, config, place.where);
  const own = layers.map((layer) => partOf(layer, place));
  const [first] = own;
  if (first === undefined) throw new AppError("bad-model", { what: "the model has no layers", where: place.where });
  const given = first.layer.className === "InputLayer" ? [] : inputLayers(first, place.where);
  const ends = given.length > 0 ? given : [first.layer];
  const links = given.length > 0 ? own : own.slice(1);
  let before = ends.map((layer) => firstOutput(layer.name));
  const calls: LayerCall[] = before.map(({ layer }) => ({ layer, node: 0, inputs: [] }));
  for (const { layer } of links) {
    calls.push({ layer: layer.name, node: 0, inputs: before });
    before = [firstOutput(layer.name)];
  }
  const parts = byName([...given.map((layer) => ({ layer })), ...own], place.where);
  return { name, parts, calls, inputs: ends.map((layer) => firstOutput(layer.name)), outputs: before };
}

/** A functional model. A model called as a layer has a call 0 of its own, its making: others count from 1. */
function net(config: unknown, place: Place): ModelConfig {
  const { name, layers, input_layers: inputs, output_layers: outputs } = parsed(Functional, config, place.where);
  const parts = layers.map(({ layer }) => partOf(layer, place));
  const calls = layers.flatMap(({ layer, inbound }) => {
    const first = isModel(layer.className) ? 1 : 0;
    return (inbound.length > 0 ? inbound : [[]]).map((refs, i) => ({
      layer: layer.name,
      node: first + i,
      inputs: refs,
    }));
  });
  if (calls.length > mostCalls)
    throw new AppError("bad-model", { what: `more than ${mostCalls} calls of layers`, where: place.where });
  const named = byName(parts, place.where);
  return { name, parts: named, inputs, outputs, calls: orderCalls({ calls, inputs, outputs, where: place.where }) };
}

/**
 * The configuration of a model, and of those within it.
 * @throws AppError `bad-model` for an unknown kind of model, duplicate layer names, references to nothing, cycles, and
 * models that are nested without end.
 */
function modelConfig({ className, config }: Pick<Layer, "className" | "config">, place: Place): ModelConfig {
  if (place.depth > deepestNesting)
    throw new AppError("bad-model", { what: `models are nested more than ${deepestNesting} deep`, where: place.where });
  return className === "Sequential" ? chain(config, place) : net(config, place);
}

const Root = z.object({
  class_name: z.string().refine(isModel, "is not a Sequential or functional model"),
  config: AnyConfig,
});

/**
 * The configuration of a whole file; a Keras file nests it in `model_config`.
 * @throws AppError `bad-model` as {@link modelConfig}.
 */
export function rootConfig(modelTopology: Readonly<Record<string, unknown>>, where: string): ModelConfig {
  const { class_name, config } = parsed(Root, modelTopology["model_config"] ?? modelTopology, where);
  return modelConfig({ className: class_name, config }, { where, depth: 0 });
}
