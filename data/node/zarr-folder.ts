import { mkdir, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError } from "../../schemas/index.ts";
import { encodeRows } from "../write/encode-rows.ts";
import type { NumberType } from "../write/number-type.ts";
import { shardFrame, type ZarrLayout } from "../write/zarr-layout.ts";
import { fsyncDirectory, writeAtomic, writeError } from "./atomic.ts";
import { LargeFile } from "./large-file.ts";
import { PageBuffers } from "./page-buffers.ts";
import type { ColumnValues, ProfileBlock, ProfileWriter } from "./profile-writer.ts";

/**
 * A Zarr hierarchy in a folder, in the making. A block is a shard: an object that is written under another name, synced
 * and renamed, behind the chunks of the reserved columns, so that a shard that is there is whole, and so are its columns.
 */
export class ZarrFolder implements ProfileWriter {
  readonly #path: string;
  readonly #layout: ZarrLayout;
  readonly #buffers = new PageBuffers();

  private constructor(path: string, layout: ZarrLayout) {
    this.#path = path;
    this.#layout = layout;
  }

  /** Makes the folder, which must not be there, with all that does not depend on the values. @throws AppError `cannot-create` */
  static async create(path: string, layout: ZarrLayout): Promise<ZarrFolder> {
    try {
      await mkdir(path);
      const folders = new Set<string>();
      for (const [key, bytes] of layout.objects) {
        const file = join(path, key);
        if (!folders.has(dirname(file))) await mkdir(dirname(file), { recursive: true });
        folders.add(dirname(file));
        await writeSynced(file, bytes);
      }
      for (const folder of folders) await fsyncDirectory(folder);
      await fsyncDirectory(dirname(path));
      return new ZarrFolder(path, layout);
    } catch (error) {
      throw writeError(error, path);
    }
  }

  /**
   * Opens a folder that `create` made with the same layout, to go on writing.
   * @throws AppError `other-plan` when it does not have this layout, `cannot-create`
   */
  static async reopen(path: string, layout: ZarrLayout): Promise<ZarrFolder> {
    if (!(await holdsZarr(path, layout))) {
      const fault = { what: "is not the folder that was begun", where: path, advice: "Remove it to start over" };
      throw new AppError("other-plan", fault);
    }
    // Chunks of columns that a killed process had not renamed; those of shards lie in folders of their own.
    for (const name of layout.columnTypes.keys()) {
      const chunks = join(path, "samples", name, "c");
      for (const entry of await readdir(chunks).catch(() => []))
        if (entry.endsWith(".tmp")) await rm(join(chunks, entry), { force: true });
    }
    return new ZarrFolder(path, layout);
  }

  /** Writes a shard and syncs it. @throws AppError `cannot-create`, `bad-data` */
  async writeBlock({ start, rows, parts, columns }: ProfileBlock): Promise<void> {
    const views = shardObject(this.#layout, { start, rows, parts });
    const object = shardPath(this.#path, start / this.#layout.shardRows);
    const folder = dirname(object);
    await this.writeColumns(start, columns);
    try {
      // With what an earlier attempt may have left of it.
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      await writeAtomic(object, async (temporary) => {
        await using file = await LargeFile.open(temporary, { flags: "wx", buffers: this.#buffers });
        await file.write(views, 0);
      });
      await fsyncDirectory(dirname(folder));
    } catch (error) {
      throw writeError(error, this.#path);
    }
  }

  /** Writes the reserved columns of the shard that begins at `start`, and syncs them. @throws AppError `cannot-create` */
  async writeColumns(start: number, columns: ProfileBlock["columns"]): Promise<void> {
    const { shardRows, columnTypes } = this.#layout;
    try {
      for (const [name, values] of columns) {
        const file = join(this.#path, "samples", name, "c", String(start / shardRows));
        await mkdir(dirname(file), { recursive: true });
        const chunk = columnChunk(values, columnTypes.get(name), shardRows);
        await writeAtomic(file, (temporary) => writeFile(temporary, chunk));
      }
    } catch (error) {
      throw writeError(error, this.#path);
    }
  }

  /** Shards are synced one by one. */
  async sync(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Where the object of a shard lies in a hierarchy. */
export function shardPath(folder: string, shard: number): string {
  return join(folder, "matrix", "c", String(shard), "0");
}

/**
 * The object of a shard, in pieces: its rows, what fills up the last inner chunk, and the index of these.
 * @throws AppError `bad-data` for values that the storage cannot hold
 */
export function shardObject(
  layout: ZarrLayout,
  { start, rows, parts }: Pick<ProfileBlock, "start" | "rows" | "parts">,
): readonly Uint8Array[] {
  const { shardRows, storage, geneCount } = layout;
  const shard = start / shardRows;
  const frame = shardFrame(layout, shard);
  if (!Number.isInteger(shard) || frame.end !== start + rows)
    throw new RangeError(`rows ${start} to ${start + rows} are no shard of ${shardRows}`);
  const fill = new Float32Array(frame.fillRows * geneCount).fill(Number.NaN);
  return [
    ...encodeRows(parts, rows, storage),
    ...encodeRows([{ values: fill, columns: geneCount }], frame.fillRows, storage),
    frame.index,
  ];
}

/** True when a folder has all the objects of a layout that do not depend on the values. */
export async function holdsZarr(path: string, { objects }: ZarrLayout): Promise<boolean> {
  for (const [key, bytes] of objects) {
    const present = await readFile(join(path, key)).catch(() => undefined);
    if (present === undefined || !present.equals(bytes)) return false;
  }
  return true;
}

/** The shards that are there and whole. */
export async function wholeShards(path: string, layout: ZarrLayout): Promise<ReadonlySet<number>> {
  const whole = new Set<number>();
  for (let shard = 0; shard * layout.shardRows < layout.sampleCount; shard++) {
    const found = await stat(shardPath(path, shard)).catch(() => undefined);
    if (found?.size === shardFrame(layout, shard).bytes) whole.add(shard);
  }
  return whole;
}

/** A column's items of one shard, filled up to the shard's length. */
function columnChunk(values: ColumnValues, type: NumberType | undefined, items: number): Uint8Array {
  if (type === undefined) throw new RangeError("a column that was not reserved");
  const array = { float32: Float32Array, float64: Float64Array, int32: Int32Array }[type];
  if (!(values instanceof array)) throw new TypeError(`the column is ${type}`);
  const chunk = new array(items).fill(type === "int32" ? 0 : Number.NaN);
  chunk.set(values);
  return new Uint8Array(chunk.buffer);
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, "w");
  await file.writeFile(bytes);
  await file.sync();
}
