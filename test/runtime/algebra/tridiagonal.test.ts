/** Oracles: plain loops in float64, and ml-matrix's eigendecomposition. */
import { afterAll, describe, expect, it } from "vitest";
import { Products } from "../../../runtime/algebra/products.ts";
import { symmetricEigen } from "../../../runtime/algebra/symmetric.ts";
import { solveShifted, type Tridiagonal, tridiagonalise } from "../../../runtime/algebra/tridiagonal.ts";
import { leadingEigenvectors, tridiagonalEigenvalues } from "../../../runtime/algebra/tridiagonal-eigen.ts";
import { openSession } from "../../../runtime/node/open.ts";
import { distance, identity, product, spd, uniformArray } from "./random.ts";

const products = new Products(openSession);
afterAll(() => products[Symbol.asyncDispose]());

function symmetric(seed: number, n: number): Float64Array {
  const matrix = uniformArray(seed, n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) matrix[i * n + j] = Number(matrix[j * n + i]);
  return matrix;
}

/** Gram matrix of `rank` random rows: singular when rank < n. */
function gram(seed: number, n: number, rank: number): Float64Array {
  const rows = uniformArray(seed, rank * n);
  return product([rows, n, rank, true], [rows, n]);
}

/** T as a full matrix. */
function full({ n, diagonal, offDiagonal }: Tridiagonal): Float64Array {
  const t = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    t[i * n + i] = Number(diagonal[i]);
    if (i > 0) t[i * n + i - 1] = t[(i - 1) * n + i] = Number(offDiagonal[i]);
  }
  return t;
}

describe("tridiagonalise", () => {
  // 100 and more span several blocks of reflections.
  it.each([1, 2, 3, 5, 50, 100, 201])("gives Q·T·Qᵀ with orthogonal Q for %i rows", async (n) => {
    const matrix = symmetric(n, n);
    const t = await tridiagonalise(products, matrix, n);
    const left = product([t.basis, n, n], [full(t), n]);
    expect(distance(product([left, n, n], [t.basis, n, true]), matrix)).toBeLessThan(1e-13);
    expect(distance(product([t.basis, n, n, true], [t.basis, n]), identity(n))).toBeLessThan(1e-13);
  });

  it("keeps Q orthogonal where the matrix has rank 3, is diagonal, or is zero", async () => {
    const n = 120;
    for (const matrix of [gram(4, n, 3), identity(n), new Float64Array(n * n)]) {
      const { basis } = await tridiagonalise(products, matrix, n);
      expect(distance(product([basis, n, n, true], [basis, n]), identity(n))).toBeLessThan(1e-13);
    }
  });

  it("refuses values that are not finite, with their place, and other shapes", async () => {
    await expect(tridiagonalise(products, Float64Array.of(1, 0, Number.NaN, 1), 2)).rejects.toThrow(
      /row 1, column 0.*NaN/,
    );
    await expect(tridiagonalise(products, new Float64Array(3), 2)).rejects.toThrow(/expected 4 values, got 3/);
  });
});

describe("solveShifted", () => {
  it.each([1, 4, 70])("solves T + shift for %i rows and more columns than a strip", async (n) => {
    const t = await tridiagonalise(products, spd(n, n), n);
    const columns = 130;
    const rhs = uniformArray(7, n * columns);
    const x = new Float64Array(n * columns);
    solveShifted(t, { shift: 0.5, rhs, columns }, x);
    const shifted = full(t).map((v, i) => (i % (n + 1) === 0 ? v + 0.5 : v));
    expect(distance(product([shifted, n, n], [x, columns]), rhs)).toBeLessThan(1e-12);
    solveShifted(t, { shift: 0.5, rhs, columns }, rhs);
    expect(rhs).toEqual(x);
  });

  it("refuses a singular matrix and asks for a larger lambda", async () => {
    const t = await tridiagonalise(products, new Float64Array(9), 3);
    const out = new Float64Array(3);
    expect(() => solveShifted(t, { shift: 0, rhs: out, columns: 1 }, out)).toThrow(/not positive definite.*Raise/s);
  });
});

describe("eigenvalues and leading eigenvectors", () => {
  it.each([1, 2, 5, 60, 150])("equal those of ml-matrix for %i rows", async (n) => {
    const matrix = gram(n, n, n + 5);
    const t = await tridiagonalise(products, matrix, n);
    const values = tridiagonalEigenvalues(t);
    const count = Math.min(n, 20);
    const vectors = leadingEigenvectors(t, values, count);
    expect(distance(values, symmetricEigen(matrix, n).values)).toBeLessThan(1e-13);
    const scaled = vectors.map((v, at) => v * Number(values[Math.floor(at / n)]));
    expect(distance(product([vectors, count, n], [matrix, n]), scaled)).toBeLessThan(1e-12);
    expect(distance(product([vectors, count, n], [vectors, count, true]), identity(count))).toBeLessThan(1e-12);
  });

  it("are orthonormal also where eigenvalues are equal or zero", async () => {
    const n = 40;
    for (const matrix of [identity(n), gram(2, n, 3), new Float64Array(n * n)]) {
      const t = await tridiagonalise(products, matrix, n);
      const values = tridiagonalEigenvalues(t);
      const vectors = leadingEigenvectors(t, values, 8);
      expect(distance(product([vectors, 8, n], [vectors, 8, true]), identity(8))).toBeLessThan(1e-12);
      const scaled = vectors.map((v, at) => v * Number(values[Math.floor(at / n)]));
      const residual = product([vectors, 8, n], [matrix, n]).map((v, at) => v - Number(scaled[at]));
      expect(Math.hypot(...residual)).toBeLessThan(1e-12 * (1 + Number(values[0])));
    }
  });
});
