import { AppError } from "../../schemas/errors.ts";

/**
 * Sums and sums of squares of columns about a shift, in float64, over blocks of rows. With a shift near the means the
 * centred second moment Σd² − (Σd)²/N loses nothing to cancellation (Chan, Golub and LeVeque 1983, shifted data).
 */
export class ColumnSums {
  /** `[n]`, float32 so that subtracting it from float32 data in a graph is the same subtraction. */
  readonly shift: Float32Array;
  /** `[n]`: Σ(v − shift). */
  readonly sum: Float64Array;
  /** `[n]`: Σ(v − shift)². */
  readonly squares: Float64Array;
  #count = 0;

  constructor(shift: Float32Array) {
    this.shift = shift;
    this.sum = new Float64Array(shift.length);
    this.squares = new Float64Array(shift.length);
  }

  /** Sums about the means of a first block `[rows, n]`, which is not yet added. */
  static aboutMeansOf(values: Float32Array, n: number): ColumnSums {
    const first = new ColumnSums(new Float32Array(n));
    first.add(values);
    return new ColumnSums(Float32Array.from(first.mean()));
  }

  /** Rows added so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds a block `[rows, n]`.
   * @throws AppError `bad-data` naming the first value that is not finite; the sums are then of no use.
   */
  add(values: Float32Array): void {
    const { shift, sum, squares } = this;
    const n = shift.length;
    if (n === 0) return;
    const four = 4 * n;
    let start = 0;
    // Four rows at a time: the sums are read and written a quarter as often.
    for (; start + four <= values.length; start += four)
      for (let c = 0; c < n; c++) {
        const [at, mean] = [start + c, shift[c]!];
        const a = values[at]! - mean;
        const b = values[at + n]! - mean;
        const d = values[at + 2 * n]! - mean;
        const e = values[at + 3 * n]! - mean;
        sum[c]! += a + b + (d + e);
        squares[c]! += a * a + b * b + (d * d + e * e);
      }
    for (; start < values.length; start += n)
      for (let c = 0; c < n; c++) {
        const d = values[start + c]! - shift[c]!;
        sum[c]! += d;
        squares[c]! += d * d;
      }
    // A missing value spoils its column's sum: looking there spares a test for each value.
    if (!sum.every((value) => Number.isFinite(value))) throw notFinite(values, n, this.#count);
    this.#count += values.length / n;
  }

  /** `[n]`: means. */
  mean(): Float64Array {
    return this.sum.map((sum, c) => (this.shift[c] ?? Number.NaN) + sum / this.#count);
  }

  /** `[n]`: Σ(v − mean)². */
  centredSquares(): Float64Array {
    return this.squares.map((square, c) => Math.max(0, square - (this.sum[c] ?? Number.NaN) ** 2 / this.#count));
  }
}

function notFinite(values: Float32Array, n: number, rowsBefore: number): AppError {
  const index = values.findIndex((value) => !Number.isFinite(value));
  return new AppError("bad-data", {
    what: "moments need finite values",
    where: `row ${rowsBefore + Math.floor(index / n)}, column ${index % n}`,
    got: String(values[index]),
    advice: "Fill or leave out missing values first",
  });
}
