import { z } from "zod";
import { elementCodes } from "../../../onnx/element.ts";
import { defineModelessLayer, oneInput } from "../rule.ts";

/**
 * Rows that hold nothing but the mask value become zeros. The mask itself goes on to layers that heed one; a net that
 * has such a layer behind is refused by `network.ts`.
 */
export const masking = defineModelessLayer(
  z.object({ mask_value: z.number().nullish() }),
  ({ mask_value }, inputs, { builder: g }) => {
    const x = oneInput(inputs);
    const differs = g.op("Not", [g.op("Equal", [x, g.scalar(mask_value ?? 0, g.info(x).type)])]);
    const kept = g.op("Cast", [differs], { to: elementCodes[g.info(x).type] });
    return [g.op("Mul", [x, g.op("ReduceMax", [kept], { axes: [-1n], keepdims: 1n })])];
  },
);
