/**
 * First pass over a TSV or CSV table: everything but its numbers.
 * @module
 */
import { AppError } from "../../schemas/index.ts";
import type { NamedColumn } from "./axes.ts";
import { throwIfCancelled } from "./between-blocks.ts";
import { countCells, type Dialect, splitCells } from "./cells.ts";
import { type Line, lines } from "./lines.ts";
import { metaText } from "./missing.ts";
import { type TextFile, textBytes } from "./text-bytes.ts";
import { ValueRows, type ValueTable } from "./value-rows.ts";

/** A table without its numbers. */
export interface TableSurvey extends Omit<ValueTable, "label"> {
  /** Header of the id column, "" when it has none. */
  readonly corner: string;
  readonly rowIds: readonly string[];
  /** The label columns after the ids. */
  readonly labelColumns: readonly NamedColumn[];
}

/** Lines looked at to tell labels from numbers. */
const judgedLines = 64;
/** Label columns are sought among this many first columns. */
const judgedColumns = 64;

/** Metadata that are numbers: the names under which L1000 files and our own carry them, and Entrez ids. */
const labelName = /^(pr_|lf_)|entrez|^gene_?id$/i;

/**
 * Reads ids, labels and the header, and counts the cells of every line. Labels are the columns up to the last one
 * whose cells mostly are no numbers, or whose name says that it is metadata.
 * @throws AppError `bad-data` for ragged lines, a missing header, or when no column holds numbers
 */
export async function surveyTable(file: TextFile, dialect: Dialect): Promise<TableSurvey> {
  const { label } = file.source;
  let header: readonly string[] | undefined;
  const head: Line[] = [];
  let surveyor: Surveyor | undefined;
  for await (const line of lines(textBytes(file), { label })) {
    throwIfCancelled(file.signal, label);
    if (!header) header = splitCells(line.bytes, dialect);
    else if (surveyor) surveyor.add(line);
    else if (head.push({ number: line.number, bytes: line.bytes.slice() }) === judgedLines) {
      surveyor = new Surveyor(layout({ label, dialect, header, head }), head);
    }
  }
  surveyor ??= new Surveyor(layout({ label, dialect, header: header ?? [], head }), head);
  return surveyor.finish();
}

interface Layout extends ValueTable {
  readonly corner: string;
  readonly labelNames: readonly string[];
}

function layout({ label, dialect, header, head }: HeadOfTable): Layout {
  // R's write.table leaves out the id column's header.
  const cells = head[0] ? countCells(head[0].bytes, dialect) : header.length;
  const names = cells === header.length + 1 ? ["", ...header] : header;
  const leading = leadingColumns(names, head, dialect);
  const columns = names.slice(leading);
  if (columns.length === 0) {
    throw new AppError("bad-data", {
      what: "no column holds numbers after the ids",
      where: label,
      got: `columns ${shortList(names)}${head[0] ? `; line 2: ${shortList(splitCells(head[0].bytes, dialect))}` : ""}`,
      advice: "Give a matrix with ids in the first column and one sample or gene a column",
    });
  }
  if (columns.every((name) => /^-?\d*\.\d+$/.test(name))) {
    throw new AppError("bad-data", {
      what: "the first line holds numbers where names of samples or genes should be",
      where: `${label}, line 1`,
      got: columns.slice(0, 3).join(", "),
      advice: "Put a header line on top",
    });
  }
  return { label, dialect, leading, columns, corner: names[0] ?? "", labelNames: names.slice(1, leading) };
}

function shortList(names: readonly string[]): string {
  return names.slice(0, 5).join(", ") + (names.length > 5 ? ", …" : "");
}

interface HeadOfTable {
  readonly label: string;
  readonly dialect: Dialect;
  readonly header: readonly string[];
  readonly head: readonly Line[];
}

/**
 * How many columns carry labels: the ids, all up to the last textual one among the first, and a chromosome with its
 * coordinate behind them (1000 Genomes: TargetID, Gene_Symbol, Chr, Coord), which are numbers too.
 */
function leadingColumns(names: readonly string[], head: readonly Line[], dialect: Dialect): number {
  const rows = head.map((line) => splitCells(line.bytes, dialect, judgedColumns));
  let leading = 1;
  for (let column = 1; column < Math.min(names.length, judgedColumns); column++) {
    let balance = 0;
    for (const row of rows) balance += textVote(row[column] ?? "");
    if (balance > 0 || labelName.test(names[column] ?? "")) leading = column + 1;
  }
  return (
    leading +
    locusColumns(
      names.slice(leading),
      rows.map((row) => row.slice(leading)),
    )
  );
}

const chromosome = /^(chr)?([1-9]|1\d|2[0-2]|X|Y|XY|M|MT)$/i;
const coordinate = /^\d+$/;
/** Half of all human genes begin beyond 10⁷ bases; a value of that size on most lines is no expression. */
const usualCoordinate = 100_000;

/**
 * 2 where the first two columns hold a chromosome and a base, told by content: chromosomes only, then whole numbers
 * most of which are large, and values with decimals behind them. Counts, which are whole numbers too, need the names.
 */
function locusColumns(names: readonly string[], rows: readonly (readonly string[])[]): 0 | 2 {
  const all = (column: number, form: RegExp): boolean => rows.every((row) => form.test(row[column] ?? ""));
  if (names.length < 3 || rows.length === 0 || !all(0, chromosome) || !all(1, coordinate)) return 0;
  const large = rows.filter((row) => Number(row[1]) >= usualCoordinate).length > rows.length / 2;
  const decimals = rows.some((row) => row.slice(2).some((cell) => cell.includes(".")));
  const named = /^chr/i.test(names[0] ?? "") && /^(coord|pos|start|tss)/i.test(names[1] ?? "");
  return named || (large && decimals) ? 2 : 0;
}

/** 1 for text, −1 for a number, 0 for a missing value. */
function textVote(cell: string): number {
  if (/^(|na|nan|null|-666)$/i.test(cell)) return 0;
  return Number.isFinite(Number(cell)) ? -1 : 1;
}

class Surveyor {
  readonly #layout: Layout;
  readonly #rowIds: string[] = [];
  readonly #labels: string[][];
  readonly #values: ValueRows;

  constructor(found: Layout, head: readonly Line[]) {
    this.#layout = found;
    this.#labels = found.labelNames.map(() => []);
    this.#values = new ValueRows(found);
    for (const line of head) this.add(line);
  }

  add(line: Line): void {
    const { dialect, leading, columns } = this.#layout;
    const [id = "", ...labels] = splitCells(line.bytes, dialect, leading);
    this.#rowIds.push(id);
    this.#labels.forEach((column, index) => column.push(metaText(labels[index] ?? "")));
    const cells = countCells(line.bytes, dialect);
    if (cells !== leading + columns.length) this.#values.ragged(line, cells);
  }

  finish(): TableSurvey {
    this.#values.check();
    const { dialect, leading, columns, corner, labelNames } = this.#layout;
    const labelColumns = labelNames.map((name, index): NamedColumn => [name, this.#labels[index] ?? []]);
    return { dialect, leading, columns, corner, rowIds: this.#rowIds, labelColumns };
  }
}
