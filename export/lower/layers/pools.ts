import { z } from "zod";
import { rowSum } from "../row-sum.ts";
import { defineModelessLayer, type LayerRules, oneInput } from "../rule.ts";
import {
  ChannelsLastField,
  channelsFirst,
  DataFormatField,
  inChannelsFirst,
  PaddingField,
  padsOf,
  perAxis,
  requireRank,
  windowAttributes,
} from "../spatial.ts";

/** The largest or the mean value under a window; padding is not counted. */
function pool(op: "MaxPool" | "AveragePool", rank: 1 | 2 | 3): LayerRules {
  const Config = z.object({
    pool_size: perAxis(rank).default(Array.from({ length: rank }, () => 2)),
    strides: perAxis(rank).nullish(),
    padding: PaddingField,
    data_format: rank === 1 ? ChannelsLastField.transform(() => "channels_last" as const) : DataFormatField,
  });
  return defineModelessLayer(Config, ({ pool_size: kernel, strides, padding, data_format }, inputs, { builder: g }) => {
    const moves = { kernel, strides: strides ?? kernel };
    const operate = ({ value, lengths }: { readonly value: string; readonly lengths: readonly number[] }): string =>
      g.op(op, [value], windowAttributes(moves, padsOf(padding, lengths, moves)));
    return [inChannelsFirst(g, oneInput(inputs), { format: data_format, rank, operate })];
  });
}

export const maxPooling1D = pool("MaxPool", 1);
export const maxPooling2D = pool("MaxPool", 2);
export const maxPooling3D = pool("MaxPool", 3);
export const averagePooling1D = pool("AveragePool", 1);
export const averagePooling2D = pool("AveragePool", 2);
export const averagePooling3D = pool("AveragePool", 3);

function globalConfig(rank: 1 | 2) {
  return z.object({
    data_format: rank === 1 ? ChannelsLastField.transform(() => "channels_last" as const) : DataFormatField,
    keepdims: z.literal(false, "tfjs drops the axes").nullish(),
  });
}

/** The mean over all places, `[N, C]`: a product with a constant column, for the reason given at {@link rowSum}. */
function globalAverage(rank: 1 | 2): LayerRules {
  return defineModelessLayer(globalConfig(rank), ({ data_format: format }, inputs, { builder: g }) => {
    const { value, channels, lengths } = channelsFirst(g, oneInput(inputs), { format, rank });
    const places = lengths.reduce((product, length) => product * length, 1);
    const rows = rank === 1 ? value : g.op("Reshape", [value, g.ints([0, channels, places])]);
    return [g.op("Reshape", [rowSum(g, rows, { factor: 1 / places }), g.ints([0, channels])])];
  });
}

/** The largest value of all places, `[N, C]`. */
function globalMax(rank: 1 | 2): LayerRules {
  return defineModelessLayer(globalConfig(rank), ({ data_format: format }, inputs, { builder: g }) => {
    const x = oneInput(inputs);
    requireRank(g, x, rank + 2);
    const first = format === "channels_first" ? 2 : 1;
    const axes = Array.from({ length: rank }, (_, i) => BigInt(first + i));
    return [g.op("ReduceMax", [x], { axes, keepdims: 0n })];
  });
}

export const globalAveragePooling1D = globalAverage(1);
export const globalAveragePooling2D = globalAverage(2);
export const globalMaxPooling1D = globalMax(1);
export const globalMaxPooling2D = globalMax(2);
