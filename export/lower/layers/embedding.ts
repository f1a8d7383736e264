import { z } from "zod";
import { elementCodes } from "../../../onnx/element.ts";
import { defineModelessLayer, oneInput } from "../rule.ts";

/** Rows of a table by index; indices that come as float32 are cut to integers, as tfjs does. */
export const embedding = defineModelessLayer(
  z.object({ input_dim: z.number().int().positive(), output_dim: z.number().int().positive() }),
  ({ input_dim, output_dim }, inputs, { builder: g, weight }) => {
    const x = oneInput(inputs);
    const index = g.info(x).type === "int32" ? x : g.op("Cast", [x], { to: elementCodes.int32 });
    return [g.op("Gather", [weight("embeddings", [input_dim, output_dim]), index], { axis: 0n })];
  },
);
