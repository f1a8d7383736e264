/** Samples that {@link averageRanks} can tell apart: 32 bits of value and 21 of position fill a float64 exactly. */
export const rankableSamples = 2 ** 21;

/** (Order of the value, position) as one number a value, unsorted; the order is IEEE 754's with −0 = +0. */
function sortKeys(values: Float32Array): Float64Array {
  const bits = new Uint32Array(values.map((value) => value + 0).buffer);
  const keys = new Float64Array(values.length);
  for (let i = 0; i < keys.length; i++) {
    const word = bits[i]!;
    const order = (word >>> 31 === 1 ? ~word : word | 0x8000_0000) >>> 0;
    keys[i] = order * rankableSamples + i;
  }
  return keys;
}

/**
 * Ranks 1 … n of `values` `[n]`, ties sharing their mean rank; a new array. No value may be NaN, and n is at most
 * {@link rankableSamples}. Sorting one float64 per value, (order, position), avoids a comparator's calls.
 */
export function averageRanks(values: Float32Array): Float64Array {
  const sorted = sortKeys(values).toSorted();
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < sorted.length; ) {
    const key = Math.floor(sorted[start]! / rankableSamples);
    let end = start + 1;
    while (end < sorted.length && Math.floor(sorted[end]! / rankableSamples) === key) end++;
    for (let i = start; i < end; i++) ranks[sorted[i]! % rankableSamples] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

/**
 * Pearson correlation of two sets of average ranks `[n]`: Spearman's rho with ties. NaN where one does not vary.
 */
export function rankCorrelation(a: Float64Array, b: Float64Array): number {
  const mean = (a.length + 1) / 2;
  let [aa, bb, ab] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const da = a[i]! - mean;
    const db = b[i]! - mean;
    aa += da * da;
    bb += db * db;
    ab += da * db;
  }
  return aa > 0 && bb > 0 ? Math.min(1, Math.max(-1, ab / Math.sqrt(aa * bb))) : Number.NaN;
}
