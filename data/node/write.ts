import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { AppError, type MatrixFormat, type OnProgress, type ValueStorage } from "../../schemas/index.ts";
import { storageAttributes } from "../provenance.ts";
import { blockGrid } from "../read/block-grid.ts";
import type { Block, ExpressionSource } from "../source.ts";
import { delimitedText, labelColumns } from "../write/delimited.ts";
import { gctText, genePanels, type WritableMatrix } from "../write/gct.ts";
import { npyHeader } from "../write/npy.ts";
import { pathFormat } from "../write/path-format.ts";
import { roundValues } from "../write/round-values.ts";
import { commaSeparated, type TableDialect, tabbed } from "../write/table-cell.ts";
import { type Existing, type WriteOutcome, writeAtomic } from "./atomic.ts";
import { removeAxisTables, writeAxisTables } from "./axis-tables.ts";
import { type FileContent, type WriteReport, writeGctx } from "./gctx-writer.ts";
import { writeArrow, writeZarr } from "./matrix-writer.ts";

/** How to write a matrix. */
export interface WriteOptions {
  /** By default what the path's extension says. */
  readonly format?: MatrixFormat;
  /** float16 is for gctx, zarr and arrow. */
  readonly storage?: ValueStorage | undefined;
  /** Decimals to round values to; not rounded by default. */
  readonly round?: number | undefined;
  /** Profiles a shard of zarr; 1024 by default, fewer where they are long. */
  readonly shardRows?: number | undefined;
  readonly existing?: Existing;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** One job of writing, its options settled. */
interface Job {
  readonly path: string;
  readonly source: ExpressionSource;
  readonly gzip: boolean;
  readonly options: WriteOptions;
}

/** Values of a gene-major format in memory at once; more genes than fit are read in further passes. */
const panelBytes = 2 ** 29;

const writers: { readonly [Format in MatrixFormat]: (job: Job) => Promise<WriteReport> } = {
  gctx: async (job) => writeGctx(job.path, fileContent(job)),
  zarr: async (job) => writeZarr(job.path, { ...fileContent(job), shardRows: shardRowsOf(job) }),
  arrow: async (job) => writeArrow(job.path, fileContent(job)),
  gct: writeGct,
  tsv: (job) => writeTable(job, tabbed),
  csv: (job) => writeTable(job, commaSeparated),
  npy: writeNpy,
};

/**
 * Writes a matrix with its metadata to a file, atomically and in bounded memory, whatever the format: gctx, zarr and
 * arrow keep everything, GCT 1.3 all but the attributes of the whole. tsv and csv keep the samples' fields, where readers
 * can tell them from genes, npy (float32, samples in rows) only ids, in `<name>.samples.txt` and `<name>.genes.txt`
 * beside it; where they have no place for a field, all fields go to `<path>.genes.tsv` and `<path>.samples.tsv`. Text
 * formats are gzipped when the path ends in `.gz`.
 * @returns what became of it, and the tables beside it
 * @throws AppError `usage` for an unknown extension, or float16 in a format without it, `bad-data` for ids that the format cannot hold, `cannot-create`,
 *   `other-plan` (see {@link writeAtomic}), `cancelled`, and what the source throws
 */
export async function writeExpression(
  path: string,
  source: ExpressionSource,
  options: WriteOptions = {},
): Promise<WriteReport> {
  const { format, gzip } = pathFormat(path, options.format);
  requireStorage(format, options.storage);
  return await writers[format]({ path, source, gzip, options });
}

/** @throws AppError `usage` when a format cannot store values so */
export function requireStorage(format: MatrixFormat, storage: ValueStorage = "float32"): void {
  if (storage === "float32" || format === "gctx" || format === "zarr" || format === "arrow") return;
  const advice = "Leave it out, or choose --round";
  throw new AppError("usage", { what: `${format} does not store ${storage}`, expected: "gctx, zarr or arrow", advice });
}

function fileContent({ source, options }: Job): FileContent {
  const { genes, samples, label } = source;
  const { storage, round, existing = "replace" } = options;
  const attributes = { ...source.attributes, src: label, ...storageAttributes({ storage, round }) };
  return { genes, samples, attributes, storage, existing, blocks: reported(source, options, 1)() };
}

function shardRowsOf({ source: { samples, genes }, options: { shardRows } }: Job): number {
  const shape = { samples: samples.ids.length, genes: genes.ids.length };
  return shardRows ?? Math.min(shape.samples, blockGrid({}, shape).blockRows);
}

async function writeGct({ path, source, gzip, options }: Job): Promise<WriteReport> {
  const { genes, samples } = source;
  const panels = genePanels({ samples: samples.ids.length, genes: genes.ids.length }, panelBytes);
  const pieces = gctText({ genes, samples, readBlocks: reported(source, options, panels.length) }, panels);
  const outcome = await writeAtomic(path, (temporary) => writePieces(temporary, pieces, gzip), options.existing);
  return { outcome, notes: [] };
}

async function writeTable({ path, source, gzip, options }: Job, dialect: TableDialect): Promise<WriteReport> {
  const { genes, samples } = source;
  const labels = labelColumns(samples);
  const matrix: WritableMatrix = { genes, samples, readBlocks: reported(source, options, 1) };
  const pieces = delimitedText(matrix, labels, dialect);
  const outcome = await writeAtomic(path, (temporary) => writePieces(temporary, pieces, gzip), options.existing);
  return await withTables(outcome, { path, source, options }, samples.fields.size - labels.length);
}

async function writeNpy({ path, source, options }: Job): Promise<WriteReport> {
  const { genes, samples } = source;
  const base = path.replace(/\.npy$/i, "");
  // The matrix comes last: once it is there, its ids are too.
  const parts: [string, AsyncIterable<Uint8Array> | Iterable<Uint8Array>][] = [
    [`${base}.samples.txt`, [idLines(samples.ids)]],
    [`${base}.genes.txt`, [idLines(genes.ids)]],
    [path, npyPieces(source, reported(source, options, 1))],
  ];
  const outcomes = new Set<string>();
  for (const [file, pieces] of parts) {
    outcomes.add(await writeAtomic(file, (temporary) => writePieces(temporary, pieces, false), options.existing));
  }
  const outcome = outcomes.has("written") ? "written" : "unchanged";
  return await withTables(outcome, { path, source, options }, samples.fields.size);
}

/**
 * Writes tables of all fields where the matrix just written lacks some, after it: beside a file that must not be
 * replaced there is nothing to write. A matrix that replaced another one keeps no tables of that.
 */
async function withTables(
  outcome: WriteOutcome,
  { path, source, options: { existing = "replace" } }: Omit<Job, "gzip">,
  lackingSampleFields: number,
): Promise<WriteReport> {
  if (source.genes.fields.size + lackingSampleFields === 0) {
    if (existing === "replace") await removeAxisTables(path);
    return { outcome, notes: [] };
  }
  const written = await writeAxisTables(path, source, existing);
  return { outcome: outcome === "written" ? outcome : written.outcome, notes: [], tables: written.tables };
}

async function* npyPieces(
  { genes, samples }: ExpressionSource,
  readBlocks: () => AsyncIterable<Block>,
): AsyncGenerator<Uint8Array> {
  yield npyHeader(samples.ids.length, genes.ids.length);
  for await (const { values, rows } of readBlocks()) {
    yield new Uint8Array(values.buffer, values.byteOffset, rows * genes.ids.length * 4);
  }
}

/** One id a line; a line break inside an id would shift all that follow, so it is written as a blank. */
const idLines = (ids: readonly string[]): Uint8Array =>
  new TextEncoder().encode(ids.map((id) => `${id.replaceAll(/[\r\n]+/g, " ")}\n`).join(""));

async function writePieces(
  path: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  gzip: boolean,
): Promise<void> {
  await using file = await open(path, "wx");
  const out = file.createWriteStream();
  if (gzip) await pipeline(pieces, createGzip(), out);
  else await pipeline(pieces, out);
}

/** Blocks of the source, with progress over `passes` readings; none after a cancellation. */
function reported(
  source: ExpressionSource,
  { onProgress, signal, round }: WriteOptions,
  passes: number,
): () => AsyncGenerator<Block> {
  const total = source.samples.ids.length * passes;
  let done = 0;
  return async function* () {
    for await (const block of source.blocks(signal === undefined ? {} : { signal })) {
      if (signal?.aborted) throw new AppError("cancelled", { what: "stopped before the file was whole" });
      if (round !== undefined) roundValues(block.values, round);
      yield block;
      done += block.rows;
      const note = passes === 1 ? {} : { note: `in ${passes} passes` };
      onProgress?.({ phase: "convert", done, total, unit: "profiles", ...note });
    }
  };
}
