import type { RowErrors } from "./accumulate.ts";

/** Rows, cells and |error| (z units) of every unit that is resampled or plotted: a group, or a bucket of samples. */
export class ErrorTotals {
  readonly rows: number[] = [];
  readonly cells: number[] = [];
  readonly absolute: number[] = [];

  /** Adds the rows of one block, `units` `[rows]` being the unit of each; the arrays stay the caller's. */
  add(units: Int32Array, errors: RowErrors): void {
    for (const [row, unit] of units.entries()) {
      while (this.rows.length <= unit) for (const totals of [this.rows, this.cells, this.absolute]) totals.push(0);
      this.rows[unit]! += 1;
      this.cells[unit]! += errors.cells[row]!;
      this.absolute[unit]! += errors.absolute[row]!;
    }
  }

  /** Mean |error| of each unit's cells, z units; NaN where it has none. */
  mae(): number[] {
    return this.absolute.map((sum, unit) => sum / this.cells[unit]!);
  }
}

/** Buckets that samples are gathered in, so that the bootstrap's memory does not grow with the number of samples. */
export const sampleBuckets = 1_000;

/**
 * The bucket of each of `rows` samples, the first being the `start`-th one scored: its ordinal modulo
 * {@link sampleBuckets}. Up to that many samples, each is a unit of its own; beyond, equally large random-like units
 * leave the interval's width as it is in expectation, for samples that are independent of each other.
 */
export function bucketsOf(start: number, rows: number): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => (start + row) % sampleBuckets);
}
