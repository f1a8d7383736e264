import { z } from "zod";
import { alongBroadcast, featureAxes } from "../last-axis.ts";
import { defineLayer, featureDims, notLowered, oneInput } from "../rule.ts";

/** An axis; Keras ≥ 2 writes a list of one. */
const Axis = z.union([z.number().int(), z.tuple([z.number().int()]).transform(([axis]) => axis)]);

/** y = (x − mean)·gamma/√(variance + ε) + beta, with the moving moments (Ioffe & Szegedy 2015). */
export const batchNormalization = defineLayer({
  config: z.object({
    axis: Axis.default(-1),
    epsilon: z.number().positive().default(1e-3),
    center: z.boolean().default(true),
    scale: z.boolean().default(true),
  }),
  infer: ({ axis, epsilon, center, scale }, inputs, { builder: g, weight }) => {
    const x = oneInput(inputs);
    const features = featureDims(g.info(x).dims);
    const axes = featureAxes([axis], features.length + 1);
    const lengths = axes.map((along) => features[along - 1] ?? 1);
    const vector = (value: string): string => alongBroadcast(g, value, { axes, features });
    const spread = g.op("Sqrt", [g.op("Add", [weight("moving_variance", lengths), g.scalar(epsilon)])]);
    const factor = scale ? g.op("Div", [weight("gamma", lengths), spread]) : g.op("Reciprocal", [spread]);
    const centred = g.op("Sub", [x, vector(weight("moving_mean", lengths))]);
    const normal = g.op("Mul", [centred, vector(factor)]);
    return [center ? g.op("Add", [normal, vector(weight("beta", lengths))]) : normal];
  },
  train: notLowered("needs the moments of the batch and keeps moving ones, which the training engine supplies"),
});
