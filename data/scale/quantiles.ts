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

/** A column of `[rows, columns]`. */
export interface Column {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly column: number;
}

/** The values of a column that are not NaN, ascending; belongs to the caller. */
export function sortedColumn(of: Column): Float32Array {
  const present = presentValues(of);
  present.sort();
  return present;
}

/** The values of a column that are not NaN, in order of rows; belongs to the caller. */
export function presentValues(matrix: Column): Float32Array {
  const { values, rows, columns, column } = matrix;
  const found = new Float32Array(rows);
  let count = 0;
  for (let row = 0, at = column; row < rows; row += 1, at += columns) {
    const value = values[at] as number;
    if (Number.isNaN(value)) continue;
    found[count] = value;
    count += 1;
  }
  return found.subarray(0, count);
}

/** Below it a native sort is as fast as going on. */
const sortedAtOnce = 256;

/**
 * Puts values in such an order, in place, that {@link quantileOfSorted} finds these quantiles in them as if they were
 * sorted, in linear time (Hoare 1961, Algorithm 65: FIND, Commun. ACM 4:321; for several ranks at once).
 * @param values without NaN
 * @param probabilities in [0, 1]
 */
export function sortForQuantiles(values: Float32Array, probabilities: readonly number[]): void {
  const below = probabilities.map((probability) => Math.floor(probability * (values.length - 1)));
  settleRanks(values, new Set(below.flatMap((rank) => [rank, rank + 1])));
}

/** Brings the values of these ranks to their places. */
function settleRanks(values: Float32Array, ranks: Iterable<number>): void {
  const open = [{ start: 0, end: values.length, ranks: [...ranks] }];
  for (let range = open.pop(); range !== undefined; range = open.pop()) {
    const { start, end } = range;
    const inside = range.ranks.filter((rank) => rank >= start && rank < end);
    if (inside.length === 0) continue;
    if (end - start <= sortedAtOnce) {
      values.subarray(start, end).sort();
      continue;
    }
    const { left, right } = partition(values, start, end);
    open.push({ start, end: left, ranks: inside }, { start: right, end, ranks: inside });
  }
}

/** Splits a range at its middle value into `[start, left)` not above it, what equals it, and `[right, end)` not below it. */
function partition(
  values: Float32Array,
  start: number,
  end: number,
): { readonly left: number; readonly right: number } {
  const ends = [values[start] as number, values[(start + end) >> 1] as number, values[end - 1] as number];
  const pivot = ends.toSorted((a, b) => a - b)[1] as number;
  let i = start;
  let j = end - 1;
  while (i <= j) {
    while ((values[i] as number) < pivot) i += 1;
    while ((values[j] as number) > pivot) j -= 1;
    if (i > j) break;
    const value = values[i] as number;
    values[i] = values[j] as number;
    values[j] = value;
    i += 1;
    j -= 1;
  }
  return { left: j + 1, right: i };
}

/** (q75 − q25) / 1.349: the standard deviation where values are normal, deaf to outliers. */
export function robustSd(sorted: ArrayLike<number>): number {
  return (quantileOfSorted(sorted, 0.75) - quantileOfSorted(sorted, 0.25)) / normalIqr;
}

/** Interquartile range of the standard normal distribution. */
export const normalIqr = 1.349;
