/**
 * Tables beside a matrix: what is known of its genes and samples, where the matrix' own format has no place for it.
 * @module
 */
import type { MatrixFormat } from "../../schemas/index.ts";
import type { Axis, MetaColumn } from "../source.ts";
import { tabbed, tableCell } from "./table-cell.ts";
import { TextBuffer } from "./text-buffer.ts";

/** Where the tables of a matrix lie. */
export interface AxisTablePaths {
  readonly genes: string;
  readonly samples: string;
}

/** The paths of the tables of the matrix at `output`. */
export function axisTablePaths(output: string): AxisTablePaths {
  return { genes: `${output}.genes.tsv`, samples: `${output}.samples.tsv` };
}

/** True for formats that keep fields of genes, or of samples, in tables beside the matrix. */
export function hasAxisTables(format: MatrixFormat): boolean {
  return format === "tsv" || format === "csv" || format === "npy";
}

/**
 * The ids and fields of an axis as TSV in pieces, a gene or sample a line: `id`, then the fields, numbers as the
 * shortest text that reads back as the same float64, what is missing empty. A field `id` that repeats the ids is that
 * column already.
 */
export function* axisTable({ ids, fields }: Axis): Generator<Uint8Array> {
  const columns = [...fields].filter(([name, cells]) => name !== "id" || ids.some((id, row) => id !== cells[row]));
  const line = (cells: readonly string[]): string => `${cells.map((cell) => tableCell(cell, tabbed)).join("\t")}\n`;
  const buffer = new TextBuffer();
  buffer.text(line(["id", ...columns.map(([name]) => name)]));
  for (const [row, id] of ids.entries()) {
    buffer.text(line([id, ...columns.map(([, cells]) => cellText(cells, row))]));
    if (buffer.isFull) yield buffer.take();
  }
  yield buffer.take();
}

function cellText(cells: MetaColumn, row: number): string {
  const cell = cells[row] ?? "";
  return Number.isNaN(cell) ? "" : String(cell);
}
