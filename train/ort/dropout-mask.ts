/**
 * Dropout masks from a counter hash of (seed, step, layer, element), as operators and as a function with the same bits.
 * Not ONNX's `Dropout`: its stream can neither be saved nor resumed.
 * @module
 */
import { Random } from "../../data/random.ts";
import type { GraphBuilder } from "../../onnx/builder.ts";

/** The multipliers and shifts of Chris Wellons' `lowbias32` (https://nullprogram.com/blog/2018/07/31/). */
const [firstShift, secondShift, lastShift] = [16, 15, 16];
const [firstFactor, secondFactor] = [0x7feb352d, 0x846ca68b];

/** Elements hashed below this are dropped; the share of 2³² is the rate, to 2⁻³². */
const threshold = (rate: number): number => Math.round(rate * 2 ** 32);

/** Steps that a draw's keys can tell apart: far more than a training has. */
const stepsPerDraw = 2 ** 40;

/** The 32-bit key of one draw at one step: the same for the same three numbers in every process. */
export function maskKey({ seed, step, draw }: { readonly seed: number; readonly step: number; readonly draw: number }) {
  return new Random(seed, (draw + 1) * stepsPerDraw + step).bits();
}

/** The positions 0, 1, 2, … of a mask's elements: the constant that {@link dropoutMask} hashes. */
export function elementIndices(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, at) => at);
}

/**
 * Emits the mask of inverted dropout: 1/(1 − rate) where an element stays, 0 where it is dropped.
 * @param draw `indices`: uint32 positions, the mask's dims; `key`: uint32, rank 0.
 */
export function dropoutMask(
  g: GraphBuilder,
  { indices, key, rate }: { readonly indices: string; readonly key: string; readonly rate: number },
): string {
  const mixed = (h: string, shift: number): string =>
    g.op("BitwiseXor", [h, g.op("BitShift", [h, g.scalar(shift, "uint32")], { direction: "RIGHT" })]);
  const times = (h: string, factor: number): string => g.op("Mul", [h, g.scalar(factor, "uint32")]);
  const start = mixed(g.op("BitwiseXor", [indices, key]), firstShift);
  const hash = mixed(times(mixed(times(start, firstFactor), secondShift), secondFactor), lastShift);
  const dropped = g.op("Less", [hash, g.scalar(threshold(rate), "uint32")]);
  return g.op("Where", [dropped, g.scalar(0), g.scalar(1 / (1 - rate))]);
}

/** The mask that {@link dropoutMask} computes, bit for bit. */
export function dropoutMaskValues({
  key,
  rate,
  count,
}: {
  readonly key: number;
  readonly rate: number;
  readonly count: number;
}): Float32Array {
  const limit = threshold(rate);
  const kept = 1 / (1 - rate);
  return Float32Array.from({ length: count }, (_, at) => {
    let h = (at ^ key) >>> 0;
    h ^= h >>> firstShift;
    h = Math.imul(h, firstFactor);
    h ^= h >>> secondShift;
    h = Math.imul(h, secondFactor);
    h ^= h >>> lastShift;
    return h >>> 0 < limit ? 0 : kept;
  });
}
