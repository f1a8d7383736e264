import type { Products } from "./products.ts";

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

/** Reflections between two updates of the matrix. */
const panelSize = 32;

/**
 * Reduces a symmetric matrix `[n, n]`, of which the lower triangle is read, by Householder reflections from the last row
 * upwards: H₁⋯H₍ₙ₋₁₎·A·H₍ₙ₋₁₎⋯H₁ is tridiagonal (Golub and Van Loan, Matrix Computations 4th ed., algorithm 8.3.1). A
 * panel of reflections at a time (Dongarra, Sorensen and Hammarling 1989, J. Comput. Appl. Math. 27:215): each only reads
 * the matrix, 2/3 n³ operations in all, and what a panel changes in it, another 2/3 n³, is one matrix product.
 */
export async function reflectToTridiagonal(products: Products, matrix: Float64Array, n: number): Promise<Reflections> {
  const a = matrix.slice();
  const [diagonal, offDiagonal, factors] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const vectors = new Float64Array(n * n);
  const reduced = { n, diagonal, offDiagonal, vectors, factors };
  for (let rows = n; rows > 0; rows -= panelSize) {
    const changes = reducePanel(a, rows, reduced);
    if (rows > panelSize) await subtractChanges(products, a, { n, rows: rows - panelSize, changes });
  }
  return reduced;
}

/** What one reflection changes: A ← A − v·wᵀ − w·vᵀ; as long as the rows before the reflected one. */
interface RankTwo {
  readonly v: Float64Array;
  readonly w: Float64Array;
}

/** Reflects the last rows, a panel of them, of the leading `rows`; the matrix itself keeps the values before the panel. */
function reducePanel(a: Float64Array, rows: number, reduced: Reflections): RankTwo[] {
  const { n, diagonal, offDiagonal, vectors, factors } = reduced;
  const changes: RankTwo[] = [];
  for (let i = rows - 1; i >= Math.max(0, rows - panelSize); i--) {
    const row = a.subarray(i * n, i * n + i + 1);
    for (const { v, w } of changes) {
      const [vi, wi] = [v[i]!, w[i]!];
      for (let j = 0; j <= i; j++) row[j]! -= vi * w[j]! + wi * v[j]!;
    }
    diagonal[i] = row[i]!;
    if (i === 0) break;
    const u = vectors.subarray(i * n, i * n + i);
    [factors[i], offDiagonal[i]] = reflectionOf(row, u);
    const product = multiply(a, n, u);
    for (const { v, w } of changes) {
      const [alongV, alongW] = [dot(v, u), dot(w, u)];
      for (let j = 0; j < i; j++) product[j]! -= v[j]! * alongW + w[j]! * alongV;
    }
    changes.push(changeOf(u, product, factors[i]!));
  }
  return changes;
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

/** Σaⱼ·bⱼ over the length of b. */
function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < b.length; j++) sum += a[j]! * b[j]!;
  return sum;
}

/** A·u of the leading rows, as many as u is long, of a symmetric matrix with rows of n; reads the lower triangle only. */
function multiply(a: Float64Array, n: number, u: Float64Array): Float64Array {
  const rows = u.length;
  const product = new Float64Array(rows);
  // Four rows at a time: u and the product are loaded a quarter as often.
  const whole = rows - (rows % 4);
  for (let r = 0; r < whole; r += 4) {
    const [p0, p1, p2, p3] = [r * n, (r + 1) * n, (r + 2) * n, (r + 3) * n];
    const [u0, u1, u2, u3] = [u[r]!, u[r + 1]!, u[r + 2]!, u[r + 3]!];
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let j = 0; j < r; j++) {
      const uj = u[j]!;
      const a0 = a[p0 + j]!;
      const a1 = a[p1 + j]!;
      const a2 = a[p2 + j]!;
      const a3 = a[p3 + j]!;
      s0 += a0 * uj;
      s1 += a1 * uj;
      s2 += a2 * uj;
      s3 += a3 * uj;
      product[j]! += a0 * u0 + a1 * u1 + (a2 * u2 + a3 * u3);
    }
    product[r]! += s0;
    product[r + 1]! += s1;
    product[r + 2]! += s2;
    product[r + 3]! += s3;
    addTriangle(a, { n, from: r, end: r + 4, u }, product);
  }
  for (let row = whole; row < rows; row++) {
    let sum = 0;
    for (let j = 0; j < whole; j++) {
      const value = a[row * n + j]!;
      sum += value * u[j]!;
      product[j]! += value * u[row]!;
    }
    product[row]! += sum;
  }
  addTriangle(a, { n, from: whole, end: rows, u }, product);
  return product;
}

/** Adds what the rows and columns from `from` to before `end` give to the product: a triangle on the diagonal. */
function addTriangle(
  a: Float64Array,
  { n, from, end, u }: { readonly n: number; readonly from: number; readonly end: number; readonly u: Float64Array },
  product: Float64Array,
): void {
  for (let row = from; row < end; row++) {
    product[row]! += a[row * n + row]! * u[row]!;
    for (let j = from; j < row; j++) {
      product[row]! += a[row * n + j]! * u[j]!;
      product[j]! += a[row * n + j]! * u[row]!;
    }
  }
}

/** v = u and w = p − (factor/2)(pᵀu)·u with p = factor·A·u: H·A·H = A − v·wᵀ − w·vᵀ. */
function changeOf(u: Float64Array, product: Float64Array, factor: number): RankTwo {
  const share = (factor / 2) * factor * dot(product, u);
  return { v: u, w: product.map((value, j) => factor * value - share * u[j]!) };
}

/** Applies the changes of a panel to the lower triangle of the leading rows: Σ(v·wᵀ + w·vᵀ) as one product. */
async function subtractChanges(
  products: Products,
  a: Float64Array,
  { n, rows, changes }: { readonly n: number; readonly rows: number; readonly changes: readonly RankTwo[] },
): Promise<void> {
  const k = 2 * changes.length;
  const [left, right] = [new Float64Array(k * rows), new Float64Array(k * rows)];
  for (const [at, { v, w }] of changes.entries()) {
    const [own, other] = [2 * at * rows, (2 * at + 1) * rows];
    left.set(v.subarray(0, rows), own);
    left.set(w.subarray(0, rows), other);
    right.set(w.subarray(0, rows), own);
    right.set(v.subarray(0, rows), other);
  }
  const sum = await products.multiply({ type: "float64", a: left, b: right, m: rows, k, n: rows, transA: true });
  for (let r = 0; r < rows; r++) for (let j = 0; j <= r; j++) a[r * n + j]! -= sum[r * rows + j]!;
}
