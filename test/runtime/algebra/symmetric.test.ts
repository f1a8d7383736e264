import { describe, expect, it } from "vitest";
import { principalComponents } from "../../../runtime/algebra/pca.ts";
import { symmetricEigen } from "../../../runtime/algebra/symmetric.ts";
import { distance, identity, product, spd, uniformArray } from "./random.ts";

/** A random symmetric matrix with eigenvalues of both signs. */
function symmetric(seed: number, n: number): Float64Array {
  const matrix = uniformArray(seed, n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) matrix[i * n + j] = Number(matrix[j * n + i]);
  return matrix;
}

describe("symmetricEigen", () => {
  it("finds the eigenvalues of a matrix made by hand, largest first", () => {
    // Path graph of three nodes: 2 + √2, 2, 2 − √2.
    const { values } = symmetricEigen(Float64Array.of(2, -1, 0, -1, 2, -1, 0, -1, 2), 3);
    const expected = [2 + Math.SQRT2, 2, 2 - Math.SQRT2];
    for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, 14);
  });

  it.each([1, 2, 5, 50])("gives A·V = V·diag(values) with orthonormal columns for %i rows", (n) => {
    const matrix = symmetric(n, n);
    const { values, vectors } = symmetricEigen(matrix, n);
    const scaled = vectors.map((v, i) => v * Number(values[i % n]));
    expect(distance(product([matrix, n, n], [vectors, n]), scaled)).toBeLessThan(1e-13);
    expect(distance(product([vectors, n, n, true], [vectors, n]), identity(n))).toBeLessThan(1e-13);
    expect([...values]).toEqual([...values].toSorted((a, b) => b - a));
  });

  it("does no rows, and equal eigenvalues", () => {
    expect(symmetricEigen(new Float64Array(0), 0).values).toHaveLength(0);
    expect(symmetricEigen(identity(4), 4).values).toEqual(Float64Array.of(1, 1, 1, 1));
  });

  it("refuses values that are not finite, with their place, and other shapes", () => {
    expect(() => symmetricEigen(Float64Array.of(1, 0, Number.NaN, 1), 2)).toThrow(/row 1, column 0.*NaN/);
    expect(() => symmetricEigen(new Float64Array(3), 2)).toThrow(/expected 4 values, got 3/);
  });
});

describe("principalComponents", () => {
  it("recovers a covariance built from known directions, and the mean of what is left", () => {
    const n = 6;
    const { vectors } = symmetricEigen(symmetric(9, n), n);
    const variances = [9, 4, 1, 0.5, 0.25, 0.25];
    const scaled = vectors.map((v, i) => v * Number(variances[i % n]));
    const covariance = product([scaled, n, n], [vectors, n, true]);
    const found = principalComponents(covariance, n, 3);
    expect(distance(found.variances, [9, 4, 1])).toBeLessThan(1e-14);
    expect(found.residualVariance).toBeCloseTo(1 / 3, 13);
    expect(found.totalVariance).toBeCloseTo(15, 12);
    for (let c = 0; c < 3; c++) {
      const row = found.components.subarray(c * n, (c + 1) * n);
      const direction = row.map((_, i) => Number(vectors[i * n + c]));
      const along = product([row, 1, n], [direction, 1])[0];
      expect(Math.abs(Number(along))).toBeCloseTo(1, 12);
    }
  });

  it("turns each direction so that its largest entry is positive", () => {
    const n = 7;
    const { components } = principalComponents(spd(4, n), n, n);
    for (let c = 0; c < n; c++) {
      const row = [...components.subarray(c * n, (c + 1) * n)];
      expect(Math.max(...row)).toBe(Math.max(...row.map(Math.abs)));
    }
  });

  it("leaves nothing when all components are asked for, and everything when none is", () => {
    const covariance = spd(3, 4);
    const all = principalComponents(covariance, 4, 4);
    expect(all.residualVariance).toBe(0);
    expect(principalComponents(covariance, 4, 0).residualVariance).toBeCloseTo(all.totalVariance / 4, 12);
  });

  it("counts eigenvalues that rounding made negative as zero", () => {
    const found = principalComponents(Float64Array.of(1, 1, 1, 1 - 1e-15), 2, 2);
    expect(found.variances[1]).toBeGreaterThanOrEqual(0);
  });

  it("refuses more components than there are", () => {
    expect(() => principalComponents(identity(2), 2, 3)).toThrow(/expected 0 to 2, got 3/);
  });
});
