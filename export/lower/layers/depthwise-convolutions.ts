import { z } from "zod";
import { ActivationField, activations } from "../activations.ts";
import { defineModelessLayer, type LowerContext, oneInput } from "../rule.ts";
import {
  DataFormatField,
  inChannelsFirst,
  type Moves,
  PaddingField,
  padsOf,
  perAxis,
  type SpatialValue,
  windowAttributes,
} from "../spatial.ts";

const Depthwise = z.object({
  kernel_size: perAxis(2),
  strides: perAxis(2).default([1, 1]),
  padding: PaddingField,
  data_format: DataFormatField,
  depth_multiplier: z
    .number()
    .int()
    .positive()
    .nullish()
    .transform((multiplier) => multiplier ?? 1),
  use_bias: z.boolean().default(true),
  activation: ActivationField,
});

/** Every channel with kernels of its own, W `[kh, kw, in, multiplier]`: a group a channel. */
function depthwise(
  { value, channels, lengths }: SpatialValue,
  { padding, depth_multiplier: multiplier, moves, bias }: z.infer<typeof Depthwise> & { moves: Moves; bias: boolean },
  { builder: g, weight }: LowerContext,
): string {
  const dims = [...moves.kernel, channels, multiplier];
  const stored = g.op("Transpose", [weight("depthwise_kernel", dims)], { perm: [2n, 3n, 0n, 1n] });
  const w = g.op("Reshape", [stored, g.ints([channels * multiplier, 1, ...moves.kernel])]);
  const attributes = { ...windowAttributes(moves, padsOf(padding, lengths, moves)), group: BigInt(channels) };
  return g.op("Conv", [value, w, ...(bias ? [weight("bias", [channels * multiplier])] : [])], attributes);
}

/** y = f(x ∗ W + b), each channel by itself. tfjs does not dilate it, whatever the file says. */
export const depthwiseConv2D = defineModelessLayer(
  Depthwise.extend({
    dilation_rate: z
      .union([z.literal(1), z.array(z.literal(1))], "tfjs computes this layer without dilation only")
      .nullish(),
  }),
  (config, inputs, context) => {
    const moves = { kernel: config.kernel_size, strides: config.strides };
    const result = inChannelsFirst(context.builder, oneInput(inputs), {
      format: config.data_format,
      rank: 2,
      operate: (x) => depthwise(x, { ...config, moves, bias: config.use_bias }, context),
    });
    return [activations[config.activation](context.builder, result)];
  },
);

const Separable = Depthwise.extend({
  filters: z.number().int().positive(),
  dilation_rate: perAxis(2).default([1, 1]),
}).refine(({ data_format, use_bias }) => data_format === "channels_last" || !use_bias, {
  path: ["use_bias"],
  message: "tfjs adds the bias of a channels_first layer along the wrong axis",
});

/** A depthwise convolution, then a product over the channels (Chollet 2017); the activation sees channels last. */
export const separableConv2D = defineModelessLayer(Separable, (config, inputs, context) => {
  const { builder: g, weight } = context;
  const moves = { kernel: config.kernel_size, strides: config.strides, dilations: config.dilation_rate };
  const x = oneInput(inputs);
  const isFirst = config.data_format === "channels_first";
  const last = isFirst ? g.op("Transpose", [x], { perm: [0n, 2n, 3n, 1n] }) : x;
  const result = inChannelsFirst(g, last, {
    format: "channels_last",
    rank: 2,
    operate: (value) => {
      const between = depthwise(value, { ...config, moves, bias: false }, context);
      const dims = [1, 1, value.channels * config.depth_multiplier, config.filters];
      const w = g.op("Transpose", [weight("pointwise_kernel", dims)], { perm: [3n, 2n, 0n, 1n] });
      const bias = config.use_bias ? [weight("bias", [config.filters])] : [];
      const ones = { kernel: [1, 1], strides: [1, 1] };
      return g.op("Conv", [between, w, ...bias], windowAttributes(ones, padsOf("valid", value.lengths, ones)));
    },
  });
  const y = activations[config.activation](g, result);
  return [isFirst ? g.op("Transpose", [y], { perm: [0n, 3n, 1n, 2n] }) : y];
});
