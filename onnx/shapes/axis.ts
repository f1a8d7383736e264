/**
 * Axes: negative ones count from the end.
 * @module
 */

/** The axis in `[0, rank)`, or `undefined` when `axis` is outside `[-rank, rank)`. */
export function normaliseAxis(axis: number, rank: number): number | undefined {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) return undefined;
  return axis < 0 ? axis + rank : axis;
}

/** Axes in `[0, rank)`; @throws Error when one is outside: callers check first. */
export function axesOf(axes: readonly number[], rank: number): readonly number[] {
  return axes.map((axis) => {
    const normal = normaliseAxis(axis, rank);
    if (normal === undefined) throw new Error(`axis ${axis} outside rank ${rank}`);
    return normal;
  });
}

/** Start, step and number of elements of `Slice` along an axis of `length` (the operator's clamping rules). */
export function sliceRange(
  length: number,
  { start, end, step }: { readonly start: number; readonly end: number; readonly step: number },
): { readonly start: number; readonly count: number } {
  const from = start < 0 ? start + length : start;
  const to = end < 0 ? end + length : end;
  const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);
  const first = step > 0 ? clamp(from, 0, length) : clamp(from, 0, length - 1);
  const last = step > 0 ? clamp(to, 0, length) : clamp(to, -1, length - 1);
  return { start: first, count: Math.max(0, Math.ceil((last - first) / step)) };
}
