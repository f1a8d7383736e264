import { describe, expect, it } from "vitest";
import { choleskyFactor, choleskySolve, lowerInverse, spdInverse } from "../../../runtime/algebra/cholesky.ts";
import { AppError } from "../../../schemas/errors.ts";
import { distance, identity, product, spd, uniformArray } from "./random.ts";

describe("choleskyFactor", () => {
  it("factors a matrix made by hand", () => {
    // L = [[2,0,0],[6,1,0],[−8,5,3]], the textbook example.
    const matrix = Float64Array.of(4, 12, -16, 12, 37, -43, -16, -43, 98);
    expect(choleskyFactor(matrix, 3)).toEqual(Float64Array.of(2, 0, 0, 6, 1, 0, -8, 5, 3));
  });

  it("reads the lower triangle only", () => {
    const matrix = Float64Array.of(4, Number.NaN, 2, 5);
    expect(choleskyFactor(matrix, 2)).toEqual(Float64Array.of(2, 0, 1, 2));
  });

  it.each([1, 2, 7, 60])("gives L·Lᵀ = A for random matrices of %i rows", (n) => {
    const matrix = spd(n, n);
    const factor = choleskyFactor(matrix, n);
    expect(distance(product([factor, n, n], [factor, n, true]), matrix)).toBeLessThan(1e-15);
    expect(distance(product([factor, n, n], [lowerInverse(factor, n), n]), identity(n))).toBeLessThan(1e-12);
  });

  it.each<[string, Float64Array]>([
    ["a negative direction", Float64Array.of(1, 2, 2, 1)],
    ["a column that repeats another", Float64Array.of(1, 1, 1, 1)],
    ["a repeated column under rounding", Float64Array.of(0.1 * 3, 0.3, 0.3, 0.3)],
    ["a constant column", Float64Array.of(0, 0, 0, 1)],
    ["a value that is missing", Float64Array.of(1, 0, Number.NaN, 1)],
  ])("refuses %s with advice", (_, matrix) => {
    const factor = (): Float64Array => choleskyFactor(matrix, 2);
    expect(factor).toThrow(AppError);
    expect(factor).toThrow(/row \d: the matrix is not positive definite.*Raise lambda/);
  });

  it("takes the same matrix once lambda is raised", () => {
    expect(() => choleskyFactor(Float64Array.of(1.01, 1, 1, 1.01), 2)).not.toThrow();
  });
});

describe("solving with a symmetric positive definite matrix", () => {
  const n = 40;
  const columns = 6;
  const matrix = spd(5, n);
  const rhs = uniformArray(6, n * columns);

  it("inverts: A·A⁻¹ = I, exactly symmetric", () => {
    const inverse = spdInverse(matrix, n);
    expect(distance(product([matrix, n, n], [inverse, n]), identity(n))).toBeLessThan(1e-12);
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) expect(inverse[i * n + j]).toBe(inverse[j * n + i]);
  });

  it("solves with a small residual and leaves the right-hand side alone", () => {
    const given = rhs.slice();
    const x = choleskySolve({ matrix, n, rhs, columns });
    expect(distance(product([matrix, n, n], [x, columns]), rhs)).toBeLessThan(1e-13);
    expect(rhs).toEqual(given);
  });
});
