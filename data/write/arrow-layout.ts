import type { MetaColumn } from "../source.ts";
import { arrowFooter, arrowMessage, arrowRecordBatch, arrowSchema, hasMissingText } from "./arrow-schema.ts";
import { axisColumns } from "./axis-columns.ts";
import { type FlatTable, flatBuffer } from "./flatbuffer.ts";
import { joined } from "./hdf5/messages.ts";
import type { MatrixContent, ReservedColumn } from "./matrix-content.ts";
import { numberBytes, numberColumnBytes, numberTypeOf } from "./number-type.ts";
import { type FixedBytes, type RowLayout, type RowSection, storageBytes } from "./row-layout.ts";

/** Values of a record batch by default: few batches, but none that a reader could not hold. */
const batchBytes = 64 * 2 ** 20;
/** Keeps the offsets of text columns far below 2³¹. */
const mostBatchRows = 65_536;
/** Arrow's recommended alignment, that of a cache line and of AVX-512. */
const alignment = 64;

const magic = new TextEncoder().encode("ARROW1");
/** Continuation marker, and a metadata length of 0: the end of the stream. */
const endOfStream = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);

/**
 * Lays out an Arrow IPC file ("Feather 2") of uncompressed record batches. Of a batch, message and known columns come
 * first, then the reserved columns, then the values: all but these last two is fixed, so that rows are written by
 * position as in GCTX. Readers: pyarrow, polars, DuckDB, R's arrow. The same content gives the same bytes.
 * @param batchRows profiles a batch; by default as many as give 64 MiB
 * @throws AppError `bad-data` as {@link axisColumns}
 */
export function arrowLayout(content: MatrixContent, batchRows?: number): RowLayout {
  const { genes, samples, reserved = [], attributes, storage = "float32" } = content;
  const [sampleCount, geneCount] = [samples.ids.length, genes.ids.length];
  const columns = axisColumns(samples, { where: "samples", reserved: reserved.map(({ name }) => name) });
  const known = columns.map(([, values]) => knownColumn(values));
  const geneColumns = axisColumns(genes, { where: "genes" });
  const rowBytes = geneCount * storageBytes[storage];
  const inLimit = Math.max(1, Math.min(mostBatchRows, Math.floor(batchBytes / rowBytes)));
  const sectionRows = Math.min(sampleCount, batchRows ?? inLimit);

  const named = { src: "landfall", ...attributes };
  const schema = arrowSchema({ columns, reserved, genes: geneColumns, attributes: named, storage });
  const begin = joined([magic, new Uint8Array(2), framed(arrowMessage(1, schema, 0), magic.length + 2)]);
  const fixed: FixedBytes[] = [{ offset: 0, bytes: begin }];
  const sections: RowSection[] = [];
  const blocks: number[] = [];
  let offset = begin.length;
  for (let start = 0; start < sampleCount; start += sectionRows) {
    const rows = Math.min(sectionRows, sampleCount - start);
    const batch = recordBatch({ known, reserved, start, rows, geneCount, rowBytes });
    fixed.push({ offset, bytes: batch.bytes });
    const body = offset + batch.metadataBytes;
    const places = new Map([...batch.columns].map(([name, at]) => [name, body + at]));
    sections.push({ rowsOffset: body + batch.rowsAt, columns: places });
    blocks.push(offset, batch.metadataBytes, batch.bodyBytes);
    offset = body + batch.bodyBytes;
  }
  const footer = flatBuffer(arrowFooter(schema, blocks));
  const end = joined([endOfStream, footer, uint32(footer.length), magic]);
  fixed.push({ offset, bytes: end });
  const columnTypes = new Map(reserved.map(({ name, type }) => [name, type]));
  const totalBytes = offset + end.length;
  return { fixed, sectionRows, sections, columnTypes, storage, sampleCount, geneCount, totalBytes, transliterated: 0 };
}

