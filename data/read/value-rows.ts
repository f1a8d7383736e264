/**
 * Numbers of the lines of a text table.
 * @module
 */
import { cellEnd, cellStart, cellText, type Dialect, trimmed, unquoted } from "./cells.ts";
import { parseDecimal } from "./decimal.ts";
import type { Line } from "./lines.ts";
import { isMissingMark, missingNumber } from "./missing.ts";
import { Problems } from "./problems.ts";

/** A table's shape: `leading` label cells a line, then one value cell a column. */
export interface ValueTable {
  readonly label: string;
  readonly dialect: Dialect;
  readonly leading: number;
  /** Header names of the value columns. */
  readonly columns: readonly string[];
}

/** Reads the value cells of line after line; what is wrong with cells is collected over lines. */
export class ValueRows {
  readonly #table: ValueTable;
  readonly #badCells: Problems;
  readonly #raggedLines: Problems;

  constructor(table: ValueTable) {
    this.#table = table;
    this.#badCells = new Problems({
      what: "cells are not numbers",
      where: table.label,
      expected: "a number with a decimal point, or nothing, NA, NaN, null or -666 for a missing value",
      advice: "Correct the cells, or give --orientation if samples and genes were taken for one another",
    });
    this.#raggedLines = new Problems({
      what: "lines have another number of cells than the header",
      where: table.label,
      expected: `${table.leading + table.columns.length} cells a line`,
      advice: "Check for a file cut short, a missing separator, or a quote left open",
    });
  }

  /**
   * The numbers of one line into `out`, one a column; missing values become NaN.
   * @throws AppError `bad-data` when this makes five lines or cells that are wrong
   */
  read(line: Line, out: Float32Array): void {
    const { dialect, leading } = this.#table;
    const { separator } = dialect;
    const { bytes } = line;
    const plain = dialect.quotes !== "spanning";
    let count = 0;
    for (let start = cellStart(bytes, leading, dialect); start <= bytes.length; count++) {
      let end = start;
      if (plain) while (end < bytes.length && bytes[end] !== separator) end++;
      else end = cellEnd(bytes, start, dialect);
      const value = parseDecimal(bytes, start, end);
      if (count < out.length) {
        const known = value === value && value !== missingNumber;
        out[count] = known ? value : this.#unusual(line, { column: count, start, end });
      }
      start = end + 1;
    }
    if (count !== out.length) this.ragged(line, leading + count);
  }

  /** Notes a line with the wrong number of cells. */
  ragged(line: Line, cells: number): void {
    this.#raggedLines.add(`line ${line.number} has ${cells}`);
  }

  /** @throws AppError `bad-data` when anything was wrong so far */
  check(): void {
    this.#raggedLines.throwIfAny();
    this.#badCells.throwIfAny();
  }

  /** A cell that is no plain number: missing, quoted, between blanks, or wrong. */
  #unusual(line: Line, cell: { readonly column: number; readonly start: number; readonly end: number }): number {
    const { dialect, leading, columns } = this.#table;
    const { start, end } = trimmed(line.bytes, unquoted(line.bytes, trimmed(line.bytes, cell), dialect));
    const value = parseDecimal(line.bytes, start, end);
    if (value === missingNumber || isMissingMark(line.bytes, start, end)) return Number.NaN;
    if (Number.isNaN(value)) {
      const text = cellText(line.bytes, { start, end: Math.min(end, start + 40) }, dialect);
      const column = `column ${leading + cell.column + 1} (${columns[cell.column]})`;
      this.#badCells.add(`line ${line.number}, ${column}: "${text}"`);
    }
    return value;
  }
}
