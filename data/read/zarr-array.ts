/**
 * Zarr v3 arrays (zarr-specs 3.1): what their `zarr.json` says, and columns of one dimension.
 * @module
 */
import { z } from "zod";
import { AppError } from "../../schemas/index.ts";
import { type CellType, cellBytes, readNumbers } from "./number-cells.ts";
import type { ZarrStore } from "./zarr-store.ts";

const Codec = z.looseObject({ name: z.string(), configuration: z.looseObject({}).optional() });
const size = z.number().int().nonnegative();

/** `zarr.json` of a group. */
export const ZarrGroup = z.looseObject({
  zarr_format: z.literal(3),
  node_type: z.literal("group"),
  attributes: z.record(z.string(), z.unknown()).default({}),
});

/** `zarr.json` of an array. */
const ZarrDocument = z.looseObject({
  zarr_format: z.literal(3),
  node_type: z.literal("array"),
  shape: z.array(size),
  data_type: z.string(),
  chunk_grid: z.object({
    name: z.literal("regular"),
    configuration: z.object({ chunk_shape: z.array(size.positive()) }),
  }),
  chunk_key_encoding: z.looseObject({
    name: z.enum(["default", "v2"]),
    configuration: z.looseObject({ separator: z.enum(["/", "."]) }).optional(),
  }),
  fill_value: z.unknown(),
  codecs: z.array(Codec),
});
type ZarrDocument = z.infer<typeof ZarrDocument>;

/** The inner chunks of a shard. */
export interface ZarrSharding {
  readonly chunkShape: readonly number[];
  readonly indexAt: "start" | "end";
  readonly hasChecksum: boolean;
}

/** An array that is read: of numbers, or of texts. */
export interface ZarrArray {
  readonly path: string;
  readonly shape: readonly number[];
  readonly type: CellType | "string";
  /** Of a chunk, or of a shard. */
  readonly chunkShape: readonly number[];
  readonly fill: number;
  readonly sharding: ZarrSharding | undefined;
  readonly keyOf: (chunk: readonly number[]) => string;
}

/** Reads a JSON document; undefined when there is none. @throws AppError `bad-data` when it is no JSON or not as `schema` */
export async function zarrDocument<T>(store: ZarrStore, key: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const bytes = await store.get(key);
  if (bytes === undefined) return undefined;
  const where = `${store.label}, ${key}`;
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    const got = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new AppError("bad-data", { what: "the metadata is not that of Zarr 3", where, got }, { cause });
  }
}

/**
 * The array at `path`, undefined when there is none.
 * @throws AppError `bad-data` for types and codecs that are not read
 */
export async function zarrArray(store: ZarrStore, path: string): Promise<ZarrArray | undefined> {
  const document = await zarrDocument(store, `${path}/zarr.json`, ZarrDocument);
  if (document === undefined) return undefined;
  const { shape, data_type: dataType, chunk_grid: grid, fill_value: fill } = document;
  const where = `${store.label}, ${path}`;
  const type = dataType === "string" || dataType in cellBytes ? (dataType as CellType | "string") : undefined;
  if (type === undefined) throw unread(where, "data type", dataType);
  return {
    path,
    shape,
    type,
    chunkShape: grid.configuration.chunk_shape,
    fill:
      typeof fill === "number" ? fill : fill === "Infinity" ? Infinity : fill === "-Infinity" ? -Infinity : Number.NaN,
    sharding: shardingOf(document.codecs, type, where),
    keyOf: keysOf(path, document.chunk_key_encoding),
  };
}

function unread(where: string, what: string, got: string): AppError {
  const advice = "Write it again without compression, in numbers of 8 to 64 bits or strings";
  return new AppError("bad-data", { what: `this ${what} of Zarr is not read`, where, got, advice });
}

const Sharding = z.object({
  chunk_shape: z.array(size.positive()),
  codecs: z.array(Codec),
  index_codecs: z.array(Codec),
  index_location: z.enum(["start", "end"]).default("end"),
});

