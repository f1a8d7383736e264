import { z } from "zod";
import { defineLayer, notLowered, oneInput } from "../rule.ts";

/** Dropout and its relatives: the identity when serving; training draws, which only a training engine can do. */
export const noise = defineLayer({
  config: z.object({}),
  infer: (_config, inputs) => [oneInput(inputs)],
  train: notLowered("needs random draws, which the training engine supplies"),
});
