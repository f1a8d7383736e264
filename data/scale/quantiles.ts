/**
 * A quantile of sorted values, linearly interpolated (type 7 of Hyndman & Fan 1996, Am. Stat. 50:361; numpy's default).
 * @param sorted ascending, without NaN
 * @param probability in [0, 1]
 * @returns NaN where there are no values
 */
export function quantileOfSorted(sorted: ArrayLike<number>, probability: number): number {
  return valueAt(sorted, probability * (sorted.length - 1));
}

/** The value at a fractional position of a list, linearly interpolated; NaN for an empty list. */
export function valueAt(list: ArrayLike<number>, position: number): number {
  const below = Math.floor(position);
  const low = list[below] ?? Number.NaN;
  const high = list[Math.min(below + 1, list.length - 1)] ?? Number.NaN;
  return low + (high - low) * (position - below);
}

/** The values of one column of `[rows, columns]` that are not NaN, ascending; belongs to the caller. */
export function sortedColumn(matrix: {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly column: number;
}): Float32Array {
  const { values, rows, columns, column } = matrix;
  const found = new Float32Array(rows);
  let count = 0;
  for (let row = 0, at = column; row < rows; row += 1, at += columns) {
    const value = values[at] as number;
    if (Number.isNaN(value)) continue;
    found[count] = value;
    count += 1;
  }
  const present = found.subarray(0, count);
  present.sort();
  return present;
}

/** (q75 − q25) / 1.349: the standard deviation where values are normal, deaf to outliers. */
export function robustSd(sorted: ArrayLike<number>): number {
  return (quantileOfSorted(sorted, 0.75) - quantileOfSorted(sorted, 0.25)) / normalIqr;
}

/** Interquartile range of the standard normal distribution. */
export const normalIqr = 1.349;
