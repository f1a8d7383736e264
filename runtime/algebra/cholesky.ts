/**
 * Cholesky factorisation A = L·Lᵀ of symmetric positive definite matrices and what follows from it, in float64.
 * Backward stable: relative errors of solutions are about n · 2⁻⁵³ · cond(A) (Higham, Accuracy and Stability of
 * Numerical Algorithms, 2nd ed., theorem 10.4). Matrices are row-major `[n, n]`; only lower triangles are read.
 * @module
 */
import { AppError } from "../../schemas/errors.ts";

/** A x = rhs for `columns` right-hand sides. */
export interface SpdSystem {
  /** Symmetric positive definite `[n, n]`. */
  readonly matrix: Float64Array;
  readonly n: number;
  /** `[n, columns]`, row-major. */
  readonly rhs: Float64Array;
  readonly columns: number;
}

/**
 * L of A = L·Lᵀ: `[n, n]`, zeros above the diagonal.
 * @throws AppError `bad-data` at the first pivot that is not positive to working precision: for a Gram matrix, a
 * column that is a combination of earlier ones.
 */
export function choleskyFactor(matrix: Float64Array, n: number): Float64Array {
  const factor = new Float64Array(n * n);
  const precision = n * Number.EPSILON;
  for (let i = 0; i < n; i++) {
    const rowI = i * n;
    for (let j = 0; j < i; j++) {
      const rowJ = j * n;
      let sum = at(matrix, rowI + j);
      for (let k = 0; k < j; k++) sum -= at(factor, rowI + k) * at(factor, rowJ + k);
      factor[rowI + j] = sum / at(factor, rowJ + j);
    }
    const diagonal = at(matrix, rowI + i);
    let pivot = diagonal;
    for (let k = 0; k < i; k++) pivot -= at(factor, rowI + k) ** 2;
    // Below rounding error of the subtractions the pivot's sign is chance. Written so that NaN fails too.
    if (!(pivot > precision * diagonal)) throw notPositive(i, pivot, diagonal);
    factor[rowI + i] = Math.sqrt(pivot);
  }
  return factor;
}

/** L⁻¹ of a lower triangular L: `[n, n]`, zeros above the diagonal. */
export function lowerInverse(factor: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    inverse[row + i] = 1;
    // Row i of L·X = I, solved for row i of X; row k of X ends at column k.
    for (let k = 0; k < i; k++) {
      const weight = at(factor, row + k);
      const rowK = k * n;
      for (let j = 0; j <= k; j++) inverse[row + j] = at(inverse, row + j) - weight * at(inverse, rowK + j);
    }
    const scale = 1 / at(factor, row + i);
    for (let j = 0; j <= i; j++) inverse[row + j] = at(inverse, row + j) * scale;
  }
  return inverse;
}

/** A⁻¹ = L⁻ᵀ·L⁻¹, exactly symmetric `[n, n]`. @throws AppError `bad-data` when A is not positive definite. */
export function spdInverse(matrix: Float64Array, n: number): Float64Array {
  const lower = lowerInverse(choleskyFactor(matrix, n), n);
  const inverse = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    const rowK = k * n;
    for (let i = 0; i <= k; i++) {
      const weight = at(lower, rowK + i);
      const rowI = i * n;
      for (let j = 0; j <= i; j++) inverse[rowI + j] = at(inverse, rowI + j) + weight * at(lower, rowK + j);
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) inverse[j * n + i] = at(inverse, i * n + j);
  return inverse;
}

/**
 * Solves A·x = rhs in JavaScript: `[n, columns]`. For thousands of columns `tridiagonalise` and `solveShifted` are faster.
 * @throws AppError `bad-data` when A is not positive definite.
 */
export function choleskySolve({ matrix, n, rhs, columns }: SpdSystem): Float64Array {
  const factor = choleskyFactor(matrix, n);
  const x = rhs.slice();
  const subtract = (i: number, k: number, weight: number): void => {
    for (let c = 0; c < columns; c++) x[i * columns + c] = at(x, i * columns + c) - weight * at(x, k * columns + c);
  };
  const divide = (i: number): void => {
    for (let c = 0; c < columns; c++) x[i * columns + c] = at(x, i * columns + c) / at(factor, i * n + i);
  };
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtract(i, k, at(factor, i * n + k));
    divide(i);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) subtract(i, k, at(factor, k * n + i));
    divide(i);
  }
  return x;
}

/** An element known to exist; NaN would show in the result. */
function at(values: Float64Array, index: number): number {
  return values[index] ?? Number.NaN;
}

function notPositive(row: number, pivot: number, diagonal: number): AppError {
  return new AppError("bad-data", {
    what: "the matrix is not positive definite to working precision",
    where: `row ${row}`,
    expected: "a positive pivot",
    got: `${pivot.toExponential(3)} of a diagonal ${diagonal.toExponential(3)}`,
    advice: "Raise lambda, or remove columns that are constant or combinations of others",
  });
}
