import { z } from "zod";
import { defineModelessLayer, oneInput } from "../rule.ts";

/** y = x·scale + offset. */
export const rescaling = defineModelessLayer(
  z.object({ scale: z.number(), offset: z.number().nullish() }),
  ({ scale, offset }, inputs, { builder: g }) => [
    g.op("Add", [g.op("Mul", [oneInput(inputs), g.scalar(scale)]), g.scalar(offset ?? 0)]),
  ],
);
