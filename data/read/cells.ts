/**
 * Cells of one line of a text table.
 * @module
 */
import { decodeText } from "./decode-text.ts";

const quote = 34;
const blank = 32;

/** How a text table separates and quotes its cells. */
export interface Dialect {
  /** The separator's byte. */
  readonly separator: number;
  /**
   * `spanning` (CSV, RFC 4180): a quoted cell may hold separators, `""` is a quote in it; line breaks may not.
   * `wrapping` (TSV as R writes it): quotes around a whole cell are taken off, a lone quote is text. `none` (GCT).
   */
  readonly quotes: "spanning" | "wrapping" | "none";
}

/** Tab-separated, quotes as R writes them. */
export const tsv: Dialect = { separator: 9, quotes: "wrapping" };
/** Comma-separated, RFC 4180. */
export const csv: Dialect = { separator: 44, quotes: "spanning" };
/** Tab-separated, a quote is a character like any other. */
export const gctCells: Dialect = { separator: 9, quotes: "none" };

/** Where the cell that begins at `start` ends: the position of its separator, or the line's length. */
export function cellEnd(line: Uint8Array, start: number, dialect: Dialect): number {
  let at = start;
  if (dialect.quotes === "spanning" && line[start] === quote) {
    at = start + 1;
    while (at < line.length && (line[at] !== quote || line[++at] === quote)) at++;
  }
  while (at < line.length && line[at] !== dialect.separator) at++;
  return at;
}

/** The cell `line[start, end)` as text: quotes taken off as the dialect says, blanks around it left out. */
export function cellText(line: Uint8Array, { start, end }: Span, dialect: Dialect): string {
  const bare = unquoted(line, { start, end }, dialect);
  const text = decodeText(line.subarray(bare.start, bare.end)).trim();
  return bare.end - bare.start < end - start && dialect.quotes === "spanning" ? text.replaceAll('""', '"') : text;
}

/** Bytes `[start, end)` of a line. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The cell without the quotes around it, if the dialect has them. */
export function unquoted(line: Uint8Array, cell: Span, dialect: Dialect): Span {
  const wrapped = cell.end - cell.start >= 2 && line[cell.start] === quote && line[cell.end - 1] === quote;
  return wrapped && dialect.quotes !== "none" ? { start: cell.start + 1, end: cell.end - 1 } : cell;
}

/** All cells of a line as text, or the first `limit` of them. */
export function splitCells(line: Uint8Array, dialect: Dialect, limit = Number.POSITIVE_INFINITY): string[] {
  const cells: string[] = [];
  for (let start = 0; start <= line.length && cells.length < limit; ) {
    const end = cellEnd(line, start, dialect);
    cells.push(cellText(line, { start, end }, dialect));
    start = end + 1;
  }
  return cells;
}

/** How many cells a line has; an empty line has one. */
export function countCells(line: Uint8Array, dialect: Dialect): number {
  let count = 0;
  if (dialect.quotes !== "spanning") {
    for (let at = 0; at < line.length; at++) if (line[at] === dialect.separator) count++;
    return count + 1;
  }
  for (let start = 0; start <= line.length; count++) start = cellEnd(line, start, dialect) + 1;
  return count;
}

/** Where the cell with index `index` begins; past the line's end when there is none. */
export function cellStart(line: Uint8Array, index: number, dialect: Dialect): number {
  let start = 0;
  for (let cell = 0; cell < index && start <= line.length; cell++) start = cellEnd(line, start, dialect) + 1;
  return start;
}

/** `line[start, end)` without blanks at either side. */
export function trimmed(line: Uint8Array, { start, end }: Span): Span {
  let first = start;
  let last = end;
  while (first < last && line[first] === blank) first++;
  while (last > first && line[last - 1] === blank) last--;
  return first === start && last === end ? { start, end } : { start: first, end: last };
}
