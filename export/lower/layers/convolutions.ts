import { z } from "zod";
import { ActivationField, activations } from "../activations.ts";
import { defineModelessLayer, type LayerRules, type LowerContext, oneInput } from "../rule.ts";
import {
  ChannelsLastField,
  type DataFormat,
  DataFormatField,
  inChannelsFirst,
  type Moves,
  PaddingField,
  type Pads,
  padsOf,
  perAxis,
  windowAttributes,
} from "../spatial.ts";

function convolutionConfig(rank: number) {
  return z.object({
    filters: z.number().int().positive(),
    kernel_size: perAxis(rank),
    strides: perAxis(rank).default(Array.from({ length: rank }, () => 1)),
    dilation_rate: perAxis(rank).default(Array.from({ length: rank }, () => 1)),
    use_bias: z.boolean().default(true),
    activation: ActivationField,
    groups: z.literal(1, "tfjs knows no grouped convolutions").nullish(),
  });
}

interface Convolution extends z.infer<ReturnType<typeof convolutionConfig>> {
  readonly format: DataFormat;
  readonly pads: (lengths: readonly number[], moves: Moves) => Pads;
}

/** y = f(x ∗ W + b), W `[k…, in, out]`; the activation sees the layout that the layer gives. */
function convolve(config: Convolution, x: string, { builder: g, weight }: LowerContext): string {
  const { filters, kernel_size: kernel, strides, dilation_rate: dilations, format } = config;
  const rank = kernel.length;
  const moves = { kernel, strides, dilations };
  const result = inChannelsFirst(g, x, {
    format,
    rank,
    operate: ({ value, channels, lengths }) => {
      const perm = [rank + 1, rank, ...kernel.keys()].map(BigInt);
      const w = g.op("Transpose", [weight("kernel", [...kernel, channels, filters])], { perm });
      const bias = config.use_bias ? [weight("bias", [filters])] : [];
      return g.op("Conv", [value, w, ...bias], windowAttributes(moves, config.pads(lengths, moves)));
    },
  });
  return activations[config.activation](g, result);
}

function convolution(rank: number): LayerRules {
  const Config = convolutionConfig(rank).extend({ padding: PaddingField, data_format: DataFormatField });
  return defineModelessLayer(Config, (config, inputs, context) => {
    const pads = (lengths: readonly number[], moves: Moves): Pads => padsOf(config.padding, lengths, moves);
    return [convolve({ ...config, format: config.data_format, pads }, oneInput(inputs), context)];
  });
}

export const conv2D = convolution(2);
export const conv3D = convolution(3);

const Config1D = convolutionConfig(1).extend({
  padding: z.union([z.literal("causal"), PaddingField]),
  data_format: ChannelsLastField,
});

/** Over one axis; `causal` pads before it only, so that a place sees none behind it (van den Oord et al. 2016). */
export const conv1D = defineModelessLayer(Config1D, (config, inputs, context) => {
  const { padding } = config;
  const pads = (lengths: readonly number[], moves: Moves): Pads => {
    if (padding !== "causal") return padsOf(padding, lengths, moves);
    const [k = 1, dilation = 1] = [moves.kernel[0], moves.dilations?.[0]];
    return { before: [(k - 1) * dilation], behind: [0] };
  };
  return [convolve({ ...config, format: "channels_last", pads }, oneInput(inputs), context)];
});
