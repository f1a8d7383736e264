import { z } from "zod";
import { trainingLayer } from "../training-layer.ts";

const Config = z.object({ stddev: z.number().nonnegative() });

/** y = x + stddev·n, n standard normal. */
export const gaussianNoise = trainingLayer(Config, ({ stddev }, { builder, x, draw }) => {
  if (stddev === 0) return x;
  return builder.op("Add", [x, builder.op("Mul", [draw("noise", { kind: "normal" }), builder.scalar(stddev)])]);
});
