import { elementArrays } from "../../onnx/element.ts";
import type { Tensor } from "../../onnx/graph.ts";

/** The order that undoes a permutation of axes. */
export function inverse(perm: readonly number[]): readonly number[] {
  return perm.map((_, axis) => perm.indexOf(axis));
}

/** A tensor's elements in the row-major order of its axes taken as `perm`: dims[i] of the result = dims[perm[i]]. */
export function permuted(tensor: Tensor, perm: readonly number[]): Tensor {
  const { type, dims, data } = tensor;
  const sourceStrides = dims.map((_, axis) => dims.slice(axis + 1).reduce((product, length) => product * length, 1));
  const lengths = perm.map((axis) => dims[axis] ?? 1);
  const strides = perm.map((axis) => sourceStrides[axis] ?? 1);
  const result = new elementArrays[type](data.length);
  const position = lengths.map(() => 0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    // The arrays of one type hold one kind of number.
    (result as { [index: number]: number | bigint })[to] = data[from] as number | bigint;
    for (let axis = lengths.length - 1; axis >= 0; axis--) {
      const [length = 1, stride = 1, at = 0] = [lengths[axis], strides[axis], position[axis]];
      if (at + 1 < length) {
        position[axis] = at + 1;
        from += stride;
        break;
      }
      position[axis] = 0;
      from -= at * stride;
    }
  }
  // `elementArrays` pairs the type with its array; the union cannot say so.
  return { type, dims: lengths, data: result } as Tensor;
}
