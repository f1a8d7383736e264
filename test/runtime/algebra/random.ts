/** Numbers of a seed, uniform in [−1, 1): mulberry32. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/** `length` values of a seed as float64. */
export function uniformArray(seed: number, length: number): Float64Array {
  const next = uniform(seed);
  return Float64Array.from({ length }, next);
}

/** op(a)·op(b) by three loops in float64: the oracle. */
export function product(
  [a, m, k, transA = false]: readonly [ArrayLike<number>, number, number, boolean?],
  [b, n, transB = false]: readonly [ArrayLike<number>, number, boolean?],
): Float64Array {
  const result = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++)
        sum += Number(a[transA ? l * m + i : i * k + l]) * Number(b[transB ? j * k + l : l * n + j]);
      result[i * n + j] = sum;
    }
  return result;
}

/** Σ|a − b|² / Σ|b|², square root: relative Frobenius distance. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (Number(a[i]) - Number(b[i])) ** 2;
    size += Number(b[i]) ** 2;
  }
  return a.length === b.length ? Math.sqrt(difference / Math.max(size, Number.MIN_VALUE)) : Number.NaN;
}

/** A random symmetric positive definite `[n, n]`: XᵀX + ridge·I. */
export function spd(seed: number, n: number, ridge = 0.1): Float64Array {
  const x = uniformArray(seed, 2 * n * n);
  const matrix = product([x, n, 2 * n, true], [x, n]);
  for (let i = 0; i < n; i++) matrix[i * n + i] = Number(matrix[i * n + i]) + ridge;
  return matrix;
}

export const identity = (n: number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
