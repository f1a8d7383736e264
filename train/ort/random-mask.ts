import type { GraphBuilder } from "../../onnx/builder.ts";
import { counterHash, counterHashOf } from "./counter-hash.ts";

/** A random mask: 0 for a share `rate` of the elements, `kept` for the others. */
export interface MaskDraw {
  readonly kind: "mask";
  readonly rate: number;
  readonly kept: number;
}

/** The mask of inverted dropout: what stays is scaled up to the same mean. */
export function dropoutDraw(rate: number): MaskDraw {
  return { kind: "mask", rate, kept: 1 / (1 - rate) };
}

/** Elements hashed below this are 0; the share of 2³² is the rate, to 2⁻³². */
const threshold = (rate: number): number => Math.round(rate * 2 ** 32);

/** Emits a mask. `indices`: uint32 positions, the mask's dims; `key`: uint32, rank 0. */
export function randomMask(
  g: GraphBuilder,
  { rate, kept }: MaskDraw,
  [indices, key]: readonly [string, string],
): string {
  const dropped = g.op("Less", [counterHash(g, indices, key), g.scalar(threshold(rate), "uint32")]);
  return g.op("Where", [dropped, g.scalar(0), g.scalar(kept)]);
}

/** The mask of `count` elements that {@link randomMask} computes, bit for bit. */
export function randomMaskValues({ rate, kept }: MaskDraw, key: number, count: number): Float32Array {
  const limit = threshold(rate);
  const values = new Float32Array(count);
  // A loop: engine tfjs draws millions in a step.
  for (let at = 0; at < count; at++) values[at] = counterHashOf(at, key) < limit ? 0 : kept;
  return values;
}
