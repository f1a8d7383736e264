import { z } from "zod";
import { AppError } from "../../../schemas/index.ts";
import { rowSum } from "../row-sum.ts";
import { axisFromFront, defineModelessLayer, featureDims, oneInput } from "../rule.ts";

const Config = z.object({
  axis: z.union([z.number().int(), z.array(z.number().int()).min(1)]).default(-1),
  epsilon: z.number().positive().default(1e-3),
  center: z.boolean().default(true),
  scale: z.boolean().default(true),
});

/** The first of the axes normalised over, which must be the last ones in order: rows are then contiguous. */
function firstAxis(axis: z.infer<typeof Config>["axis"], rank: number): number {
  const axes = [axis].flat().map((one) => axisFromFront(one, rank));
  const first = axes[0] ?? 0;
  if (first === 0 || axes.some((one, i) => one !== first + i) || axes.at(-1) !== rank - 1)
    throw new AppError("bad-model", {
      what: "layer normalisation is exported over the last axes only",
      expected: "axes up to the last one, without the batch axis",
      got: `[${axes.join(", ")}] of a tensor of rank ${rank}`,
    });
  return first;
}

/** y = (x − μ)/√(σ² + ε)·gamma + beta, moments of each sample over the last axes (Ba, Kiros & Hinton 2016). */
export const layerNormalization = defineModelessLayer(Config, (config, inputs, { builder: g, weight }) => {
  const input = oneInput(inputs);
  const features = featureDims(g.info(input).dims);
  const first = firstAxis(config.axis, features.length + 1);
  const dims = features.slice(first - 1);
  const width = dims.reduce((a, b) => a * b, 1);
  const flat = dims.length > 1;
  const kept = Array.from({ length: first }, () => 0);
  const x = flat ? g.op("Reshape", [input, g.ints([...kept, width])]) : input;
  const centred = g.op("Sub", [x, rowSum(g, x, { factor: 1 / width })]);
  const variance = rowSum(g, g.op("Mul", [centred, centred]), { factor: 1 / width });
  const spread = g.op("Sqrt", [g.op("Add", [variance, g.scalar(config.epsilon)])]);
  const normal = g.op("Div", [centred, spread]);
  const y = flat ? g.op("Reshape", [normal, g.ints([...kept, ...dims])]) : normal;
  const scaled = config.scale ? g.op("Mul", [y, weight("gamma", dims)]) : y;
  return [config.center ? g.op("Add", [scaled, weight("beta", dims)]) : scaled];
});
