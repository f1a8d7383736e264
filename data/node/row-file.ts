import { type FileHandle, open, stat } from "node:fs/promises";
import { AppError } from "../../schemas/index.ts";
import { encodeRows, type RowPart } from "../write/encode-rows.ts";
import { numberBytes } from "../write/number-type.ts";
import { type RowLayout, rowRuns, storageBytes } from "../write/row-layout.ts";
import { writeError } from "./atomic.ts";
import { LargeFile } from "./large-file.ts";
import type { ColumnValues, ProfileBlock, ProfileWriter } from "./profile-writer.ts";

/**
 * Row parts that go to the page cache in one call. The next inference may hold the event loop, so a second call of the
 * same write would only be made when that is over: all calls of a block are made at once instead.
 */
const viewsACall = 1024;

/**
 * An open file whose rows are written by position: in any order, by several processes at once as long as each keeps to
 * its own rows. From `create` on the file is valid; rows not written yet read as 0.
 */
export class RowFile implements ProfileWriter {
  readonly #path: string;
  readonly #file: LargeFile;
  readonly #layout: RowLayout;

  private constructor(path: string, file: LargeFile, layout: RowLayout) {
    this.#path = path;
    this.#file = file;
    this.#layout = layout;
  }

  /** Makes the file (an older one is overwritten), with all that is fixed and full length. @throws AppError `cannot-create` */
  static async create(path: string, layout: RowLayout): Promise<RowFile> {
    const file = new RowFile(path, await opened(path, "w+"), layout);
    try {
      for (const { offset, bytes } of layout.fixed) await file.#write([bytes], offset);
      await file.#file.handle.truncate(layout.totalBytes);
      return file;
    } catch (error) {
      await file.close();
      throw writeError(error, path);
    }
  }

  /**
   * Opens a file that `create` made with the same layout, to go on writing.
   * @throws AppError `cannot-create` when it cannot be opened, `other-plan` when it does not have this layout
   */
  static async reopen(path: string, layout: RowLayout): Promise<RowFile> {
    const file = await opened(path, "r+");
    if (await holds(file.handle, layout)) return new RowFile(path, file, layout);
    await file[Symbol.asyncDispose]();
    const fault = { what: "is not the file that was begun", where: path, advice: "Remove it to start over" };
    throw new AppError("other-plan", fault);
  }

  async writeBlock({ start, rows, parts, columns }: ProfileBlock): Promise<void> {
    const writes = [...columns].map(([name, values]) => this.writeColumn(name, start, values));
    const used = parts.filter((part) => part.columns > 0);
    const rowsACall = this.#file.isDirect ? rows : Math.floor(viewsACall / used.length);
    for (let row = 0; row < rows; row += rowsACall) {
      const slice = used.map((part) => ({ ...part, values: part.values.subarray(row * part.columns) }));
      writes.push(this.writeRows(start + row, slice, Math.min(rowsACall, rows - row)));
    }
    await Promise.all(writes);
  }

  /**
   * Writes the rows `[start, start + rows)`; a row of the file is the parts' rows end to end.
   * @throws AppError `cannot-create` when the disk refuses, `bad-data` for values that the storage cannot hold
   */
  async writeRows(start: number, parts: readonly RowPart[], rows: number): Promise<void> {
    const { sampleCount, geneCount, storage } = this.#layout;
    const columns = parts.reduce((sum, part) => sum + part.columns, 0);
    if (columns !== geneCount) throw new RangeError(`rows of ${columns} values in a file of ${geneCount} genes`);
    if (start < 0 || start + rows > sampleCount)
      throw new RangeError(`rows ${start}..${start + rows} of ${sampleCount}`);
    for (const part of parts) {
      if (part.values.length < rows * part.columns) throw new RangeError(`fewer than ${rows} rows of values`);
    }
    const rowBytes = geneCount * storageBytes[storage];
    for (const run of rowRuns(this.#layout, start, rows)) {
      const own = parts.map((part) => ({ ...part, values: part.values.subarray(run.inRows * part.columns) }));
      await this.#write(encodeRows(own, run.rows, storage), run.section.rowsOffset + run.inSection * rowBytes);
    }
  }

  /** Writes items `[start, start + values.length)` of a reserved column. @throws AppError `cannot-create` */
  async writeColumn(name: string, start: number, values: ColumnValues): Promise<void> {
    const type = this.#layout.columnTypes.get(name);
    if (type === undefined) throw new RangeError(`no column ${name} was reserved`);
    if (!(values instanceof arrayOf[type])) throw new TypeError(`column ${name} is ${type}`);
    if (start < 0 || start + values.length > this.#layout.sampleCount) throw new RangeError(`rows of ${name}`);
    for (const { section, inSection, inRows, rows } of rowRuns(this.#layout, start, values.length)) {
      const offset = (section.columns.get(name) ?? Number.NaN) + inSection * numberBytes[type];
      await this.#write([bytesOf(values.subarray(inRows, inRows + rows))], offset);
    }
  }

  async sync(): Promise<void> {
    await translated(this.#path, () => this.#file.datasync());
  }

  async close(): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #write(views: readonly Uint8Array[], position: number): Promise<void> {
    await translated(this.#path, () => this.#file.write(views, position));
  }
}

/** True when a file has the length and the fixed bytes of a layout, whatever its reserved columns hold. */
export async function holdsRows(path: string, layout: RowLayout): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) return false;
  await using file = await open(path, "r");
  return await holds(file, layout);
}

async function holds(file: FileHandle, layout: RowLayout): Promise<boolean> {
  if ((await file.stat()).size !== layout.totalBytes) return false;
  for (const { offset, bytes } of layout.fixed) {
    const present = Buffer.alloc(bytes.length);
    const { bytesRead } = await file.read(present, 0, present.length, offset);
    for (const [from, to] of reservedSpans(layout)) {
      if (from < offset + bytes.length && to > offset) {
        present.fill(0, Math.max(0, from - offset), Math.min(present.length, to - offset));
      }
    }
    if (bytesRead !== present.length || !present.equals(bytes)) return false;
  }
  return true;
}

function* reservedSpans({ sections, sectionRows, sampleCount, columnTypes }: RowLayout): Generator<[number, number]> {
  for (const [index, { columns }] of sections.entries()) {
    const rows = Math.min(sectionRows, sampleCount - index * sectionRows);
    for (const [name, type] of columnTypes) {
      const from = columns.get(name) ?? Number.NaN;
      yield [from, from + rows * numberBytes[type]];
    }
  }
}

const arrayOf = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

const bytesOf = ({ buffer, byteOffset, byteLength }: ColumnValues): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

async function opened(path: string, flags: "w+" | "r+"): Promise<LargeFile> {
  return await translated(path, () => LargeFile.open(path, { flags }));
}

async function translated<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw writeError(error, path);
  }
}
