import { AppError } from "../../schemas/errors.ts";

/**
 * Refuses what cannot be factorised.
 * @throws AppError `usage` when the matrix is not `[n, n]`, `bad-data` for a value that is not finite.
 */
export function requireSquare(matrix: Float64Array, n: number): void {
  if (matrix.length !== n * n)
    throw new AppError("usage", {
      what: "the matrix is not square",
      expected: `${n * n} values`,
      got: `${matrix.length}`,
    });
  const bad = matrix.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new AppError("bad-data", {
    what: "a matrix to be factorised has a value that is not finite",
    where: `row ${Math.floor(bad / n)}, column ${bad % n}`,
    got: String(matrix[bad]),
  });
}
