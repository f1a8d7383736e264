/**
 * TSV and CSV tables: a header line, an id column, perhaps more label columns, then numbers.
 *
 * Two passes. The first reads ids and labels, counts cells and finds out which axis is the genes'. The second reads the
 * numbers: block by block where samples are in rows, into memory where genes are. Labels stay text.
 * @module
 */
import { AppError } from "../../schemas/index.ts";
import type { Axis, Block, BlockRange, ExpressionSource } from "../source.ts";
import { axisOf, checkAxes } from "./axes.ts";
import { throwIfCancelled } from "./between-blocks.ts";
import { blockGrid } from "./block-grid.ts";
import { csv, tsv } from "./cells.ts";
import { GenePanels } from "./gene-panels.ts";
import { lines } from "./lines.ts";
import { detectOrientation, type Orientation } from "./orientation.ts";
import { surveyTable, type TableSurvey } from "./table-survey.ts";
import { type TextFile, textBytes } from "./text-bytes.ts";
import { ValueRows } from "./value-rows.ts";

/** How a TSV or CSV file is to be read. */
export interface DelimitedFile extends TextFile {
  readonly format: "tsv" | "csv";
  /** What the rows are; found out from ids and shape when not given. */
  readonly orientation?: Orientation | undefined;
}

/**
 * Opens a TSV or CSV table.
 * @throws AppError `bad-data` for ragged lines, repeated sample ids, no numeric columns, or an orientation nobody can
 * tell; with genes in rows also for cells that are not numbers
 */
export async function readDelimited(file: DelimitedFile): Promise<ExpressionSource> {
  const { label } = file.source;
  const survey = await surveyTable(file, file.format === "csv" ? csv : tsv);
  const warnings = [...file.warnings];
  const rows = file.orientation ?? orientationOf(label, survey, warnings);
  const rowAxis = axisOf(survey.rowIds, survey.labelColumns, warnings);
  const columnAxis: Axis = { ids: survey.columns, fields: new Map() };
  const axes = rows === "samples" ? { samples: rowAxis, genes: columnAxis } : { samples: columnAxis, genes: rowAxis };
  checkAxes(label, axes);
  const panels = rows === "genes" ? await readPanels(file, survey) : undefined;
  return {
    format: file.format,
    label,
    ...axes,
    warnings,
    blocks: (range = {}) => panels?.blocks(range) ?? streamedBlocks(file, { survey, range }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function orientationOf(label: string, survey: TableSurvey, warnings: string[]): Orientation {
  const { rowIds, columns: columnIds, corner } = survey;
  const { rows, warning } = detectOrientation({ label, corner, rowIds, columnIds });
  if (warning) warnings.push(warning);
  return rows;
}

async function readPanels(file: DelimitedFile, survey: TableSurvey): Promise<GenePanels> {
  const { label } = file.source;
  const panels = new GenePanels(label, survey.columns.length);
  const values = new ValueRows({ label, ...survey });
  for await (const line of lines(textBytes(file), { label })) {
    throwIfCancelled(file.signal, label);
    if (line.number > 1) values.read(line, panels.nextGene());
  }
  values.check();
  checkUnchanged(label, survey, panels.genes);
  return panels;
}

/** Blocks of a table with samples in rows; memory: one block and one line. */
async function* streamedBlocks(
  file: DelimitedFile,
  { survey, range }: { readonly survey: TableSurvey; readonly range: BlockRange },
): AsyncGenerator<Block, void, undefined> {
  const { label } = file.source;
  const genes = survey.columns.length;
  const { start, end, blockRows } = blockGrid(range, { samples: survey.rowIds.length, genes });
  if (start === end) return;
  const values = new ValueRows({ label, ...survey });
  let first = start;
  let rows = 0;
  let block = new Float32Array(Math.min(blockRows, end - start) * genes);
  for await (const line of lines(textBytes(file), { label })) {
    const row = line.number - 2;
    if (row < start) continue;
    if (rows === 0) throwIfCancelled(range.signal, label);
    values.read(line, block.subarray(rows * genes, (rows + 1) * genes));
    rows++;
    if (rows * genes < block.length) continue;
    values.check();
    yield { start: first, rows, values: block };
    first += rows;
    if (first === end) return;
    rows = 0;
    block = new Float32Array(Math.min(blockRows, end - first) * genes);
  }
  checkUnchanged(label, survey, first + rows);
}

function checkUnchanged(label: string, { rowIds }: TableSurvey, found: number): void {
  if (found === rowIds.length) return;
  throw new AppError("bad-data", {
    what: "the file changed while it was read",
    where: label,
    expected: `${rowIds.length} rows`,
    got: `${found}`,
    advice: "Read it again once nothing writes to it",
  });
}
