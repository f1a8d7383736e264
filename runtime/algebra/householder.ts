/** A symmetric matrix as reflections of a tridiagonal one. */
export interface Reflections {
  readonly n: number;
  /** `[n]` */
  readonly diagonal: Float64Array;
  /** `[n]`: element i lies between i − 1 and i; element 0 is 0. */
  readonly offDiagonal: Float64Array;
  /** `[n, n]`: row i is v of Hᵢ = I − factor·v·vᵀ, zero from element i on. */
  readonly vectors: Float64Array;
  /** `[n]`: 0 where there was nothing to reflect. */
  readonly factors: Float64Array;
}

/** The change A ← A − v·wᵀ − w·vᵀ that one reflection makes, `[n]` each. */
interface RankTwo {
  readonly v: Float64Array;
  readonly w: Float64Array;
}

/**
 * Reduces a symmetric matrix `[n, n]`, of which the lower triangle is read, by Householder reflections from the last row
 * upwards: H₁⋯H₍ₙ₋₁₎·A·H₍ₙ₋₁₎⋯H₁ is tridiagonal (Golub and Van Loan, Matrix Computations 4th ed., algorithm 8.3.1).
 * The change of one step and the product of the next go through memory together: 4/3 n³ operations in n passes.
 */
export function reflectToTridiagonal(matrix: Float64Array, n: number): Reflections {
  const a = matrix.slice();
  const [diagonal, offDiagonal, factors] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const vectors = new Float64Array(n * n);
  const change: RankTwo = { v: new Float64Array(n), w: new Float64Array(n) };
  const product = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    const row = a.subarray(i * n, i * n + i + 1);
    subtractFromRow(row, change, i);
    diagonal[i] = row[i]!;
    if (i === 0) break;
    const u = vectors.subarray(i * n, i * n + i);
    [factors[i], offDiagonal[i]] = reflectionOf(row, u);
    subtractAndMultiply(a, { n, rows: i, change, u }, product.fill(0));
    nextChange(change, { u, product, factor: factors[i]! });
  }
  return { n, diagonal, offDiagonal, vectors, factors };
}

function subtractFromRow(row: Float64Array, { v, w }: RankTwo, i: number): void {
  const [vi, wi] = [v[i]!, w[i]!];
  for (let j = 0; j <= i; j++) row[j]! -= vi * w[j]! + wi * v[j]!;
}

/**
 * The reflection that leaves only the last element of x = row[0..u.length): writes v with v's last element 1 into u;
 * returns [factor, what becomes of the last element].
 */
function reflectionOf(row: Float64Array, u: Float64Array): [number, number] {
  const last = u.length - 1;
  let largest = 0;
  for (let j = 0; j < last; j++) largest = Math.max(largest, Math.abs(row[j]!));
  const alpha = row[last]!;
  if (largest === 0) return [0, alpha];
  const scale = Math.max(largest, Math.abs(alpha));
  let squares = (alpha / scale) ** 2;
  for (let j = 0; j < last; j++) squares += (row[j]! / scale) ** 2;
  const left = alpha > 0 ? -scale * Math.sqrt(squares) : scale * Math.sqrt(squares);
  for (let j = 0; j < last; j++) u[j] = row[j]! / (alpha - left);
  u[last] = 1;
  return [(left - alpha) / left, left];
}

/** Applies `change` to the leading rows of `a` and adds their product with `u` to `product`; lower triangle only. */
function subtractAndMultiply(
  a: Float64Array,
  {
    n,
    rows,
    change: { v, w },
    u,
  }: { readonly n: number; readonly rows: number; readonly change: RankTwo; readonly u: Float64Array },
  product: Float64Array,
): void {
  // Two rows at a time: the vectors are loaded half as often. An odd first row has only its diagonal.
  const odd = rows % 2;
  if (odd === 1) {
    a[0]! -= 2 * v[0]! * w[0]!;
    product[0]! += a[0]! * u[0]!;
  }
  for (let r = odd; r < rows; r += 2) {
    const [p0, p1] = [r * n, r * n + n];
    const [v0, w0, u0] = [v[r]!, w[r]!, u[r]!];
    const [v1, w1, u1] = [v[r + 1]!, w[r + 1]!, u[r + 1]!];
    let [sum0, sum1] = [0, 0];
    for (let j = 0; j < r; j++) {
      const [vj, wj, uj] = [v[j]!, w[j]!, u[j]!];
      const x = a[p0 + j]! - v0 * wj - w0 * vj;
      const y = a[p1 + j]! - v1 * wj - w1 * vj;
      a[p0 + j] = x;
      a[p1 + j] = y;
      sum0 += x * uj;
      sum1 += y * uj;
      product[j]! += x * u0 + y * u1;
    }
    const x = (a[p0 + r]! -= 2 * v0 * w0);
    const below = (a[p1 + r]! -= v1 * w0 + w1 * v0);
    const y = (a[p1 + r + 1]! -= 2 * v1 * w1);
    product[r]! += sum0 + x * u0 + below * u1;
    product[r + 1]! += sum1 + below * u0 + y * u1;
  }
}

/** v = u and w = p − (factor/2)(pᵀu)·u with p = factor·A·u: H·A·H = A − v·wᵀ − w·vᵀ. */
function nextChange(
  { v, w }: RankTwo,
  { u, product, factor }: { readonly u: Float64Array; readonly product: Float64Array; readonly factor: number },
): void {
  let along = 0;
  for (let j = 0; j < u.length; j++) along += factor * product[j]! * u[j]!;
  const share = (factor / 2) * along;
  for (let j = 0; j < u.length; j++) {
    v[j] = u[j]!;
    w[j] = factor * product[j]! - share * u[j]!;
  }
}
