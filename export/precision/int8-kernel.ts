import { partsOf } from "../passes/product.ts";
import type { NetProduct } from "./net.ts";

/**
 * Largest level of a weight: 7 bits, not 8. On x86 without VNNI, and in WebAssembly's relaxed SIMD, pairs of products
 * are summed in 16 bits: 2·255·63 fits, 2·255·127 saturates and gives other results than elsewhere.
 */
const largestLevel = 63;

/** Levels that a bias may take; the product's int32 sum needs what is left: 255·63·inputs for up to 60,000 inputs. */
const largestBias = 2 ** 30;

/** Of an output without weights and bias: any would do whose products with other scales are not 0. */
const smallestScale = 2 ** -100;

/** A kernel as levels, weight ≈ level·scale of its output. */
export interface Int8Kernel {
  /** `[inputs, outputs]`: a kernel `[outputs, inputs]` would be turned at every run where it is not prepacked (WebAssembly). */
  readonly levels: Int8Array;
  /** `[outputs]` */
  readonly scale: Float32Array;
}

/**
 * Quantises a kernel with a scale an output, nearest level, ties to even. An output whose bias would not fit into its
 * levels (a gene that hardly varies: float32 itself holds few digits of its variation) gets coarser ones.
 */
export function int8Kernel({ kernel, bias, inputs, outputs, outIn }: NetProduct, inputScale: number): Int8Kernel {
  const scale = new Float32Array(outputs);
  // In the order in which the kernel lies, a part at a time: it may be larger than what should be held.
  const columns = outIn ? inputs : outputs;
  let [row, column] = [0, 0];
  for (const part of partsOf(kernel))
    for (const weight of part) {
      const output = outIn ? row : column;
      scale[output] = Math.max(scale[output] as number, Math.abs(weight));
      column += 1;
      if (column < columns) continue;
      column = 0;
      row += 1;
    }
  for (let output = 0; output < outputs; output++) {
    const forBias = Math.abs(bias?.[output] ?? 0) / (inputScale * largestBias);
    scale[output] = Math.max((scale[output] as number) / largestLevel, forBias, smallestScale);
  }
  const levels = new Int8Array(inputs * outputs);
  let at = 0;
  for (const part of partsOf(kernel))
    for (const weight of part) {
      const output = outIn ? Math.floor(at / inputs) : at % outputs;
      levels[at] = roundToEven(weight / (scale[output] as number));
      at += 1;
    }
  return { levels: outIn ? transposed(levels, outputs, inputs) : levels, scale };
}

/** `[rows, columns]` as `[columns, rows]`, in tiles that stay in the cache. */
function transposed(levels: Int8Array, rows: number, columns: number): Int8Array {
  const turned = new Int8Array(levels.length);
  const tile = 64;
  for (let top = 0; top < rows; top += tile)
    for (let left = 0; left < columns; left += tile)
      for (let column = left; column < Math.min(columns, left + tile); column++)
        for (let row = top; row < Math.min(rows, top + tile); row++)
          turned[column * rows + row] = levels[row * columns + column] as number;
  return turned;
}

/** Nearest integer, ties to even, by the spacing of doubles at 1.5·2⁵². */
export function roundToEven(value: number): number {
  const shift = 1.5 * 2 ** 52;
  return value + shift - shift;
}
