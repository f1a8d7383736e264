/**
 * Columns of metadata as Zarr v3 arrays of one dimension.
 * @module
 */
import type { MetaColumn } from "../source.ts";
import { type NumberType, numberColumnBytes, numberTypeOf } from "./number-type.ts";

/** Items a chunk of a column that is known: a million ids are a few tens of objects. */
const knownChunkItems = 65_536;

/** What an array's `zarr.json` says beside its shape. */
export interface ArrayKind {
  readonly dataType: "string" | NumberType;
  readonly fill: string | number;
}

/** The metadata document of a column. */
export function columnDocument(
  { dataType, fill }: ArrayKind,
  { items, chunkItems, axis }: { readonly items: number; readonly chunkItems: number; readonly axis: string },
): Readonly<Record<string, unknown>> {
  const codec = dataType === "string" ? { name: "vlen-utf8" } : { name: "bytes", configuration: { endian: "little" } };
  return {
    zarr_format: 3,
    node_type: "array",
    shape: [items],
    data_type: dataType,
    chunk_grid: { name: "regular", configuration: { chunk_shape: [chunkItems] } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: fill,
    codecs: [codec],
    dimension_names: [axis],
    attributes: {},
  };
}

/** What columns of these numbers are filled with where nothing was written. */
export const numberFill = { float32: "NaN", float64: "NaN", int32: 0 } as const satisfies Record<
  NumberType,
  string | number
>;

/** A known column: its document, and its chunks in order, each of full length as Zarr wants it. */
export function knownColumn(column: MetaColumn, axis: string) {
  const items = column.length;
  const chunkItems = Math.min(items, knownChunkItems);
  const kind: ArrayKind =
    column instanceof Float64Array
      ? { dataType: numberTypeOf(column), fill: numberFill[numberTypeOf(column)] }
      : { dataType: "string", fill: "" };
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < items; start += chunkItems) chunks.push(chunkOf(column, { start, chunkItems, kind }));
  return { document: columnDocument(kind, { items, chunkItems, axis }), chunks };
}

function chunkOf(
  column: MetaColumn,
  { start, chunkItems, kind }: { readonly start: number; readonly chunkItems: number; readonly kind: ArrayKind },
): Uint8Array {
  const end = start + chunkItems;
  if (!(column instanceof Float64Array)) return textChunk(column.slice(start, end), chunkItems);
  const cells = new Float64Array(chunkItems).fill(kind.dataType === "int32" ? 0 : Number.NaN);
  cells.set(column.subarray(start, end));
  return numberColumnBytes(cells, kind.dataType === "int32" ? "int32" : "float64");
}

/** `vlen-utf8` (numcodecs): how many, then length and UTF-8 of each; the chunk is filled up with empty texts. */
function textChunk(cells: readonly string[], items: number): Uint8Array {
  const encoder = new TextEncoder();
  const texts = cells.map((cell) => encoder.encode(cell));
  const bytes = new Uint8Array(4 + 4 * items + texts.reduce((sum, { length }) => sum + length, 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, items, true);
  let at = 4;
  for (const text of texts) {
    view.setUint32(at, text.length, true);
    bytes.set(text, at + 4);
    at += 4 + text.length;
  }
  return bytes;
}
