import type { Axis, MetaColumn } from "../source.ts";
import type { WritableMatrix } from "./gct.ts";
import { checkCellIds, type TableDialect, tableCell } from "./table-cell.ts";
import { TextBuffer } from "./text-buffer.ts";

/** A sample field that is written as a column. */
export type LabelColumn = readonly [name: string, column: MetaColumn];

/** Readers look for label columns among this many first ones. */
const judgedColumns = 64;

/**
 * The sample fields that a table of numbers can carry, in the order in which to write them. A reader takes the columns
 * up to the last textual one for labels, so a field that is text through and through goes last; without one all fields
 * are left out, or they would come back as genes.
 */
export function labelColumns(samples: Axis): readonly LabelColumn[] {
  const fields = [...samples.fields];
  const last = fields.find(([, column]) => isText(column));
  if (last === undefined) return [];
  return [...fields.filter((field) => field !== last).slice(0, judgedColumns - 2), last];
}

/** True for text that no reader takes for numbers: the first cell is there, and no cell is a number. */
const isText = (column: MetaColumn): boolean =>
  !(column instanceof Float64Array) &&
  !/^\s*(na|nan|null)?\s*$/i.test(column[0] ?? "") &&
  column.every((cell) => cell.trim() === "" || Number.isNaN(Number(cell)));

/**
 * A TSV or CSV table in pieces, samples in rows: `sample`, the label columns, then one column a gene. Missing values
 * are `NaN` (R, pandas and NumPy all read it), missing labels empty; numbers are the shortest that read back as the
 * same float32. Fields of genes have no place in it.
 * @throws AppError `bad-data` for ids that a cell cannot hold
 */
export async function* delimitedText(
  { genes, samples, readBlocks }: WritableMatrix,
  labels: readonly LabelColumn[],
  dialect: TableDialect,
): AsyncGenerator<Uint8Array> {
  checkCellIds(genes.ids, dialect, "gene ids");
  checkCellIds(samples.ids, dialect, "sample ids");
  const { separator } = dialect;
  const separatorCode = separator.charCodeAt(0);
  const line = (cells: readonly string[]): string => cells.map((cell) => tableCell(cell, dialect)).join(separator);
  const buffer = new TextBuffer();
  buffer.text(`${line(["sample", ...labels.map(([name]) => name), ...genes.ids])}\n`);
  for await (const { start, rows, values } of readBlocks()) {
    for (let row = 0; row < rows; row++) {
      const sample = start + row;
      buffer.text(line([samples.ids[sample] ?? "", ...labels.map(([, column]) => String(column[sample] ?? ""))]));
      buffer.numbers(values.subarray(row * genes.ids.length, (row + 1) * genes.ids.length), separatorCode);
      buffer.text("\n");
      if (buffer.isFull) yield buffer.take();
    }
  }
  yield buffer.take();
}
