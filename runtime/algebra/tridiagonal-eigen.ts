import { AppError } from "../../schemas/errors.ts";
import { orient } from "./pca.ts";
import type { Tridiagonal } from "./tridiagonal.ts";

/**
 * Eigenvalues `[n]` of a symmetric tridiagonal matrix, descending: implicit QL with Wilkinson's shift (Dubrulle, Martin
 * and Wilkinson 1968, Numer. Math. 12:377), n² operations. Errors are a small multiple of n · 2⁻⁵³ · |T|.
 */
export function tridiagonalEigenvalues({
  n,
  diagonal,
  offDiagonal,
}: Pick<Tridiagonal, "n" | "diagonal" | "offDiagonal">): Float64Array {
  const d = diagonal.slice();
  // e[i] lies between i and i + 1.
  const e = new Float64Array(n);
  e.set(offDiagonal.subarray(1));
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) m++;
      if (m === l) break;
      if (sweep === 60) throw new AppError("internal", { what: "QL did not converge", where: `eigenvalue ${l}` });
      sweepQl({ d, e, l, m });
    }
  }
  return d.toSorted((a, b) => b - a);
}

/** One implicit QL sweep over the unreduced block [l, m]. */
function sweepQl({
  d,
  e,
  l,
  m,
}: {
  readonly d: Float64Array;
  readonly e: Float64Array;
  readonly l: number;
  readonly m: number;
}): void {
  const half = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  const root = Math.hypot(half, 1);
  let g = d[m]! - d[l]! + e[l]! / (half + (half >= 0 ? root : -root));
  let [s, c, p] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const [f, b] = [s * e[i]!, c * e[i]!];
    const r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= p;
      e[m] = 0;
      return;
    }
    [s, c] = [f / r, g / r];
    const shifted = d[i + 1]! - p;
    const t = (d[i]! - shifted) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = shifted + p;
    g = c * t - b;
  }
  d[l]! -= p;
  e[l] = g;
  e[m] = 0;
}

/**
 * Unit eigenvectors of A = Q·T·Qᵀ to the `count` largest of `values`, `[count, n]`, a vector a row, its largest entry
 * positive: inverse iteration on T, each vector kept orthogonal to those before it (Golub and Van Loan 8.4.2), then Q.
 * Of equal eigenvalues any orthonormal basis is one. Costs 2·count·n² operations.
 */
export function leadingEigenvectors(tridiagonal: Tridiagonal, values: Float64Array, count: number): Float64Array {
  const { n, basis } = tridiagonal;
  const inner = new Float64Array(count * n);
  for (let k = 0; k < count; k++) iterate(tridiagonal, values, { inner, k });
  const vectors = new Float64Array(count * n);
  for (let k = 0; k < count; k++) {
    const [from, to] = [inner.subarray(k * n, (k + 1) * n), vectors.subarray(k * n, (k + 1) * n)];
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += basis[i * n + j]! * from[j]!;
      to[i] = sum;
    }
    orient(to);
  }
  return vectors;
}

/** Finds row k of `inner`. */
function iterate(
  tridiagonal: Tridiagonal,
  values: Float64Array,
  { inner, k }: { readonly inner: Float64Array; readonly k: number },
): void {
  const { n } = tridiagonal;
  const x = inner.subarray(k * n, (k + 1) * n);
  // Any start that no eigenvector is orthogonal to; fixed, so that results are too.
  for (let i = 0; i < n; i++) x[i] = 1 + ((i * 2654435761 + k * 40503) % 1024) / 1024;
  const spread = Math.max(Math.abs(values[0]!), Math.abs(values[n - 1]!)) || 1;
  // A hair beside the eigenvalue: T − shift·I is then as singular as it may be, and solvable.
  const shift = values[k]! + 2 * Number.EPSILON * spread;
  for (let round = 0; round < 4; round++) {
    orthogonalise(x, inner, k);
    solveIndefinite(tridiagonal, { shift, tiny: Number.EPSILON * spread }, x);
    normalise(x);
  }
  orthogonalise(x, inner, k);
}

/** Takes out of x the rows of `inner` before k, twice, and scales it to length 1. */
function orthogonalise(x: Float64Array, inner: Float64Array, k: number): void {
  const n = x.length;
  for (let pass = 0; pass < 2; pass++)
    for (let r = 0; r < k; r++) {
      let along = 0;
      for (let i = 0; i < n; i++) along += x[i]! * inner[r * n + i]!;
      for (let i = 0; i < n; i++) x[i]! -= along * inner[r * n + i]!;
    }
  normalise(x);
}

function normalise(x: Float64Array): void {
  let largest = 0;
  for (const value of x) largest = Math.max(largest, Math.abs(value));
  let squares = 0;
  for (const value of x) squares += (value / largest) ** 2;
  const length = largest * Math.sqrt(squares);
  for (let i = 0; i < x.length; i++) x[i]! /= length;
}

/** Solves (T − shift·I)·x = x in place by Gaussian elimination with row exchanges; pivots of 0 become `tiny`. */
function solveIndefinite(
  { n, diagonal, offDiagonal }: Tridiagonal,
  { shift, tiny }: { readonly shift: number; readonly tiny: number },
  x: Float64Array,
): void {
  // Row i of U: pivot, and the two elements right of it.
  const [u0, u1, u2] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  let [pivot, right] = [diagonal[0]! - shift, n > 1 ? offDiagonal[1]! : 0];
  for (let i = 0; i + 1 < n; i++) {
    const [below, next, far] = [offDiagonal[i + 1]!, diagonal[i + 1]! - shift, i + 2 < n ? offDiagonal[i + 2]! : 0];
    if (Math.abs(below) > Math.abs(pivot)) {
      const weight = pivot / below;
      [u0[i], u1[i], u2[i]] = [below, next, far];
      [x[i], x[i + 1]] = [x[i + 1]!, x[i]! - weight * x[i + 1]!];
      [pivot, right] = [right - weight * next, -weight * far];
    } else {
      const weight = below / (pivot === 0 ? tiny : pivot);
      [u0[i], u1[i]] = [pivot === 0 ? tiny : pivot, right];
      x[i + 1]! -= weight * x[i]!;
      [pivot, right] = [next - weight * right, far];
    }
  }
  u0[n - 1] = Math.abs(pivot) < tiny ? tiny : pivot;
  for (let i = n - 1; i >= 0; i--) {
    const later = (i + 1 < n ? u1[i]! * x[i + 1]! : 0) + (i + 2 < n ? u2[i]! * x[i + 2]! : 0);
    x[i] = (x[i]! - later) / u0[i]!;
  }
}
