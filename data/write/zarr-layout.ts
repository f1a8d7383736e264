import { AppError, type ValueStorage } from "../../schemas/index.ts";
import { crc32c } from "../crc32c.ts";
import { axisColumns, type WrittenColumn } from "./axis-columns.ts";
import type { MatrixContent } from "./matrix-content.ts";
import type { NumberType } from "./number-type.ts";
import { storageBytes } from "./row-layout.ts";
import { columnDocument, knownColumn, numberFill } from "./zarr-columns.ts";

/** An expression file as a Zarr v3 hierarchy with everything but its rows. */
export interface ZarrLayout {
  /** Objects that do not depend on the values, by key: `zarr.json` of every node, chunks of known columns. */
  readonly objects: ReadonlyMap<string, Uint8Array>;
  /** Profiles a shard; the last one may have fewer. */
  readonly shardRows: number;
  /** Profiles an inner chunk: what a reader reads at once; divides `shardRows`. */
  readonly chunkRows: number;
  readonly columnTypes: ReadonlyMap<string, NumberType>;
  readonly storage: ValueStorage;
  readonly sampleCount: number;
  readonly geneCount: number;
}

/** Most profiles of an inner chunk. */
const mostChunkRows = 64;

/**
 * Lays out an expression file as Zarr v3 (zarr-specs 3.1): group attributes; `matrix` `[samples, genes]`, sharded by the
 * codec `sharding_indexed` (ZEP 2) with inner chunks of whole rows; `samples/<field>` and `genes/<field>`, of which `id`
 * is one. A shard is one object, `matrix/c/<i>/0`: it appears whole or not at all, in any order, so that there is nothing
 * to merge. The same content and shards give the same bytes.
 * @throws AppError `bad-data` as {@link axisColumns}; `usage` for a number of rows that is none
 */
export function zarrLayout(content: MatrixContent, shardRows: number): ZarrLayout {
  const { genes, samples, reserved = [], attributes, storage = "float32" } = content;
  const [sampleCount, geneCount] = [samples.ids.length, genes.ids.length];
  if (!Number.isInteger(shardRows) || shardRows < 1)
    throw new AppError("usage", { what: "a shard has a whole number of profiles from 1 up", got: String(shardRows) });
  const chunkRows = largestDivisor(shardRows, mostChunkRows);
  const objects = new Map<string, Uint8Array>();
  const put = (node: string, document: unknown): void => {
    objects.set(`${node}zarr.json`, new TextEncoder().encode(`${JSON.stringify(document, undefined, 1)}\n`));
  };
  const group = (own: Readonly<Record<string, unknown>>) => ({ zarr_format: 3, node_type: "group", attributes: own });
  put("", group({ src: "landfall", ...attributes }));
  put("matrix/", matrixDocument({ sampleCount, geneCount, storage, shardRows, chunkRows }));
  const axes: readonly (readonly [string, readonly WrittenColumn[]])[] = [
    ["genes", axisColumns(genes, { where: "genes" })],
    ["samples", axisColumns(samples, { where: "samples", reserved: reserved.map(({ name }) => name) })],
  ];
  for (const [axis, columns] of axes) {
    const later = axis === "samples" ? reserved.map(({ name }) => name) : [];
    // As AnnData names it: stores that cannot be listed are read by it, and the order is kept.
    put(`${axis}/`, group({ "column-order": [...columns.map(([name]) => name), ...later] }));
    for (const [name, values] of columns) {
      const { document, chunks } = knownColumn(values, axis);
      put(`${axis}/${name}/`, document);
      for (const [i, chunk] of chunks.entries()) objects.set(`${axis}/${name}/c/${i}`, chunk);
    }
  }
  for (const { name, type } of reserved) {
    const kind = { dataType: type, fill: numberFill[type] };
    put(`samples/${name}/`, columnDocument(kind, { items: sampleCount, chunkItems: shardRows, axis: "samples" }));
  }
  const columnTypes = new Map(reserved.map(({ name, type }) => [name, type]));
  return { objects, shardRows, chunkRows, columnTypes, storage, sampleCount, geneCount };
}

function matrixDocument({
  sampleCount,
  geneCount,
  storage,
  shardRows,
  chunkRows,
}: Omit<ZarrLayout, "objects" | "columnTypes">) {
  const bytes = { name: "bytes", configuration: { endian: "little" } };
  const sharding = {
    chunk_shape: [chunkRows, geneCount],
    codecs: [bytes],
    index_codecs: [bytes, { name: "crc32c" }],
    index_location: "end",
  };
  return {
    zarr_format: 3,
    node_type: "array",
    shape: [sampleCount, geneCount],
    data_type: storage,
    chunk_grid: { name: "regular", configuration: { chunk_shape: [shardRows, geneCount] } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: "NaN",
    codecs: [{ name: "sharding_indexed", configuration: sharding }],
    dimension_names: ["samples", "genes"],
    attributes: {},
  };
}

/** What surrounds the rows of a shard. */
export interface ShardFrame {
  /** Profiles `[start, end)` of the matrix. */
  readonly start: number;
  readonly end: number;
  /** Rows that fill up the last inner chunk. */
  readonly fillRows: number;
  /** Place and length of every inner chunk, 2⁶⁴ − 1 for those behind the last profile; then their CRC-32C. */
  readonly index: Uint8Array;
  /** Of the whole object. */
  readonly bytes: number;
}

/** The frame of shard `i`: its inner chunks lie end to end in order, then the index. */
export function shardFrame(layout: Omit<ZarrLayout, "objects" | "columnTypes">, shard: number): ShardFrame {
  const { shardRows, chunkRows, sampleCount, geneCount, storage } = layout;
  const start = shard * shardRows;
  const end = Math.min(sampleCount, start + shardRows);
  const chunkBytes = chunkRows * geneCount * storageBytes[storage];
  const chunks = shardRows / chunkRows;
  const filled = Math.ceil((end - start) / chunkRows);
  const index = new Uint8Array(16 * chunks + 4).fill(0xff);
  const view = new DataView(index.buffer);
  for (let chunk = 0; chunk < filled; chunk++) {
    view.setBigUint64(16 * chunk, BigInt(chunk * chunkBytes), true);
    view.setBigUint64(16 * chunk + 8, BigInt(chunkBytes), true);
  }
  view.setUint32(16 * chunks, crc32c(index.subarray(0, 16 * chunks)), true);
  const fillRows = filled * chunkRows - (end - start);
  return { start, end, fillRows, index, bytes: filled * chunkBytes + index.length };
}

/** The largest divisor of `whole` that is at most `most`. */
function largestDivisor(whole: number, most: number): number {
  let divisor = Math.min(whole, most);
  while (whole % divisor !== 0) divisor--;
  return divisor;
}
