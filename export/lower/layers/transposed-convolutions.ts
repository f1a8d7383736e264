import { z } from "zod";
import { ActivationField, activations } from "../activations.ts";
import { defineModelessLayer, type LayerRules, oneInput } from "../rule.ts";
import {
  DataFormatField,
  inChannelsFirst,
  PaddingField,
  perAxis,
  requireCovered,
  windowAttributes,
} from "../spatial.ts";

/** tfjs drops a dilation on the way; a file that has one means another layer than tfjs computes. */
const NoDilation = z
  .union([z.literal(1), z.array(z.literal(1))], "tfjs computes this layer without dilation only")
  .nullish();

/**
 * The gradient of a convolution by its input (Zeiler et al. 2010), W `[k…, out, in]`: stride·length places for `same`,
 * max(k − stride, 0) more for `valid` (tfjs-layers `conv_utils.ts`, `deconvLength`).
 */
function transposedConvolution(rank: number): LayerRules {
  const Config = z.object({
    filters: z.number().int().positive(),
    kernel_size: perAxis(rank),
    strides: perAxis(rank).default(Array.from({ length: rank }, () => 1)),
    dilation_rate: NoDilation,
    output_padding: z.null("tfjs computes no output padding").optional(),
    padding: PaddingField,
    data_format: DataFormatField,
    use_bias: z.boolean().default(true),
    activation: ActivationField,
  });
  return defineModelessLayer(Config, (config, inputs, { builder: g, weight }) => {
    const { filters, kernel_size: kernel, strides, padding } = config;
    const excess = kernel.map((k, axis) => k - (strides[axis] ?? 1));
    if (padding === "same") requireCovered(excess);
    const cut = excess.map((length) => (padding === "same" ? Math.max(0, length) : 0));
    const before = cut.map((length) => Math.floor(length / 2));
    const pads = { before, behind: cut.map((length, axis) => length - (before[axis] ?? 0)) };
    const added = excess.map((length) => BigInt(Math.max(0, -length)));
    const result = inChannelsFirst(g, oneInput(inputs), {
      format: config.data_format,
      rank,
      operate: ({ value, channels }) => {
        const perm = [rank + 1, rank, ...kernel.keys()].map(BigInt);
        const w = g.op("Transpose", [weight("kernel", [...kernel, filters, channels])], { perm });
        const bias = config.use_bias ? [weight("bias", [filters])] : [];
        const attributes = { ...windowAttributes({ kernel, strides }, pads), output_padding: added };
        return g.op("ConvTranspose", [value, w, ...bias], attributes);
      },
    });
    return [activations[config.activation](g, result)];
  });
}

export const conv2DTranspose = transposedConvolution(2);
export const conv3DTranspose = transposedConvolution(3);
