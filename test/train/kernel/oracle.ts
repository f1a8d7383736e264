/** Kernel ridge regression written out in float64, one system of equations a fit: the oracle of the kernel start. */
import type { KernelShape } from "../../../train/families/kernel/kernel-function.ts";

/** Rows of a matrix. */
export function rowsOf(values: ArrayLike<number>, width: number): number[][] {
  const all = Array.from(values);
  return Array.from({ length: all.length / width }, (_, r) => all.slice(r * width, (r + 1) * width));
}

/** One column of a row-major matrix. */
export function columnOf(values: ArrayLike<number>, width: number, column: number): number[] {
  return rowsOf(values, width).map((row) => row[column] ?? Number.NaN);
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * (b[i] ?? 0), 0);

/** k(x, s) as the documentation has it. */
export function kernel(
  [x, s]: readonly [readonly number[], readonly number[]],
  metric: ArrayLike<number>,
  shape: KernelShape,
): number {
  const [a, b] = [x, s].map((row) => row.map((value, j) => value * (metric[j] ?? Number.NaN))) as [number[], number[]];
  const [ca, cb] = [a, b].map((row) => row.map((value) => value - mean(row))) as [number[], number[]];
  const d = x.length;
  const size = Math.sqrt(dot(ca, ca) / d) * Math.sqrt(dot(cb, cb) / d);
  const alike = size > 0 ? size * Math.exp(shape.gamma * (dot(ca, cb) / (d * size) - 1)) : 0;
  return alike + (shape.linear * dot(a, b)) / d;
}

/** Solves A·x = b by elimination with pivoting. */
function solve(matrix: readonly (readonly number[])[], rhs: readonly number[]): number[] {
  const n = rhs.length;
  const a = matrix.map((row, i) => [...row, rhs[i] ?? Number.NaN]);
  const at = (i: number, j: number): number => a[i]?.[j] ?? Number.NaN;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(at(i, k)) > Math.abs(at(pivot, k))) pivot = i;
    [a[k], a[pivot]] = [a[pivot] ?? [], a[k] ?? []];
    for (let i = k + 1; i < n; i++) {
      const factor = at(i, k) / at(k, k);
      const row = a[i] ?? [];
      for (let j = k; j <= n; j++) row[j] = at(i, j) - factor * at(k, j);
    }
  }
  const x = Array.from({ length: n }, () => 0);
  for (let i = n - 1; i >= 0; i--) {
    let sum = at(i, n);
    for (let j = i + 1; j < n; j++) sum -= at(i, j) * (x[j] ?? 0);
    x[i] = sum / at(i, i);
  }
  return x;
}

/**
 * min |y − Kα − b|² + σ·αᵀKα with a free b: (K + σI)·α + b·1 = y, Σα = 0. Returns what predicts from kernel values.
 */
export function ridgeFit(k: readonly (readonly number[])[], y: readonly number[], sigma: number) {
  const n = y.length;
  const system = k.map((row, i) => [...row.map((value, j) => value + (i === j ? sigma : 0)), 1]);
  const solution = solve([...system, [...y.map(() => 1), 0]], [...y, 0]);
  const [alpha, bias] = [solution.slice(0, n), solution[n] ?? Number.NaN];
  return { alpha, bias, predict: (row: readonly number[]): number => dot(row, alpha) + bias };
}

/** Residual of every profile under a fit to the other profiles. */
export function leftOutResiduals(k: readonly (readonly number[])[], y: readonly number[], sigma: number): number[] {
  return y.map((truth, left) => {
    const others = y.flatMap((_, i) => (i === left ? [] : [i]));
    const of = (row: readonly number[] = []): number[] => others.map((j) => row[j] ?? Number.NaN);
    const fit = ridgeFit(
      others.map((i) => of(k[i])),
      others.map((i) => y[i] ?? Number.NaN),
      sigma,
    );
    return truth - fit.predict(of(k[left]));
  });
}

/** The trace of K centred in feature space. */
export function centredTrace(k: readonly (readonly number[])[]): number {
  const all = mean(k.map(mean));
  return k.reduce((sum, row, i) => sum + (row[i] ?? Number.NaN) - 2 * mean(row) + all, 0);
}

/** The middle value, or the mean of the two. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2;
}
