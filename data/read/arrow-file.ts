/**
 * The metadata of an Arrow IPC file (Arrow columnar format 1.4, "IPC File Format"): footer, schema, record batches.
 * @module
 */
import { AppError, isAppError } from "../../schemas/index.ts";
import type { ByteSource } from "../source.ts";
import { type FlatTable, flatRoot } from "./flatbuffer.ts";

/** A column of the schema; `other` is nothing that an expression file has a use for. */
export interface ArrowField {
  readonly name: string;
  readonly type: "text" | "float16" | "float32" | "float64" | IntegerType | "list" | "other";
  /** Of a fixed-size list: its length and its items. */
  readonly length: number;
  readonly item: ArrowField | undefined;
  readonly metadata: ReadonlyMap<string, string>;
  /** Of this field's first node and first buffer in every batch. */
  readonly node: number;
  readonly buffer: number;
}

type IntegerType = `${"int" | "uint"}${8 | 16 | 32 | 64}`;

/** A record batch: how many rows, nulls of every node, and every buffer's place in the file. */
export interface ArrowBatch {
  readonly rows: number;
  readonly nulls: readonly number[];
  readonly buffers: readonly { readonly offset: number; readonly bytes: number }[];
}

/** What an Arrow file says of itself. */
export interface ArrowFile {
  readonly fields: readonly ArrowField[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly batches: readonly ArrowBatch[];
}

export const arrowMagic = Uint8Array.of(0x41, 0x52, 0x52, 0x4f, 0x57, 0x31);

/** @throws AppError `bad-data` for a damaged file, and for compression and dictionaries, which are not read */
export async function arrowFile(source: ByteSource): Promise<ArrowFile> {
  try {
    return await readArrowFile(source);
  } catch (error) {
    if (isAppError(error) || !(error instanceof Error)) throw error;
    throw damaged(source, error.message, error);
  }
}

function damaged({ label }: ByteSource, got: string, cause?: unknown): AppError {
  const advice = "Copy or download the file again";
  return new AppError(
    "bad-data",
    { what: "the Arrow file is damaged or cut short", where: label, got, advice },
    { cause },
  );
}

async function readArrowFile(source: ByteSource): Promise<ArrowFile> {
  const tail = await source.slice(Math.max(0, source.bytes - 10), source.bytes);
  const footerBytes = new DataView(tail.buffer, tail.byteOffset).getInt32(0, true);
  const end = source.bytes - 10;
  if (!arrowMagic.every((byte, i) => tail[4 + i] === byte) || footerBytes < 8 || footerBytes > end)
    throw damaged(source, "no footer at its end");
  const footer = flatRoot(await source.slice(end - footerBytes, end));
  const schema = footer.table(1);
  if (schema === undefined || schema.int16(0) !== 0) throw damaged(source, "no little-endian schema");
  const counts: Counts = { nodes: 0, buffers: 0 };
  const fields = schema.tables(1).map((field) => arrowField(field, counts));
  const batches: ArrowBatch[] = [];
  for (const [offset = 0, metadataBytes = 0, bodyBytes = 0] of footer.structs(3, 3))
    batches.push(await arrowBatch(source, { offset, metadataBytes, bodyBytes, counts }));
  return { fields, metadata: keyValues(schema.tables(2)), batches };
}

interface Counts {
  nodes: number;
  buffers: number;
}

interface BatchPlace {
  readonly offset: number;
  readonly metadataBytes: number;
  readonly bodyBytes: number;
  readonly counts: Counts;
}

async function arrowBatch(source: ByteSource, place: BatchPlace): Promise<ArrowBatch> {
  const { offset, metadataBytes, bodyBytes, counts } = place;
  const body = offset + metadataBytes;
  if (body + bodyBytes > source.bytes) throw damaged(source, "a record batch behind its end");
  const framed = await source.slice(offset, body);
  const view = new DataView(framed.buffer, framed.byteOffset, framed.byteLength);
  // Before Arrow 0.15 messages began with their length, without a continuation marker.
  const message = flatRoot(framed.subarray(view.getUint32(0, true) === 0xffff_ffff ? 8 : 4));
  const batch = message.int8(1) === 3 ? message.table(2) : undefined;
  if (batch === undefined) throw damaged(source, "no record batch where one should be");
  if (batch.table(3) !== undefined)
    throw new AppError("bad-data", {
      what: "compressed Arrow files are not read",
      where: source.label,
      advice: "Write it without compression: feather.write_feather(…, compression='uncompressed')",
    });
  const buffers = batch.structs(2, 2).map(([at = 0, bytes = 0]) => ({ offset: body + at, bytes }));
  const outside = buffers.some(({ offset: at, bytes }) => at < body || at + bytes > body + bodyBytes);
  const nodes = batch.structs(1, 2);
  if (outside || nodes.length !== counts.nodes || buffers.length !== counts.buffers)
    throw damaged(source, "a record batch that does not fit the schema");
  return { rows: batch.int64(0), nulls: nodes.map(([, nulls = 0]) => nulls), buffers };
}

/** Buffers of a type, by its tag in Schema.fbs, without those of its children. */
const buffersOf: Readonly<Record<number, number>> = { 1: 0, 4: 3, 5: 3, 13: 1, 16: 1, 19: 3, 20: 3 };

/** Reads a field and counts the nodes and buffers that it and its children have in every batch. */
function arrowField(table: FlatTable, counts: Counts): ArrowField {
  const tag = table.int8(2);
  const type = table.table(3);
  const [node, buffer] = [counts.nodes, counts.buffers];
  const isDictionary = table.table(4) !== undefined;
  counts.nodes += 1;
  counts.buffers += isDictionary ? 2 : (buffersOf[tag] ?? 2);
  const children = isDictionary ? [] : table.tables(5).map((child) => arrowField(child, counts));
  return {
    name: table.string(0) ?? "",
    type: isDictionary || type === undefined ? "other" : fieldType(tag, type),
    length: tag === 16 ? (type?.int32(0) ?? 0) : 0,
    item: children[0],
    metadata: keyValues(table.tables(6)),
    node,
    buffer,
  };
}

function fieldType(tag: number, type: FlatTable): ArrowField["type"] {
  const bits = type.int32(0);
  if (tag === 2 && (bits === 8 || bits === 16 || bits === 32 || bits === 64))
    return `${type.int8(1) === 0 ? "uint" : "int"}${bits}`;
  if (tag === 3) return (["float16", "float32", "float64"] as const)[type.int16(0)] ?? "other";
  if (tag === 5) return "text";
  return tag === 16 ? "list" : "other";
}

function keyValues(tables: readonly FlatTable[]): ReadonlyMap<string, string> {
  return new Map(tables.map((pair) => [pair.string(0) ?? "", pair.string(1) ?? ""]));
}