function shardingOf(codecs: readonly z.infer<typeof Codec>[], type: CellType | "string", where: string) {
  const [first] = codecs;
  if (first?.name !== "sharding_indexed" || codecs.length !== 1) {
    requirePlain(codecs, type, where);
    return undefined;
  }
  const parsed = Sharding.safeParse(first.configuration);
  if (!parsed.success) throw unread(where, "sharding", JSON.stringify(first.configuration));
  const { chunk_shape: chunkShape, codecs: inner, index_codecs: indexCodecs, index_location: indexAt } = parsed.data;
  requirePlain(inner, type, where);
  const [, checksum, ...others] = indexCodecs;
  requirePlain(indexCodecs.slice(0, 1), "uint64", where);
  if (others.length > 0 || (checksum !== undefined && checksum.name !== "crc32c"))
    throw unread(where, "index", JSON.stringify(indexCodecs));
  return { chunkShape, indexAt, hasChecksum: checksum !== undefined };
}

/** @throws AppError `bad-data` unless the codecs leave numbers as they lie in memory, or texts as `vlen-utf8` */
function requirePlain(codecs: readonly z.infer<typeof Codec>[], type: CellType | "string", where: string): void {
  const [codec] = codecs;
  const isPlain =
    type === "string"
      ? codec?.name === "vlen-utf8"
      : codec?.name === "bytes" && codec.configuration?.["endian"] !== "big";
  if (codecs.length !== 1 || !isPlain) throw unread(where, "codec", codecs.map(({ name }) => name).join(", "));
}

function keysOf(path: string, { name, configuration }: ZarrDocument["chunk_key_encoding"]) {
  const separator = configuration?.separator ?? (name === "default" ? "/" : ".");
  return (chunk: readonly number[]): string =>
    name === "default" ? `${path}/c${separator}${chunk.join(separator)}` : `${path}/${chunk.join(separator)}`;
}

/** All texts of a column. @throws AppError `bad-data` when it is no column of texts, or damaged */
export async function zarrTexts(store: ZarrStore, array: ZarrArray): Promise<string[]> {
  const all: string[] = [];
  for await (const { chunk, items, where } of columnChunks(store, array, "string")) {
    const texts = chunk === undefined ? Array.from({ length: items }, () => "") : textsOf(chunk, where);
    if (texts.length < items) throw short(where, items, texts.length);
    for (let i = 0; i < items; i++) all.push(texts[i] ?? "");
  }
  return all;
}

/** All numbers of a column. @throws AppError `bad-data` when it is no column of numbers, or damaged */
export async function zarrNumbers(store: ZarrStore, array: ZarrArray): Promise<Float64Array> {
  const { type, fill } = array;
  const all = new Float64Array(array.shape[0] ?? 0);
  let start = 0;
  for await (const { chunk, items, where } of columnChunks(store, array, "numbers")) {
    const part = all.subarray(start, start + items);
    if (chunk === undefined || type === "string") part.fill(fill);
    else if (chunk.length < items * cellBytes[type]) throw short(where, items, chunk.length / cellBytes[type]);
    else readNumbers(chunk, type, part);
    start += items;
  }
  return all;
}

const short = (where: string, expected: number, got: number): AppError =>
  new AppError("bad-data", {
    what: "a chunk is cut short",
    where,
    expected: `${expected} items`,
    got: String(Math.floor(got)),
    advice: "Copy the folder again",
  });

async function* columnChunks(
  store: ZarrStore,
  { path, shape, type, chunkShape, sharding, keyOf }: ZarrArray,
  kind: "string" | "numbers",
) {
  const [count = 0] = shape;
  const [chunkItems = 1] = chunkShape;
  const isKind = (type === "string") === (kind === "string");
  if (shape.length !== 1 || sharding !== undefined || !isKind) {
    const got = `${shape.length} dimensions of ${type}${sharding === undefined ? "" : ", sharded"}`;
    throw new AppError("bad-data", { what: `this is no column of ${kind}`, where: `${store.label}, ${path}`, got });
  }
  for (let start = 0; start < count; start += chunkItems) {
    const key = keyOf([start / chunkItems]);
    yield { chunk: await store.get(key), items: Math.min(chunkItems, count - start), where: `${store.label}, ${key}` };
  }
}

/** `vlen-utf8` (numcodecs): how many, then length and UTF-8 of each. */
function textsOf(chunk: Uint8Array, where: string): string[] {
  const decoder = new TextDecoder();
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const texts: string[] = [];
  const count = chunk.length < 4 ? 0 : view.getUint32(0, true);
  for (let at = 4; texts.length < count && at + 4 <= chunk.length; ) {
    const end = at + 4 + view.getUint32(at, true);
    if (end > chunk.length) break;
    texts.push(decoder.decode(chunk.subarray(at + 4, end)));
    at = end;
  }
  if (texts.length < count) throw short(where, count, texts.length);
  return texts;
}
