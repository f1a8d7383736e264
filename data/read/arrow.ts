/**
 * Expression files in Arrow IPC ("Feather 2"): a row a profile; a column `id` of sample ids (else the first text column),
 * further columns of text or numbers, and the values as one fixed-size list whose metadata names the genes as JSON.
 * @module
 */
import { z } from "zod";
import { AppError } from "../../schemas/index.ts";
import type { Axis, Block, BlockRange, ByteSource, ExpressionSource, MetaColumn } from "../source.ts";
import { numberColumn, requireBytes, textColumn } from "./arrow-columns.ts";
import { type ArrowBatch, type ArrowField, type ArrowFile, arrowFile } from "./arrow-file.ts";
import { axisOf, checkAxes } from "./axes.ts";
import { betweenBlocks } from "./between-blocks.ts";
import { blockGrid } from "./block-grid.ts";
import { clearMissing, metaText } from "./missing.ts";
import { cellBytes, readNumbers } from "./number-cells.ts";

/** The list of values, and what its items are. */
interface ValueList {
  readonly field: ArrowField;
  readonly item: ArrowField;
  readonly type: "float16" | "float32" | "float64";
}

/** Genes and their fields: `{"id": […], "pr_gene_symbol": […], …}`; numbers, null for missing, or texts. */
const Genes = z
  .record(z.string(), z.union([z.array(z.string()), z.array(z.number().nullable())]))
  .and(z.object({ id: z.array(z.string()) }));

/**
 * Opens an Arrow IPC file; nothing stays open between reads.
 * @throws AppError `bad-data` when it is damaged, or no expression file
 */
export async function arrowSource(source: ByteSource, earlierWarnings: readonly string[]): Promise<ExpressionSource> {
  const file = await arrowFile(source);
  const { label } = source;
  const warnings = [...earlierWarnings];
  const list = valueList(file, label);
  const genes = geneAxis(list.field, label, warnings);
  const samples = await sampleAxis(source, file, warnings);
  checkAxes(label, { genes, samples });
  return {
    format: "arrow",
    label,
    genes,
    samples,
    warnings,
    attributes: Object.fromEntries(file.metadata),
    blocks: (range = {}) => arrowBlocks(source, { file, list, range }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function valueList({ fields }: ArrowFile, label: string): ValueList {
  for (const field of fields) {
    const { type, item } = field;
    if (type !== "list" || item === undefined) continue;
    if (item.type === "float16" || item.type === "float32" || item.type === "float64")
      return { field, item, type: item.type };
  }
  throw new AppError("bad-data", {
    what: "the Arrow file has no column of profiles",
    where: label,
    expected: "one fixed-size list of floats, an item a gene",
    got: `columns ${fields
      .map(({ name }) => name)
      .slice(0, 8)
      .join(", ")}`,
    advice: "A column a gene is not read: write TSV or GCTX, or one list",
  });
}

function geneAxis({ metadata, length, name }: ArrowField, label: string, warnings: string[]): Axis {
  const where = `${label}, metadata of column ${name}`;
  const fault = (got: string) => {
    const expected = 'a key `genes` with JSON: {"id": ["…", …], field: […], …}';
    return new AppError("bad-data", { what: "the genes of the profiles are not named", where, expected, got });
  };
  const text = metadata.get("genes");
  if (text === undefined) throw fault("no such key");
  const parsed = Genes.safeParse(jsonOf(text));
  if (!parsed.success) throw fault(text.slice(0, 60));
  const { id, ...fields } = parsed.data;
  const wrong = Object.entries(parsed.data).find(([, cells]) => cells.length !== length);
  if (wrong !== undefined) throw fault(`${wrong[1].length} entries of ${wrong[0]} for ${length} genes`);
  return axisOf(
    id,
    Object.entries(fields).map(([key, cells]) => [key, geneColumn(cells)] as const),
    warnings,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function geneColumn(cells: readonly (string | number | null)[]): MetaColumn {
  if (cells.every((cell) => typeof cell === "string")) return cells.map(metaText);
  return Float64Array.from(cells, (cell) => (typeof cell === "number" ? cell : Number.NaN));
}

async function sampleAxis(source: ByteSource, { fields, batches }: ArrowFile, warnings: string[]): Promise<Axis> {
  const texts = fields.filter(({ type }) => type === "text");
  const idField = texts.find(({ name }) => name === "id") ?? texts[0];
  if (idField === undefined)
    throw new AppError("bad-data", {
      what: "the profiles have no ids",
      where: source.label,
      expected: "a text column `id`",
    });
  const ids = await textColumn(source, idField, batches);
  const columns: (readonly [string, MetaColumn])[] = [];
  for (const field of fields) {
    if (field === idField || field.type === "list") continue;
    if (field.type === "other") warnings.push(`column ${field.name} holds neither text nor numbers; it is left out`);
    else if (field.type === "text") {
      columns.push([field.name, (await textColumn(source, field, batches)).map(metaText)]);
    } else columns.push([field.name, await numberColumn(source, { field, type: field.type }, batches)]);
  }
  return axisOf(ids, columns, warnings);
}

async function* arrowBlocks(
  source: ByteSource,
  { file, list, range }: { readonly file: ArrowFile; readonly list: ValueList; readonly range: BlockRange },
): AsyncGenerator<Block, void, undefined> {
  const { field, item, type } = list;
  const { batches } = file;
  const genes = field.length;
  const samples = batches.reduce((sum, { rows }) => sum + rows, 0);
  requireNoNulls(source, batches, list);
  const grid = blockGrid(range, { samples, genes });
  const turn = betweenBlocks(range.signal, source.label);
  const rowBytes = genes * cellBytes[type];
  for (let start = grid.start; start < grid.end; start += grid.blockRows) {
    await turn();
    const rows = Math.min(grid.blockRows, grid.end - start);
    const values = new Float32Array(rows * genes);
    let first = 0;
    for (const batch of batches) {
      const from = Math.max(start, first);
      const to = Math.min(start + rows, first + batch.rows);
      if (from < to) {
        const { offset = 0, bytes: held = 0 } = batch.buffers[item.buffer + 1] ?? {};
        requireBytes(source, { field, got: held, expected: batch.rows * rowBytes });
        const bytes = await source.slice(offset + (from - first) * rowBytes, offset + (to - first) * rowBytes);
        readNumbers(bytes, type, values.subarray((from - start) * genes, (to - start) * genes));
      }
      first += batch.rows;
    }
    clearMissing(values);
    yield { start, rows, values };
  }
}

/** A missing value is NaN; nulls among values, or whole profiles that are null, are refused rather than read as numbers. */
function requireNoNulls(source: ByteSource, batches: readonly ArrowBatch[], { field, item }: ValueList): void {
  const nulls = batches.reduce((sum, batch) => sum + (batch.nulls[field.node] ?? 0) + (batch.nulls[item.node] ?? 0), 0);
  if (nulls === 0) return;
  throw new AppError("bad-data", {
    what: `${nulls} values are null`,
    where: `${source.label}, column ${field.name}`,
    expected: "NaN for what is missing",
  });
}
