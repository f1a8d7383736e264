import { z } from "zod";
import { ActivationField, activations } from "../activations.ts";
import { defineModelessLayer, featureDims, type LowerContext, oneInput } from "../rule.ts";

const Config = z.object({
  units: z.number().int().positive(),
  use_bias: z.boolean().default(true),
  activation: ActivationField,
});

/** x·W (+ b): one Gemm for `[N, in]`, a product over the last axis for tensors of higher rank. */
function affine({ units, use_bias }: z.infer<typeof Config>, x: string, context: LowerContext): string {
  const { builder, weight, kernelLayout } = context;
  const features = featureDims(builder.info(x).dims);
  const dims = [features.at(-1) ?? 0, units];
  const bias = (): string[] => (use_bias ? [weight("bias", [units])] : []);
  if (features.length === 1) {
    const attributes = kernelLayout === "out-in" ? { transB: 1n } : {};
    return builder.op("Gemm", [x, weight("kernel", dims, kernelLayout), ...bias()], attributes);
  }
  const product = builder.op("MatMul", [x, weight("kernel", dims)]);
  return bias().reduce((sum, b) => builder.op("Add", [sum, b]), product);
}

/** y = f(x·W + b), W `[in, units]`, or `[units, in]` where the context wants rows to be outputs. */
export const dense = defineModelessLayer(Config, (config, inputs, context) => [
  activations[config.activation](context.builder, affine(config, oneInput(inputs), context)),
]);
