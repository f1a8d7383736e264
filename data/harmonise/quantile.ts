import { valueAt } from "../scale/quantiles.ts";

/**
 * Maps each profile by rank onto a model's frozen reference (quantile normalisation, Bolstad et al. 2003,
 * Bioinformatics 19:185, with a reference that does not depend on the input).
 *
 * The value of rank r among n present values takes the reference at position r · (L − 1) / (n − 1), interpolated; ties
 * share their average rank; missing values stay missing. A profile's result depends on nothing but itself.
 * @param values `[rows, landmarks]`, only read
 * @param reference ascending, `[landmarks]`
 * @returns `[rows, landmarks]`, belongs to the caller
 */
export function mapQuantiles(values: Float32Array, reference: ArrayLike<number>): Float32Array {
  const landmarks = reference.length;
  const mapped = new Float32Array(values.length);
  const scratch = { sorted: new Float32Array(landmarks), targets: new Float32Array(landmarks) };
  const levels = Float64Array.from(reference);
  for (let start = 0; start < values.length; start += landmarks) {
    const sorted = sortPresent(values.subarray(start, start + landmarks), scratch.sorted);
    const targets = targetsOf(sorted, levels, scratch.targets);
    for (let i = start; i < start + landmarks; i += 1) {
      const value = values[i] as number;
      mapped[i] = Number.isNaN(value) ? Number.NaN : (targets[countBelow(value, sorted)] as number);
    }
  }
  return mapped;
}

/** The values of a profile that are not NaN, ascending, as a view of `scratch`. */
function sortPresent(profile: Float32Array, scratch: Float32Array): Float32Array {
  let count = 0;
  for (const value of profile) {
    if (Number.isNaN(value)) continue;
    scratch[count] = value;
    count += 1;
  }
  const present = scratch.subarray(0, count);
  present.sort();
  return present;
}

/** What the values of a sorted profile are mapped to: set at the first of equal values, in `targets`. */
function targetsOf(sorted: Float32Array, reference: Float64Array, targets: Float32Array): Float32Array {
  const last = sorted.length - 1;
  const step = last > 0 ? (reference.length - 1) / last : 0;
  // A lone value has no rank: it takes the middle.
  const origin = last > 0 ? 0 : (reference.length - 1) / 2;
  for (let first = 0; first <= last; ) {
    let next = first + 1;
    while (next <= last && sorted[next] === sorted[first]) next += 1;
    targets[first] = valueAt(reference, origin + ((first + next - 1) / 2) * step);
    first = next;
  }
  return targets;
}

/** How many elements of `sorted` are below `value`, by bisection. */
function countBelow(value: number, sorted: Float32Array): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
