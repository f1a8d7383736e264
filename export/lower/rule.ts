/**
 * What a lowering rule is: a pure function from a layer's configuration and input values to output values, which adds
 * plain `ai.onnx` operators to a builder. One lowering serves export and training.
 * @module
 */
import type { z } from "zod";
import type { GraphBuilder } from "../../onnx/builder.ts";
import type { Dim } from "../../onnx/graph.ts";
import { AppError } from "../../schemas/index.ts";

/** `infer` is the served net; `train` the one whose loss is minimised (dropout drops, batch statistics are used). */
export type Mode = "infer" | "train";

/** How a Dense kernel lies: tfjs' `[in, out]`, or `[out, in]`, whose rows are single outputs. */
export type KernelLayout = "in-out" | "out-in";

/** What a rule works with while it lowers one call of a layer. */
export interface LowerContext {
  /** Scoped to the layer: names begin with `<layer>/`. */
  readonly builder: GraphBuilder;
  /**
   * The value that holds a weight: an initializer when exporting, a graph input when training.
   * `dims` are the ones that the layer needs, in tfjs' order; a kernel asked for as `out-in` comes transposed.
   * @throws AppError `bad-model` when there is no such weight or it has other dims.
   */
  readonly weight: (name: string, dims: readonly number[], layout?: KernelLayout) => string;
  /** How this layer's kernel is to be stored, where it has one that can be stored either way. */
  readonly kernelLayout: KernelLayout;
}

/** Lowers one call: value names in, value names out. */
export type Rule<Config> = (config: Config, inputs: readonly string[], context: LowerContext) => readonly string[];

/** Written in a table where there is no rule, with the reason that the user gets to read. */
export interface NotLowered {
  readonly notLowered: string;
}

/** Marks a combination of layer and mode that has no rule. */
export function notLowered(reason: string): NotLowered {
  return { notLowered: reason };
}

/** A layer class: the schema of the configuration fields that change its result, and a rule for each mode. */
export interface LayerDefinition<Schema extends z.ZodType> {
  readonly config: Schema;
  readonly infer: Rule<z.infer<Schema>>;
  readonly train: Rule<z.infer<Schema>> | NotLowered;
}

/** A rule with its configuration filled in. */
export type BoundRule = (inputs: readonly string[], context: LowerContext) => readonly string[];

/** A layer class as the registry holds it: binds a configuration, or says in words why it cannot be lowered. */
export type LayerRules = (config: unknown, mode: Mode) => BoundRule | NotLowered;

/** Makes a registry entry of a definition. */
export function defineLayer<Schema extends z.ZodType>(definition: LayerDefinition<Schema>): LayerRules {
  return (config, mode) => {
    const rule = definition[mode];
    if (typeof rule !== "function") return rule;
    const parsed = definition.config.safeParse(config);
    if (!parsed.success)
      return notLowered(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join(", "));
    return (inputs, context) => rule(parsed.data, inputs, context);
  };
}

/** A registry entry whose rule is the same in both modes. */
export function defineModelessLayer<Schema extends z.ZodType>(config: Schema, rule: Rule<z.infer<Schema>>): LayerRules {
  return defineLayer({ config, infer: rule, train: rule });
}

/** The only input of a layer that takes one. @throws AppError `bad-model` when it is called on more or none. */
export function oneInput(inputs: readonly string[]): string {
  const [input] = inputs;
  if (input === undefined || inputs.length > 1)
    throw new AppError("bad-model", { what: "the layer takes one input", got: `${inputs.length}` });
  return input;
}

/** Dims of a value after the batch dimension, all of them known. @throws AppError `bad-model` for a symbolic one. */
export function featureDims(dims: readonly Dim[]): readonly number[] {
  return dims.slice(1).map((dim) => {
    if (typeof dim === "number") return dim;
    throw new AppError("bad-model", { what: "only the batch size may be open", got: `[${dims.join(", ")}]` });
  });
}

/** An axis counted from the front. @throws AppError `bad-model` when a tensor of this rank has no such axis. */
export function axisFromFront(axis: number, rank: number): number {
  const front = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || front < 0 || front >= rank)
    throw new AppError("bad-model", { what: `axis ${axis} does not exist in a tensor of rank ${rank}` });
  return front;
}
