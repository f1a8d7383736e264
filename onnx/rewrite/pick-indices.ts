import { elementArrays, elementCount } from "../element.ts";
import type { Tensor } from "../graph.ts";

/**
 * A tensor with some indices of one axis, in their order, in an array of its own. Runs of consecutive indices are
 * copied together.
 */
export function pickIndices({ type, dims, data }: Tensor, axis: number, indices: Int32Array): Tensor {
  const length = dims[axis] ?? 1;
  const inner = elementCount(dims.slice(axis + 1));
  const outer = elementCount(dims.slice(0, axis));
  const picked = new elementArrays[type](outer * indices.length * inner);
  let to = 0;
  for (let group = 0; group < outer; group++)
    for (const [start, end] of runsOf(indices)) {
      const from = (group * length + start) * inner;
      const run = data.subarray(from, from + (end - start) * inner);
      // Both arrays are of the tensor's type; the union cannot say so.
      picked.set(run as never, to);
      to += run.length;
    }
  return { type, dims: dims.with(axis, indices.length), data: picked } as Tensor;
}

/** Runs `[start, end)` of consecutive indices. */
function runsOf(indices: Int32Array): (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (const index of indices) {
    const last = runs.at(-1);
    if (last?.[1] === index) last[1] = index + 1;
    else runs.push([index, index + 1]);
  }
  return runs;
}
