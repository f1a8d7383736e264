import { z } from "zod";
import { AppError } from "../../../schemas/index.ts";
import { axisFromFront, defineLayer, featureDims, notLowered, oneInput } from "../rule.ts";

/** y = (x − mean)·gamma/√(variance + ε) + beta, with the moving moments (Ioffe & Szegedy 2015). */
export const batchNormalization = defineLayer({
  config: z.object({
    axis: z.number().int().default(-1),
    epsilon: z.number().positive().default(1e-3),
    center: z.boolean().default(true),
    scale: z.boolean().default(true),
  }),
  infer: ({ axis, epsilon, center, scale }, inputs, { builder: g, weight }) => {
    const x = oneInput(inputs);
    const features = featureDims(g.info(x).dims);
    // tfjs' CPU and WebAssembly kernels run through the moments cyclically whatever the axis: there is no oracle.
    if (axisFromFront(axis, features.length + 1) !== features.length)
      throw new AppError("bad-model", {
        what: "batch normalisation is exported over the last axis only",
        expected: "axis -1",
        got: `axis ${axis}`,
      });
    const moment = (name: string): string => weight(name, features.slice(-1));
    const spread = g.op("Sqrt", [g.op("Add", [moment("moving_variance"), g.scalar(epsilon)])]);
    const factor = scale ? g.op("Div", [moment("gamma"), spread]) : g.op("Reciprocal", [spread]);
    const normal = g.op("Mul", [g.op("Sub", [x, moment("moving_mean")]), factor]);
    return [center ? g.op("Add", [normal, moment("beta")]) : normal];
  },
  train: notLowered("needs the moments of the batch and keeps moving ones, which the training engine supplies"),
});
