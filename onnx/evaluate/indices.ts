/**
 * Which element of a source each element of a result comes from, row-major.
 * @module
 */
import { elementCount } from "../element.ts";

/** Elements between neighbours along each axis. */
export function stridesOf(dims: readonly number[]): readonly number[] {
  const strides = dims.map(() => 1);
  for (let axis = dims.length - 2; axis >= 0; axis--) strides[axis] = (strides[axis + 1] ?? 1) * (dims[axis + 1] ?? 1);
  return strides;
}

/**
 * Source index of every element of a result of `dims`: the sum over axes of `step(axis, position)`, or −1 where a
 * step is not a number (nothing there).
 */
export function sourceIndices(dims: readonly number[], step: (axis: number, position: number) => number): Int32Array {
  let indices = Int32Array.of(0);
  for (const [axis, length] of dims.entries()) {
    const next = new Int32Array(indices.length * length);
    for (let position = 0; position < length; position++) {
      const added = step(axis, position);
      for (let before = 0; before < indices.length; before++) {
        const base = indices[before] ?? 0;
        next[before * length + position] = base < 0 || Number.isNaN(added) ? -1 : base + added;
      }
    }
    indices = next;
  }
  return indices;
}

/** Source indices of `from` stretched to `to`. */
export function broadcastIndices(from: readonly number[], to: readonly number[]): Int32Array {
  const offset = to.length - from.length;
  const strides = stridesOf(from);
  return sourceIndices(to, (axis, position) => {
    const own = axis - offset;
    return own < 0 || from[own] === 1 ? 0 : position * (strides[own] ?? 0);
  });
}

/** For every element of `dims`, the element it is reduced into when `axes` shrink to 1; and how many elements that are. */
export function reductionIndices(
  dims: readonly number[],
  axes: ReadonlySet<number>,
): { readonly into: Int32Array; readonly kept: readonly number[] } {
  const kept = dims.map((length, axis) => (axes.has(axis) ? 1 : length));
  const strides = stridesOf(kept);
  const into = sourceIndices(dims, (axis, position) => (axes.has(axis) ? 0 : position * (strides[axis] ?? 0)));
  return { into, kept };
}

/** A tensor seen as [outer, length, inner] around one axis. */
export function aroundAxis(
  dims: readonly number[],
  axis: number,
): { readonly outer: number; readonly length: number; readonly inner: number } {
  return {
    outer: elementCount(dims.slice(0, axis)),
    length: dims[axis] ?? 1,
    inner: elementCount(dims.slice(axis + 1)),
  };
}
