import { z } from "zod";
import { AppError } from "../../../schemas/index.ts";
import { defineModelessLayer } from "../rule.ts";

/** The net's inputs are values before lowering starts; only a called input layer would come here. */
export const inputLayer = defineModelessLayer(z.object({}), (_config, inputs) => {
  if (inputs.length === 0) throw new AppError("bad-model", { what: "an input layer is not among the model's inputs" });
  return inputs;
});