/** A column that is known; its type is that of the whole column, whatever a batch holds. */
type KnownColumn =
  | { readonly values: Float64Array; readonly type: "int32" | "float64" }
  | { readonly values: readonly string[]; readonly type: "text" };

interface BatchParts {
  readonly known: readonly KnownColumn[];
  readonly reserved: readonly ReservedColumn[];
  /** Samples of the batch. */
  readonly start: number;
  readonly rows: number;
  readonly geneCount: number;
  readonly rowBytes: number;
}

interface Batch {
  /** Message and known columns. */
  readonly bytes: Uint8Array;
  readonly metadataBytes: number;
  readonly bodyBytes: number;
  /** In the body. */
  readonly columns: ReadonlyMap<string, number>;
  readonly rowsAt: number;
}

function knownColumn(values: MetaColumn): KnownColumn {
  return values instanceof Float64Array ? { values, type: numberTypeOf(values) } : { values, type: "text" };
}

function recordBatch({ known, reserved, start, rows, geneCount, rowBytes }: BatchParts): Batch {
  const nodes: number[] = [];
  const buffers: number[] = [];
  const pieces: Uint8Array[] = [];
  let end = 0;
  const buffer = (bytes: number): number => {
    const at = end;
    buffers.push(at, bytes);
    end = aligned(at + bytes);
    return at;
  };
  for (const column of known) {
    const { nulls, parts } = columnBuffers(column, start, start + rows);
    nodes.push(rows, nulls);
    for (const part of parts) {
      buffer(part.length);
      pieces.push(part, new Uint8Array(aligned(part.length) - part.length));
    }
  }
  const places = new Map<string, number>();
  for (const { name, type } of reserved) {
    nodes.push(rows, 0);
    buffer(0);
    places.set(name, buffer(rows * numberBytes[type]));
  }
  // The list, which has a validity buffer only, and its items.
  nodes.push(rows, 0, rows * geneCount, 0);
  buffer(0);
  buffer(0);
  const rowsAt = buffer(rows * rowBytes);
  const message = framed(arrowMessage(3, arrowRecordBatch(rows, { nodes, buffers }), end));
  return {
    bytes: joined([message, ...pieces]),
    metadataBytes: message.length,
    bodyBytes: end,
    columns: places,
    rowsAt,
  };
}

/** Buffers of a known column's cells `[start, end)`: validity (empty without nulls), then offsets and text, or numbers. */
function columnBuffers(column: KnownColumn, start: number, end: number) {
  const none = new Uint8Array(0);
  if (column.type !== "text")
    return { nulls: 0, parts: [none, numberColumnBytes(column.values.subarray(start, end), column.type)] };
  const cells = column.values.slice(start, end);
  const encoder = new TextEncoder();
  const texts = cells.map((cell) => encoder.encode(cell));
  const offsets = new Uint8Array(4 * (cells.length + 1));
  const view = new DataView(offsets.buffer);
  let at = 0;
  for (const [i, { length }] of texts.entries()) view.setInt32(4 * (i + 1), (at += length), true);
  const nulls = hasMissingText(cells) ? cells.filter((cell) => cell === "").length : 0;
  return { nulls, parts: [nulls === 0 ? none : validity(cells), offsets, joined(texts)] };
}

/** A bit a cell, least significant first: 1 where there is a text. */
function validity(cells: readonly string[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(cells.length / 8));
  for (const [i, cell] of cells.entries()) if (cell !== "") bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
  return bits;
}

/**
 * A message as it lies in the file: continuation marker, length of the metadata, metadata, padding.
 * @param before bytes since the last aligned one
 */
function framed(message: FlatTable, before = 0): Uint8Array {
  const metadata = flatBuffer(message);
  const bytes = aligned(before + 8 + metadata.length) - before;
  return joined([endOfStream.subarray(0, 4), uint32(bytes - 8), metadata, new Uint8Array(bytes - 8 - metadata.length)]);
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;
