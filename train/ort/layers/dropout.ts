import { z } from "zod";
import { dropoutDraw } from "../random-mask.ts";
import { trainingLayer } from "../training-layer.ts";

const Config = z.object({ rate: z.number().min(0).lt(1) });

/** y = x·mask, the mask 0 for a share `rate` of the elements and 1/(1 − rate) for the others (Srivastava et al. 2014). */
export const dropout = trainingLayer(Config, ({ rate }, { builder, x, draw }) =>
  rate === 0 ? x : builder.op("Mul", [x, draw("mask", dropoutDraw(rate))]),
);
