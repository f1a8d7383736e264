import { z } from "zod";
import { elementCodes } from "../../../onnx/element.ts";
import { activations } from "../activations.ts";
import { alongAxes, featureAxes } from "../last-axis.ts";
import { axisFromFront, defineModelessLayer, featureDims, oneInput } from "../rule.ts";

/** y = max(x, 0), cut at `max_value` where there is one. */
export const relu = defineModelessLayer(
  z.object({
    max_value: z.number().nonnegative().nullish(),
    negative_slope: z.literal(0, "tfjs computes none").nullish(),
    threshold: z.literal(0, "tfjs computes none").nullish(),
  }),
  ({ max_value }, inputs, { builder: g }) => {
    const x = oneInput(inputs);
    return [max_value == null ? g.op("Relu", [x]) : g.op("Clip", [x, g.scalar(0), g.scalar(max_value)])];
  },
);

/** y = x where x ≥ 0, alpha·x elsewhere. */
export const leakyRelu = defineModelessLayer(
  z.object({ alpha: z.number().nullish() }),
  ({ alpha }, inputs, { builder }) => [builder.op("LeakyRelu", [oneInput(inputs)], { alpha: alpha ?? 0.3 })],
);

/** y = max(x, 0) + alpha·min(x, 0), alpha learned, one a feature (1 along shared axes). */
export const prelu = defineModelessLayer(
  z.object({ shared_axes: z.union([z.number().int().positive(), z.array(z.number().int().positive())]).nullish() }),
  ({ shared_axes }, inputs, { builder: g, weight }) => {
    const x = oneInput(inputs);
    const features = featureDims(g.info(x).dims);
    const shared = [shared_axes ?? []].flat().map((axis) => axisFromFront(axis, features.length + 1));
    const alpha = weight(
      "alpha",
      features.map((length, i) => (shared.includes(i + 1) ? 1 : length)),
    );
    const below = g.op("Mul", [alpha, g.op("Min", [x, g.scalar(0)])]);
    return [g.op("Add", [g.op("Relu", [x]), below])];
  },
);

/** ELU with alpha 1, the only one that tfjs computes. */
export const elu = defineModelessLayer(z.object({ alpha: z.literal(1).nullish() }), (_config, inputs, { builder }) => [
  activations.elu(builder, oneInput(inputs)),
]);

/** y = x where x > theta, 0 elsewhere. */
export const thresholdedRelu = defineModelessLayer(
  z.object({ theta: z.number().nullish() }),
  ({ theta }, inputs, { builder: g }) => {
    const x = oneInput(inputs);
    const above = g.op("Cast", [g.op("Greater", [x, g.scalar(theta ?? 1)])], { to: elementCodes.float32 });
    return [g.op("Mul", [x, above])];
  },
);

/** Softmax along one axis, or several taken as one; tfjs' default is axis 1. */
export const softmax = defineModelessLayer(
  z.object({ axis: z.union([z.number().int(), z.array(z.number().int()).min(1)]).nullish() }),
  ({ axis }, inputs, { builder: g }) => {
    const x = oneInput(inputs);
    const axes = featureAxes([axis ?? 1].flat(), g.info(x).dims.length);
    const [only = 1, second] = axes;
    if (second === undefined) return [g.op("Softmax", [x], { axis: BigInt(only) })];
    return [alongAxes(g, x, { axes, f: (row) => g.op("Softmax", [row], { axis: -1n }) })];
  },
);
