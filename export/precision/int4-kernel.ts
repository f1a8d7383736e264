import { roundToEven } from "./int8-kernel.ts";
import type { NetProduct } from "./net.ts";

/** Weights of one output that share a scale: consecutive inputs. */
export const blockInputs = 32;

/** A kernel in 4 bits by blocks, the last block filled up with zeros. */
export interface Int4Kernel {
  readonly blocks: number;
  /** Level of the weight of an output at an input below `blocks`·32, in −8…7. */
  readonly levels: Int8Array;
  /** By block and output. */
  readonly scale: Float32Array;
  /** Layout of both: `[outputs, blocks·32]` and `[outputs, blocks]`, or `[blocks·32, outputs]` and `[blocks, outputs]`. */
  readonly outIn: boolean;
}

/**
 * Quantises a kernel to 4 bits, symmetric: the weight of largest magnitude of a block is its level −8 exactly, whatever
 * its sign (scale = weight/−8), the others the nearest level up to 7, ties to even (the scheme of MatMulNBits).
 * @param outIn the layout wanted.
 */
export function int4Kernel({ kernel, inputs, outputs, outIn: from }: NetProduct, outIn: boolean): Int4Kernel {
  const { data } = kernel;
  const blocks = Math.ceil(inputs / blockInputs);
  const padded = blocks * blockInputs;
  const levels = new Int8Array(padded * outputs);
  const scale = new Float32Array(blocks * outputs);
  const place = (output: number, input: number): number => (from ? output * inputs + input : input * outputs + output);
  for (let output = 0; output < outputs; output++)
    for (let block = 0; block < blocks; block++) {
      const [start, end] = [block * blockInputs, Math.min(inputs, (block + 1) * blockInputs)];
      let largest = 0;
      for (let input = start; input < end; input++) {
        const weight = data[place(output, input)] as number;
        if (Math.abs(weight) > Math.abs(largest)) largest = weight;
      }
      const unit = Math.fround(largest / -8);
      scale[outIn ? output * blocks + block : block * outputs + output] = unit;
      if (unit === 0) continue;
      for (let input = start; input < end; input++) {
        const level = roundToEven((data[place(output, input)] as number) / unit);
        levels[outIn ? output * padded + input : input * outputs + output] = Math.max(-8, Math.min(7, level));
      }
    }
  return { blocks, levels, scale, outIn };
}
