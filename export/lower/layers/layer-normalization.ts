import { z } from "zod";
import { alongAxes, alongBroadcast, featureAxes } from "../last-axis.ts";
import { rowSum } from "../row-sum.ts";
import { defineModelessLayer, featureDims, oneInput } from "../rule.ts";

const Config = z.object({
  axis: z.union([z.number().int(), z.array(z.number().int()).min(1)]).default(-1),
  epsilon: z.number().positive().default(1e-3),
  center: z.boolean().default(true),
  scale: z.boolean().default(true),
});

/** y = (x − μ)/√(σ² + ε)·gamma + beta, moments of each sample over the axes (Ba, Kiros & Hinton 2016). */
export const layerNormalization = defineModelessLayer(Config, (config, inputs, { builder: g, weight }) => {
  const input = oneInput(inputs);
  const features = featureDims(g.info(input).dims);
  const axes = featureAxes([config.axis].flat(), features.length + 1);
  const lengths = axes.map((axis) => features[axis - 1] ?? 1);
  const width = lengths.reduce((product, length) => product * length, 1);
  const y = alongAxes(g, input, {
    axes,
    f: (x) => {
      const centred = g.op("Sub", [x, rowSum(g, x, { factor: 1 / width })]);
      const variance = rowSum(g, g.op("Mul", [centred, centred]), { factor: 1 / width });
      const spread = g.op("Sqrt", [g.op("Add", [variance, g.scalar(config.epsilon)])]);
      return g.op("Div", [centred, spread]);
    },
  });
  // tfjs reads the elements of a weight in the order of the sorted axes, whatever order they were given in.
  const vector = (name: string): string => alongBroadcast(g, weight(name, lengths), { axes, features });
  const scaled = config.scale ? g.op("Mul", [y, vector("gamma")]) : y;
  return [config.center ? g.op("Add", [scaled, vector("beta")]) : scaled];
});
