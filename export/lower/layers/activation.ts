import { z } from "zod";
import { ActivationField, activations } from "../activations.ts";
import { defineModelessLayer, oneInput } from "../rule.ts";

/** y = f(x). */
export const activation = defineModelessLayer(
  z.object({ activation: ActivationField }),
  ({ activation: name }, inputs, { builder }) => [activations[name](builder, oneInput(inputs))],
);
