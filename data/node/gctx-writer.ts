import { AppError, type OnProgress } from "../../schemas/index.ts";
import type { Block } from "../source.ts";
import { gctxLayout } from "../write/gctx-layout.ts";
import type { MatrixContent } from "../write/matrix-content.ts";
import type { RowLayout } from "../write/row-layout.ts";
import { type Existing, type WriteOutcome, writeAtomic } from "./atomic.ts";
import type { ProfileWriter } from "./profile-writer.ts";
import { holdsRows, RowFile } from "./row-file.ts";

/** A whole file to write: its blocks are rows in order, each exactly once. */
export interface FileContent extends MatrixContent {
  readonly blocks: AsyncIterable<Block> | Iterable<Block>;
  readonly existing?: Existing;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** What became of a written file, and what a reader of it should be told. */
export interface WriteReport {
  readonly outcome: WriteOutcome;
  readonly notes: readonly string[];
  /** Tables beside the file, with what its format has no place for. */
  readonly tables?: readonly string[];
}

/**
 * Writes a GCTX file atomically, block by block.
 * @throws AppError `bad-data` as {@link gctxLayout}, or when the blocks end early; `cannot-create` and `other-plan` as
 *   {@link writeAtomic}; `cancelled`
 */
export async function writeGctx(path: string, content: FileContent): Promise<WriteReport> {
  const layout = gctxLayout(content);
  const outcome = await writeAtomic(path, (temporary) => writeRowFile(temporary, layout, content), content.existing);
  const { transliterated } = layout;
  const notes = transliterated === 0 ? [] : [`${transliterated} ids and metadata cells were brought to ASCII`];
  return { outcome, notes };
}

/** True when `path` is a file of the length and with the header that this content has: of whole files, the same one. */
export async function holdsGctx(path: string, content: MatrixContent): Promise<boolean> {
  return await holdsRows(path, gctxLayout(content));
}

/** Writes a file of this layout, block by block. @throws AppError `cannot-create`, `bad-data`, `cancelled` */
export async function writeRowFile(path: string, layout: RowLayout, content: FileContent): Promise<void> {
  await using file = await RowFile.create(path, layout);
  await writeBlocks(file, { ...content, path, rows: layout.sampleCount });
}

/** Blocks for a writer of `rows` rows, and the file's name for messages. */
export interface BlocksToWrite extends Pick<FileContent, "blocks" | "genes" | "onProgress" | "signal"> {
  readonly path: string;
  readonly rows: number;
}

/** Writes all blocks in order. @throws AppError `bad-data` when the blocks end early; `cannot-create`, `cancelled` */
export async function writeBlocks(writer: ProfileWriter, what: BlocksToWrite): Promise<void> {
  const { blocks, genes, onProgress, signal, path, rows: total } = what;
  const columns = genes.ids.length;
  let done = 0;
  for await (const { start, rows, values } of blocks) {
    if (signal?.aborted) throw new AppError("cancelled", { what: "stopped before the file was whole", where: path });
    if (start !== done) throw new RangeError(`block of row ${start} after ${done} rows`);
    await writer.writeBlock({ start, rows, parts: [{ values, columns }], columns: new Map() });
    done += rows;
    onProgress?.({ phase: "write", done, total, unit: "profiles" });
  }
  if (done === total) return;
  const got = `${done} rows`;
  throw new AppError("bad-data", { what: "the values end early", expected: `${total} rows`, got });
}
