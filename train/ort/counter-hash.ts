/**
 * Random bits from a counter hash of (seed, step, draw, element), as operators and as functions with the same bits. Not
 * ONNX's `Dropout` or `RandomNormal`: their streams can neither be saved nor resumed.
 * @module
 */
import { Random } from "../../data/random.ts";
import type { GraphBuilder } from "../../onnx/builder.ts";

/** The multipliers and shifts of Chris Wellons' `lowbias32` (https://nullprogram.com/blog/2018/07/31/). */
const [firstShift, secondShift, lastShift] = [16, 15, 16];
const [firstFactor, secondFactor] = [0x7feb352d, 0x846ca68b];

/** Steps that a draw's keys can tell apart: far more than a training has. */
const stepsPerDraw = 2 ** 40;

/** The 32-bit key of one draw at one step: the same for the same three numbers in every process. */
export function drawKey({ seed, step, draw }: { readonly seed: number; readonly step: number; readonly draw: number }) {
  return new Random(seed, (draw + 1) * stepsPerDraw + step).bits();
}

/** The positions 0, 1, 2, … of a draw's elements: the constant that {@link counterHash} hashes. */
export function elementIndices(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, at) => at);
}

/** Emits 32 random bits for every index. `indices`: uint32 of any dims; `key`: uint32, rank 0. */
export function counterHash(g: GraphBuilder, indices: string, key: string): string {
  const mixed = (h: string, shift: number): string =>
    g.op("BitwiseXor", [h, g.op("BitShift", [h, g.scalar(shift, "uint32")], { direction: "RIGHT" })]);
  const times = (h: string, factor: number): string => g.op("Mul", [h, g.scalar(factor, "uint32")]);
  const start = mixed(g.op("BitwiseXor", [indices, key]), firstShift);
  return mixed(times(mixed(times(start, firstFactor), secondShift), secondFactor), lastShift);
}

/** The bits that {@link counterHash} computes for one index. */
export function counterHashOf(index: number, key: number): number {
  let h = (index ^ key) >>> 0;
  h ^= h >>> firstShift;
  h = Math.imul(h, firstFactor);
  h ^= h >>> secondShift;
  h = Math.imul(h, secondFactor);
  h ^= h >>> lastShift;
  return h >>> 0;
}
