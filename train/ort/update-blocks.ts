/**
 * The optimiser's way over a large weight on the CPU: block after block, so that what one operator leaves is still in the
 * core's cache when the next one reads it. Over the whole weight every operator would fetch it from memory again. The
 * bits are the same: the operators work element by element.
 * @module
 */
import type { GraphBuilder } from "../../onnx/builder.ts";
import type { StateTensor } from "../epochs/step-engine.ts";

/**
 * Elements of a block. `bench/train-step.mjs`' weights in blocks of 48,000 are slower than whole (the runtime gives so
 * few to one thread), of 95,000 to 290,000 alike.
 */
const [fewest, best, most] = [80_000, 140_000, 300_000];

/** The number of equal blocks of so many elements; 1 where they are few, or have no divisor that fits. */
function blockCount(elements: number): number {
  const [least, greatest] = [Math.max(2, Math.ceil(elements / most)), Math.floor(elements / fewest)];
  const counts = Array.from({ length: Math.max(0, greatest - least + 1) }, (_, at) => least + at);
  const distance = (count: number): number => Math.abs(Math.log(elements / count / best));
  const [nearest = 1] = counts.filter((count) => elements % count === 0).toSorted((a, b) => distance(a) - distance(b));
  return nearest;
}

/** A state tensor, and the dims with which a training graph takes, carries and gives it: its own, or those of blocks. */
export interface CarriedTensor extends StateTensor {
  readonly carried: readonly number[];
}

/** Dims of a tensor's blocks `[count, elements of one]`; the very dims given where it stays whole. */
export function carriedDims(dims: readonly number[]): readonly number[] {
  const elements = dims.reduce((product, length) => product * length, 1);
  const count = blockCount(elements);
  return count === 1 ? dims : [count, elements / count];
}

/** Whether a tensor is carried in blocks. */
export const isInBlocks = ({ dims, carried }: CarriedTensor): boolean => carried !== dims;

/**
 * Emits `each` for one block after another.
 * @param values Where the blocks of what it reads are, `[count, length]` each.
 * @param each Emits what becomes of a block, from its values in their order.
 * @returns What became of all of them, `[count, length]` each.
 */
export function inBlocks(
  g: GraphBuilder,
  values: readonly string[],
  each: (block: GraphBuilder, values: readonly string[]) => readonly string[],
): readonly string[] {
  const block = g.subgraph("block");
  const inputs = values.map((value, at) => block.input(`input ${at}`, "float32", g.info(value).dims.slice(1)));
  const results = each(block, inputs);
  for (const [at, result] of results.entries()) block.output(`result ${at}`, result);
  return g.ops({
    op: "Scan",
    inputs: values,
    attributes: { body: block.build(), num_scan_inputs: BigInt(values.length) },
    outputs: results.length,
  });
}
