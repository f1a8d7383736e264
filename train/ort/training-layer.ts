import type { z } from "zod";
import type { GraphBuilder } from "../../onnx/builder.ts";
import type { DrawRecipe } from "./draw.ts";

/** One call of a layer that is another function while it is trained. */
export interface TrainingCall {
  /** Scoped to the layer. */
  readonly builder: GraphBuilder;
  /** The layer's input. */
  readonly x: string;
  /** The value that holds a weight. */
  readonly weight: (name: string, dims: readonly number[]) => string;
  /** Random numbers of the dims of x, new in every step; `name` tells the layer's draws apart. */
  readonly draw: (name: string, recipe: DrawRecipe) => string;
  /** Says what a weight that no gradient moves is after the step. */
  readonly becomes: (weight: string, value: string) => void;
}

/** Lowers one call: the layer's output, by value name. */
export type TrainingRule = (call: TrainingCall) => string;

/** Binds a layer's configuration, or says in words what is wrong with it. */
export type TrainingLayer = (config: unknown) => TrainingRule | { readonly problem: string };

/** Makes a layer of the schema of its configuration and its rule. */
export function trainingLayer<Schema extends z.ZodType>(
  schema: Schema,
  rule: (config: z.infer<Schema>, call: TrainingCall) => string,
): TrainingLayer {
  return (config) => {
    const parsed = schema.safeParse(config);
    if (parsed.success) return (call) => rule(parsed.data, call);
    return { problem: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join(", ") };
  };
}
