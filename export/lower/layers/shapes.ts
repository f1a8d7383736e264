import { z } from "zod";
import { AppError } from "../../../schemas/index.ts";
import { defineModelessLayer, featureDims, oneInput } from "../rule.ts";
import { requireRank } from "../spatial.ts";

const product = (lengths: readonly number[]): number => lengths.reduce((a, b) => a * b, 1);

/** `[N, …]` → `[N, all features]`; `channels_first` moves axis 1 behind the others before. */
export const flatten = defineModelessLayer(
  z.object({ data_format: z.string().nullish() }),
  ({ data_format }, inputs, { builder: g }) => {
    const x = oneInput(inputs);
    const rank = g.info(x).dims.length;
    const rest = Array.from({ length: Math.max(0, rank - 2) }, (_, i) => BigInt(i + 2));
    const last = data_format === "channels_first" && rest.length > 0;
    return [g.op("Flatten", [last ? g.op("Transpose", [x], { perm: [0n, ...rest, 1n] }) : x], { axis: 1n })];
  },
);

/** `[N, …]` → `[N, target]`; one open dimension of the target takes what is left. */
export const reshape = defineModelessLayer(
  z.object({ target_shape: z.array(z.number().int().nullable()).min(1) }),
  ({ target_shape }, inputs, { builder: g }) => {
    const x = oneInput(inputs);
    const total = product(featureDims(g.info(x).dims));
    const known = product(target_shape.map((length) => (length === null || length < 0 ? 1 : length)));
    const target = target_shape.map((length) => (length === null || length < 0 ? total / known : length));
    if (product(target) !== total || target.some((length) => !Number.isInteger(length)))
      throw new AppError("bad-model", {
        what: "the layer cannot reshape its input",
        expected: `${total} values a sample`,
        got: `target shape [${target_shape.join(", ")}]`,
      });
    // 0 keeps the batch dimension.
    return [g.op("Reshape", [x, g.ints([0, ...target])])];
  },
);

/** `[N, C]` → `[N, n, C]`. */
export const repeatVector = defineModelessLayer(
  z.object({ n: z.number().int().positive() }),
  ({ n }, inputs, { builder: g }) => {
    const x = oneInput(inputs);
    requireRank(g, x, 2);
    return [g.op("Expand", [g.op("Unsqueeze", [x, g.ints([1])]), g.ints([1, n, 1])])];
  },
);

/** Reorders the axes behind the batch axis; `dims` counts them from 1. */
export const permute = defineModelessLayer(
  z.object({ dims: z.array(z.number().int().positive()).min(1) }),
  ({ dims }, inputs, { builder }) => [
    builder.op("Transpose", [oneInput(inputs)], { perm: [0n, ...dims.map((axis) => BigInt(axis))] }),
  ],
);
