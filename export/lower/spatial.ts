/**
 * What layers over space have in common: a number an axis, paddings in numbers, channels first for the operator.
 * @module
 */
import { z } from "zod";
import type { GraphBuilder } from "../../onnx/builder.ts";
import { AppError } from "../../schemas/index.ts";
import { featureDims } from "./rule.ts";

/** Where the channels lie: `[N, …, C]` or `[N, C, …]`. */
export type DataFormat = "channels_last" | "channels_first";

/** A `data_format` field; absent or null is tfjs' default. */
export const DataFormatField = z
  .enum(["channels_last", "channels_first"])
  .nullish()
  .transform((format): DataFormat => format ?? "channels_last");

/** A layer whose tfjs version knows channels last only, whatever its file says. */
export const ChannelsLastField = z.literal("channels_last", "tfjs computes this layer channels last only").nullish();

/** A `padding` field of layers that know two kinds. */
export const PaddingField = z
  .enum(["valid", "same"])
  .nullish()
  .transform((padding) => padding ?? "valid");

/** One number for all axes, or one an axis; numbers of an axis must be positive. */
export function perAxis(rank: number) {
  const one = z.number().int().positive();
  return z
    .union([one, z.array(one).length(rank)])
    .transform((value): readonly number[] =>
      typeof value === "number" ? Array.from({ length: rank }, () => value) : value,
    );
}

/** Numbers on both sides of the axes. */
export interface Pads {
  readonly before: readonly number[];
  readonly behind: readonly number[];
}

/** How a window moves, a number an axis. */
export interface Moves {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations?: readonly number[];
}

const zeros = (axes: readonly number[]): readonly number[] => axes.map(() => 0);

/** No padding. */
function noPads(kernel: readonly number[]): Pads {
  return { before: zeros(kernel), behind: zeros(kernel) };
}

/** Elements that ⌈length/stride⌉ places reach over each axis; negative where they leave some out. */
function sameTotals(lengths: readonly number[], { kernel, strides, dilations }: Moves): readonly number[] {
  return lengths.map((length, axis) => {
    const [k = 1, stride = 1, dilation = 1] = [kernel[axis], strides[axis], dilations?.[axis]];
    return (Math.ceil(length / stride) - 1) * stride + (k - 1) * dilation + 1 - length;
  });
}

/**
 * TensorFlow's `same`: ⌈length/stride⌉ places, the odd element behind (tfjs-core `conv_util.ts`, `getPadAndOutInfo`).
 */
function samePads(lengths: readonly number[], moves: Moves): Pads {
  const totals = sameTotals(lengths, moves).map((total) => Math.max(0, total));
  const before = totals.map((total) => Math.floor(total / 2));
  return { before, behind: totals.map((total, axis) => total - (before[axis] ?? 0)) };
}

/**
 * Refuses `same` over three axes with strides that leave the last places out: tfjs takes the elements left over for
 * negative padding there and begins behind the first ones (tfjs-core `conv_util.ts`, `get3DPadAndOutInfo`).
 */
export function requireCovered(left: readonly number[]): void {
  if (left.length === 3 && left.some((total) => total < 0))
    throw new AppError("bad-model", {
      what: "tfjs places a window that is shorter than its stride elsewhere than Keras does",
      expected: "padding 'valid', or strides up to the kernel's size",
    });
}

/** The paddings of a `padding` field. @throws AppError `bad-model` where tfjs' are not Keras'. */
export function padsOf(padding: "valid" | "same", lengths: readonly number[], moves: Moves): Pads {
  if (padding === "valid") return noPads(moves.kernel);
  requireCovered(sameTotals(lengths, moves));
  return samePads(lengths, moves);
}

/** Attributes of a window operator; nothing is left to a provider's choice. */
export function windowAttributes({ kernel, strides, dilations }: Moves, { before, behind }: Pads) {
  const big = (values: readonly number[]): readonly bigint[] => values.map(BigInt);
  return {
    kernel_shape: big(kernel),
    strides: big(strides),
    pads: big([...before, ...behind]),
    ...(dilations !== undefined && { dilations: big(dilations) }),
  };
}

/** A value as `[N, C, …]`, with its lengths. */
export interface SpatialValue {
  readonly value: string;
  readonly channels: number;
  readonly lengths: readonly number[];
}

/** @throws AppError `bad-model` for a value of another rank. */
export function requireRank(g: GraphBuilder, x: string, rank: number): readonly number[] {
  const { dims } = g.info(x);
  if (dims.length !== rank)
    throw new AppError("bad-model", {
      what: "the layer takes a tensor of another rank",
      expected: `rank ${rank}, batch and channels included`,
      got: `[${dims.join(", ")}]`,
    });
  return featureDims(dims);
}

/**
 * Lets `operate` work on `[N, C, …]`. What comes channels last is transposed before and after; the pass
 * `remove-transposes` takes them away where layers follow each other.
 */
export function inChannelsFirst(
  g: GraphBuilder,
  x: string,
  { format, rank, operate }: { format: DataFormat; rank: number; operate: (x: SpatialValue) => string },
): string {
  const value = channelsFirst(g, x, { format, rank });
  const result = operate(value);
  if (format === "channels_first") return result;
  return g.op("Transpose", [result], { perm: [0, ...Array.from({ length: rank }, (_, i) => i + 2), 1].map(BigInt) });
}

/** A value with the channels moved to the front where they are last. */
export function channelsFirst(
  g: GraphBuilder,
  x: string,
  { format, rank }: { readonly format: DataFormat; readonly rank: number },
): SpatialValue {
  const features = requireRank(g, x, rank + 2);
  if (format === "channels_first") return { value: x, channels: features[0] ?? 1, lengths: features.slice(1) };
  const perm = [0, rank + 1, ...Array.from({ length: rank }, (_, i) => i + 1)].map(BigInt);
  const value = g.op("Transpose", [x], { perm });
  return { value, channels: features.at(-1) ?? 1, lengths: features.slice(0, -1) };
}
