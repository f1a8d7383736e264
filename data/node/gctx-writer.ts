import { type FileHandle, open, stat } from "node:fs/promises";
import { AppError, type OnProgress } from "../../schemas/index.ts";
import type { Block } from "../source.ts";
import { type GctxContent, type GctxLayout, gctxLayout } from "../write/gctx-layout.ts";
import { type Existing, type WriteOutcome, writeAtomic, writeError } from "./atomic.ts";
import { writeAt } from "./write-at.ts";

/** Columns of consecutive rows: `values` is `[rows, columns]`, row-major; read until the write is done. */
export interface RowPart {
  readonly values: Float32Array;
  readonly columns: number;
}

/** Values of a reserved column, in the array of its type. */
export type ColumnValues = Float32Array | Float64Array | Int32Array;

/**
 * An open GCTX file whose rows are written by position: in any order, by several processes at once as long as each
 * keeps to its own rows. From `create` on the file is valid; rows not written yet read as 0.
 */
export class GctxFile implements AsyncDisposable {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #layout: GctxLayout;

  private constructor(path: string, handle: FileHandle, layout: GctxLayout) {
    this.#path = path;
    this.#handle = handle;
    this.#layout = layout;
  }

  /** Makes the file (an older one is overwritten), with header and full length. @throws AppError `cannot-create` */
  static async create(path: string, layout: GctxLayout): Promise<GctxFile> {
    const file = new GctxFile(path, await opened(path, "w+"), layout);
    try {
      await file.#write([layout.header], 0);
      await file.#handle.truncate(layout.totalBytes);
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
  static async reopen(path: string, layout: GctxLayout): Promise<GctxFile> {
    const file = new GctxFile(path, await opened(path, "r+"), layout);
    if (await file.#hasHeader()) return file;
    await file.close();
    const fault = { what: "is not the file that was begun", where: path, advice: "Remove it to start over" };
    throw new AppError("other-plan", fault);
  }

  /**
   * Writes the rows `[start, start + rows)`; a row of the file is the parts' rows end to end.
   * @throws AppError `cannot-create` when the disk refuses
   */
  async writeRows(start: number, parts: readonly RowPart[], rows: number): Promise<void> {
    const { sampleCount, geneCount, rowBytes, matrixOffset } = this.#layout;
    const columns = parts.reduce((sum, part) => sum + part.columns, 0);
    if (columns !== geneCount) throw new RangeError(`rows of ${columns} values in a file of ${geneCount} genes`);
    if (start < 0 || start + rows > sampleCount)
      throw new RangeError(`rows ${start}..${start + rows} of ${sampleCount}`);
    for (const part of parts) {
      if (part.values.length < rows * part.columns) throw new RangeError(`fewer than ${rows} rows of values`);
    }
    await this.#write(rowViews(parts, rows), matrixOffset + start * rowBytes);
  }

  /** Writes items `[start, start + values.length)` of a reserved column. @throws AppError `cannot-create` */
  async writeColumn(name: string, start: number, values: ColumnValues): Promise<void> {
    const span = this.#layout.columns.get(name);
    if (span === undefined) throw new RangeError(`no column ${name} was reserved`);
    if (!(values instanceof arrayOf[span.type])) throw new TypeError(`column ${name} is ${span.type}`);
    if (start < 0 || start + values.length > this.#layout.sampleCount) throw new RangeError(`rows of ${name}`);
    await this.#write([bytesOf(values)], span.offset + start * span.itemBytes);
  }

  /** Waits until everything written is on the disk. */
  async sync(): Promise<void> {
    await translated(this.#path, () => this.#handle.datasync());
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** True when length and superblock (which names the addresses of everything) are those of the layout. */
  async #hasHeader(): Promise<boolean> {
    const { header, totalBytes } = this.#layout;
    if ((await this.#handle.stat()).size !== totalBytes) return false;
    const begin = Buffer.alloc(96);
    await this.#handle.read(begin, 0, begin.length, 0);
    return begin.equals(header.subarray(0, begin.length));
  }

  async #write(views: readonly Uint8Array[], position: number): Promise<void> {
    await translated(this.#path, () => writeAt(this.#handle, views, position));
  }
}

const arrayOf = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

const bytesOf = ({ buffer, byteOffset, byteLength }: ColumnValues): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** One view for one part, else a view a row and part: gathering in the kernel spares a copy of every block. */
function rowViews(parts: readonly RowPart[], rows: number): Uint8Array[] {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return [bytesOf(first.values.subarray(0, rows * first.columns))];
  const bytes = parts.map(({ values, columns }) => ({ of: bytesOf(values), rowBytes: 4 * columns }));
  const views: Uint8Array[] = [];
  for (let row = 0; row < rows; row++) {
    for (const { of, rowBytes } of bytes) views.push(of.subarray(row * rowBytes, (row + 1) * rowBytes));
  }
  return views;
}

async function opened(path: string, flags: "w+" | "r+"): Promise<FileHandle> {
  return await translated(path, () => open(path, flags));
}

async function translated<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw writeError(error, path);
  }
}

/** A whole file to write: its blocks are rows in order, each exactly once. */
export interface GctxFileContent extends GctxContent {
  readonly blocks: AsyncIterable<Block> | Iterable<Block>;
  readonly existing?: Existing;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** What became of a written file, and what a reader of it should be told. */
export interface WriteReport {
  readonly outcome: WriteOutcome;
  readonly notes: readonly string[];
}

/**
 * Writes a GCTX file atomically, block by block.
 * @throws AppError `bad-data` as {@link gctxLayout}, or when the blocks end early; `cannot-create` and `other-plan` as
 *   {@link writeAtomic}; `cancelled`
 */
export async function writeGctx(path: string, content: GctxFileContent): Promise<WriteReport> {
  const layout = gctxLayout(content);
  const outcome = await writeAtomic(path, (temporary) => writeBlocks(temporary, layout, content), content.existing);
  const { transliterated } = layout;
  const notes = transliterated === 0 ? [] : [`${transliterated} ids and metadata cells were brought to ASCII`];
  return { outcome, notes };
}

/** True when `path` is a file of the length and with the header that this content has: of whole files, the same one. */
export async function holdsGctx(path: string, content: GctxContent): Promise<boolean> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  const { header, totalBytes } = gctxLayout(content);
  if (size !== totalBytes) return false;
  await using file = await open(path, "r");
  const present = Buffer.alloc(header.length);
  const { bytesRead } = await file.read(present, 0, present.length, 0);
  return bytesRead === header.length && present.equals(header);
}

async function writeBlocks(path: string, layout: GctxLayout, content: GctxFileContent): Promise<void> {
  const { blocks, onProgress, signal } = content;
  const { sampleCount, geneCount } = layout;
  await using file = await GctxFile.create(path, layout);
  let done = 0;
  for await (const { start, rows, values } of blocks) {
    if (signal?.aborted) throw new AppError("cancelled", { what: "stopped before the file was whole", where: path });
    if (start !== done) throw new RangeError(`block of row ${start} after ${done} rows`);
    await file.writeRows(start, [{ values, columns: geneCount }], rows);
    done += rows;
    onProgress?.({ phase: "write", done, total: sampleCount, unit: "profiles" });
  }
  if (done === sampleCount) return;
  const got = `${done} rows`;
  throw new AppError("bad-data", { what: "the values end early", expected: `${sampleCount} rows`, got });
}
