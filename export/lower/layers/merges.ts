import { z } from "zod";
import type { GraphBuilder } from "../../../onnx/builder.ts";
import type { OpName } from "../../../onnx/graph.ts";
import { AppError } from "../../../schemas/index.ts";
import { axisFromFront, defineModelessLayer, type LayerRules } from "../rule.ts";

/** Inputs of equal rank: tfjs inserts axes of length 1 behind the batch axis of the shorter ones. */
function aligned(g: GraphBuilder, inputs: readonly string[]): readonly string[] {
  if (inputs.length < 2)
    throw new AppError("bad-model", { what: "a merge takes two inputs or more", got: `${inputs.length}` });
  const ranks = inputs.map((input) => g.info(input).dims.length);
  const rank = Math.max(...ranks);
  return inputs.map((input, i) => {
    const axes = Array.from({ length: rank - (ranks[i] ?? rank) }, (_, axis) => axis + 1);
    return axes.length === 0 ? input : g.op("Unsqueeze", [input, g.ints(axes)]);
  });
}

/** y = a ∘ b ∘ c …, from left to right as tfjs does. */
function merge(
  op: OpName,
  finish: (g: GraphBuilder, merged: string, count: number) => string = (_g, y) => y,
): LayerRules {
  return defineModelessLayer(z.object({}), (_config, inputs, { builder: g }) => {
    const merged = aligned(g, inputs).reduce((left, right) => g.op(op, [left, right]));
    return [finish(g, merged, inputs.length)];
  });
}

export const add = merge("Add");
export const multiply = merge("Mul");
export const maximum = merge("Max");
export const minimum = merge("Min");
export const average = merge("Add", (g, sum, count) => g.op("Mul", [sum, g.scalar(1 / count)]));

/** The inputs side by side along one axis. */
export const concatenate = defineModelessLayer(
  z.object({ axis: z.number().int().nullish() }),
  ({ axis }, inputs, { builder: g }) => {
    const rank = g.info(inputs[0] ?? "").dims.length;
    return [g.op("Concat", inputs, { axis: BigInt(axisFromFront(axis ?? -1, rank)) })];
  },
);
