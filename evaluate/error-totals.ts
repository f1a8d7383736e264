import type { RowErrors } from "./accumulate.ts";

/** Rows, cells and |error| (z units) of every unit that is resampled, tabulated or plotted: a group, a bucket, a flag. */
export class ErrorTotals {
  readonly rows: number[] = [];
  readonly cells: number[] = [];
  readonly absolute: number[] = [];
  /** |error| over targets that are no landmarks. */
  readonly withoutOverlap: number[] = [];
  /** Cells whose gene has a half-width, and those of them inside it. */
  readonly bounded: number[] = [];
  readonly inside: number[] = [];

  /** Adds the rows of one block, `units` `[rows]` being the unit of each; the arrays stay the caller's. */
  add(units: Int32Array, errors: RowErrors): void {
    const all = [this.rows, this.cells, this.absolute, this.withoutOverlap, this.bounded, this.inside];
    for (const [row, unit] of units.entries()) {
      while (this.rows.length <= unit) for (const totals of all) totals.push(0);
      this.rows[unit]! += 1;
      this.cells[unit]! += errors.cells[row]!;
      this.absolute[unit]! += errors.absolute[row]!;
      this.withoutOverlap[unit]! += errors.withoutOverlap[row]!;
      this.bounded[unit]! += errors.bounded[row]!;
      this.inside[unit]! += errors.inside[row]!;
    }
  }

  /** Mean |error| of each unit's cells, z units; NaN where it has none. */
  mae(): number[] {
    return this.absolute.map((sum, unit) => sum / this.cells[unit]!);
  }

  /** Share of each unit's cells inside the 90 % interval; NaN where none has an interval. */
  coverage(): number[] {
    return this.inside.map((inside, unit) => inside / this.bounded[unit]!);
  }

  /** The same over all units. */
  totalCoverage(): number {
    const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
    return total(this.inside) / total(this.bounded);
  }
}

/** Units that are resampled at most, so that the bootstrap's memory does not grow with the number of samples. */
export const resampledUnits = 1_000;

/**
 * The bucket of each of `rows` samples, the first being the `start`-th one scored: its ordinal modulo
 * {@link resampledUnits}. Up to that many samples, each is a unit of its own; beyond, equally large random-like units
 * leave the interval's width as it is in expectation, for samples that are independent of each other.
 */
export function bucketsOf(start: number, rows: number): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => (start + row) % resampledUnits);
}

/** Sums of the units that are drawn: at most {@link resampledUnits}, further ones sharing those, as `GeneErrors` does. */
export function mergedUnits(sums: readonly number[]): number[] {
  const merged = Array.from({ length: Math.min(sums.length, resampledUnits) }, () => 0);
  for (const [unit, sum] of sums.entries()) merged[unit % resampledUnits]! += sum;
  return merged;
}
