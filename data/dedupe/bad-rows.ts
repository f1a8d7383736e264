import { AppError } from "../../schemas/index.ts";
import { counted } from "../dataset/counted.ts";
import type { ExpressionSource } from "../source.ts";

/** A sample that has no distances, and the cell that is to blame. */
export interface BadRow {
  readonly row: number;
  readonly column: number;
  readonly value: number;
}

/** The first cell that is not finite, or else the largest. */
export function faultyCell(cells: Float32Array): Omit<BadRow, "row"> {
  let column = cells.findIndex((value) => !Number.isFinite(value));
  if (column < 0) {
    column = 0;
    cells.forEach((value, at) => {
      if (Math.abs(value) > Math.abs(cells[column] ?? 0)) column = at;
    });
  }
  return { column, value: cells[column] ?? Number.NaN };
}

/** What to tell of samples that have no distances. */
export function badRows(source: ExpressionSource, rows: readonly BadRow[]): AppError {
  const name = (value: number): string => (Number.isNaN(value) ? "no value" : value.toPrecision(4));
  return new AppError("bad-data", {
    what: `${counted(rows.length, "sample")} of ${source.samples.ids.length} cannot be compared with others`,
    where: source.label,
    expected: "finite values, of magnitudes whose squares float32 holds",
    examples: rows
      .slice(0, 6)
      .map(
        ({ row, column, value }) =>
          `sample ${source.samples.ids[row] ?? row}, gene ${source.genes.ids[column] ?? column}: ${name(value)}`,
      ),
    advice: rows.some(({ value }) => Number.isNaN(value))
      ? "Leave these samples or genes out; --missing mean fills in the cohort's mean where there is no value"
      : "Leave these samples or genes out",
  });
}
