/**
 * `genes.tsv`: what a model knows of its genes, one {@link GeneRecord} a line, landmarks first, then targets.
 * Plain TSV without quoting; an empty cell is "not known"; numbers are the shortest that read back exactly, so equal
 * records give equal bytes.
 * @module
 */
import { AppError, GeneRecord } from "../schemas/index.ts";

/** Columns in file order; the type makes a field of {@link GeneRecord} without a column a compile error. */
const columns = Object.keys({
  id: 0,
  role: 0,
  symbol: 0,
  entrez: 0,
  ensembl: 0,
  mae: 0,
  r: 0,
  reliability: 0,
  halfwidth90: 0,
} satisfies Record<keyof GeneRecord, 0>) as readonly (keyof GeneRecord)[];

const numeric: ReadonlySet<string> = new Set<keyof GeneRecord>(["mae", "r", "halfwidth90"]);
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** What is wrong with the records as a list: duplicate ids, a landmark after a target. */
function orderProblems(genes: readonly GeneRecord[]): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  let targets = false;
  for (const [i, { id, role }] of genes.entries()) {
    if (seen.has(id)) problems.push(`gene ${i + 1}: id '${id}' appears twice`);
    if (targets && role === "landmark") problems.push(`gene ${i + 1}: landmark '${id}' comes after a target`);
    seen.add(id);
    targets ||= role === "target";
  }
  return problems;
}

function refuse(problems: readonly string[], label: string): void {
  if (problems.length === 0) return;
  throw new AppError("bad-data", {
    what: `the gene table has ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`,
    where: label,
    examples: problems,
    advice: "Each id must appear once, landmarks must precede targets, and cells may hold no tab or line break",
  });
}

/**
 * The text of `genes.tsv`, header included, lines ended by a newline.
 * @throws AppError `bad-data` for duplicate ids, landmarks after targets, and text with a tab or line break.
 */
export function formatGenesTable(genes: readonly GeneRecord[], label = "genes.tsv"): string {
  const problems = orderProblems(genes);
  const lines = genes.map((gene, i) =>
    columns
      .map((column) => {
        const cell = String(gene[column] ?? "");
        if (/[\t\r\n]/.test(cell)) problems.push(`gene ${i + 1}: ${column} ${JSON.stringify(cell)} breaks the line`);
        return cell;
      })
      .join("\t"),
  );
  refuse(problems, label);
  return `${[columns.join("\t"), ...lines].join("\n")}\n`;
}

/** One line's cells as an object for the schema: empty optional cells are left out, numbers become numbers. */
function recordOf(cells: readonly string[]): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const [i, column] of columns.entries()) {
    const cell = cells[i] ?? "";
    if (cell === "") continue;
    record[column] = numeric.has(column) && decimal.test(cell) ? Number(cell) : cell;
  }
  return record;
}

/**
 * The record of cells that are plainly right, undefined for any others: of those the schema has the say. Asking it about
 * each of 18,000 genes took as long as everything else that reading them takes.
 */
function plainRecord(cells: readonly string[]): GeneRecord | undefined {
  const [id = "", role, symbol = "", entrez = "", ensembl = "", mae = "", r = "", reliability, halfwidth90 = ""] =
    cells;
  if (id === "" || (role !== "landmark" && role !== "target")) return undefined;
  const record: GeneRecord = { id, role, symbol, entrez, ensembl };
  if (mae !== "") record.mae = numberWithin(mae, 0, Number.MAX_VALUE);
  if (r !== "") record.r = numberWithin(r, -1, 1);
  if (reliability === "high" || reliability === "medium" || reliability === "low") record.reliability = reliability;
  else if (reliability !== "") return undefined;
  if (halfwidth90 !== "") record.halfwidth90 = numberWithin(halfwidth90, 0, Number.MAX_VALUE);
  return Number.isNaN(record.mae) || Number.isNaN(record.r) || Number.isNaN(record.halfwidth90) ? undefined : record;
}

/** A number of a cell, NaN where it is none or outside of the range. */
function numberWithin(cell: string, least: number, most: number): number {
  const value = decimal.test(cell) ? Number(cell) : Number.NaN;
  return value >= least && value <= most ? value : Number.NaN;
}

/**
 * Reads `genes.tsv`; every problem of the file is reported at once, by line.
 * @throws AppError `bad-data` for another header, a wrong number of cells, invalid cells, duplicate or unordered ids.
 */
export function parseGenesTable(text: string, label = "genes.tsv"): GeneRecord[] {
  const [header = "", ...lines] = text.replace(/\r?\n$/, "").split(/\r?\n/);
  if (header !== columns.join("\t"))
    throw new AppError("bad-data", {
      what: "the first line does not name the columns of a gene table",
      where: label,
      expected: columns.join(" "),
      got: header.slice(0, 200).split("\t").join(" ") || "an empty line",
    });
  const genes: GeneRecord[] = [];
  const problems: string[] = [];
  for (const [i, line] of lines.entries()) {
    const cells = line.split("\t");
    if (cells.length !== columns.length) {
      problems.push(`line ${i + 2}: ${cells.length} cells instead of ${columns.length}`);
      continue;
    }
    const plain = plainRecord(cells);
    if (plain !== undefined) {
      genes.push(plain);
      continue;
    }
    const parsed = GeneRecord.safeParse(recordOf(cells));
    if (parsed.success) genes.push(parsed.data);
    else
      for (const { path, message } of parsed.error.issues)
        problems.push(`line ${i + 2}: ${path.join(".")}: ${message}`);
  }
  refuse(problems.length > 0 ? problems : orderProblems(genes), label);
  return genes;
}
