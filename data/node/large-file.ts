/**
 * Files that are written by position, large spans past the page cache: the kernel then neither copies them nor finds
 * pages for them, which cost an inference an eighth of its processor time (`bench/infer-throughput.mjs`), and the cache
 * stays with what others read. open(2), `O_DIRECT`: memory, position and length must be whole pages.
 * @module
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { PageBuffers, pageBytes } from "./page-buffers.ts";
import { writeAt } from "./write-at.ts";

/** Spans smaller than this go through the page cache: there is little to win. */
const leastDirectBytes = 1 << 20;
/** Bytes of a direct call at most: Linux writes at most 2³¹ − 4096. */
const mostDirectBytes = 1 << 30;

/** How a {@link LargeFile} is opened. */
export interface LargeFileOptions {
  readonly flags: "w+" | "r+" | "wx";
  /** Where spans wait for the disk; shared by files that are written one after another. */
  readonly buffers?: Pick<PageBuffers, "take" | "give">;
  /** Spans of so many bytes are written past the page cache, 1 MiB by default. */
  readonly leastDirect?: number;
}

/** An open file; see the module. Calls may overlap as long as their spans do not. */
export class LargeFile implements AsyncDisposable {
  /** Through the page cache: for reading, lengths and small spans. */
  readonly handle: FileHandle;
  readonly #direct: FileHandle | undefined;
  #isRefused = false;
  readonly #buffers: Pick<PageBuffers, "take" | "give">;
  readonly #leastDirect: number;

  private constructor(
    handle: FileHandle,
    direct: FileHandle | undefined,
    { buffers = new PageBuffers(), leastDirect = leastDirectBytes }: LargeFileOptions,
  ) {
    this.handle = handle;
    this.#direct = direct;
    this.#buffers = buffers;
    this.#leastDirect = leastDirect;
  }

  /** Opens a file; errors are those of the file system. */
  static async open(path: string, options: LargeFileOptions): Promise<LargeFile> {
    const handle = await open(path, options.flags);
    try {
      return new LargeFile(handle, await openDirect(path), options);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** True while large spans go past the page cache. */
  get isDirect(): boolean {
    return this.#direct !== undefined && !this.#isRefused;
  }

  /**
   * Writes views end to end at a position. A large span's views may change as soon as this has returned its promise, for
   * they were copied; all calls to the system are made at once, whatever keeps this thread busy afterwards.
   */
  async write(views: readonly Uint8Array[], position: number): Promise<void> {
    const bytes = views.reduce((sum, { length }) => sum + length, 0);
    const first = Math.ceil(position / pageBytes) * pageBytes;
    const last = Math.floor((position + bytes) / pageBytes) * pageBytes;
    const isLarge = last - first >= Math.max(pageBytes, this.#leastDirect);
    if (this.#direct === undefined || this.#isRefused || !isLarge) return await writeAt(this.handle, views, position);
    const buffer = this.#buffers.take(bytes + pageBytes);
    try {
      // The span's place in a page is its place in the buffer's first page.
      const start = position % pageBytes;
      fill(buffer.subarray(start), views);
      const at = (offset: number): number => start + (offset - position);
      const edges = [
        { from: position, to: first },
        { from: last, to: position + bytes },
      ].filter(({ from, to }) => to > from);
      await allSettled([
        this.#writePages(this.#direct, buffer.subarray(at(first), at(last)), first),
        ...edges.map(({ from, to }) => writeAt(this.handle, [buffer.subarray(at(from), at(to))], from)),
      ]);
    } finally {
      this.#buffers.give(buffer);
    }
  }

  async datasync(): Promise<void> {
    await this.handle.datasync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#direct?.close();
    await this.handle.close();
  }

  /** Whole pages; where the file system turns out not to take them directly, these and all later ones go through its cache. */
  async #writePages(direct: FileHandle, pages: Uint8Array, position: number): Promise<void> {
    let written = 0;
    try {
      while (written < pages.length) {
        const length = Math.min(mostDirectBytes, pages.length - written);
        const { bytesWritten } = await direct.write(pages, written, length, position + written);
        written += bytesWritten;
        // A call that was cut short may have ended within a page: what follows is no longer whole pages.
        if (bytesWritten < length) break;
      }
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#isRefused = true;
    }
    if (written < pages.length) await writeAt(this.handle, [pages.subarray(written)], position + written);
  }
}

function fill(buffer: Uint8Array, views: readonly Uint8Array[]): void {
  let at = 0;
  for (const view of views) {
    buffer.set(view, at);
    at += view.length;
  }
}

/** Waits for all, so that nothing is written any more when the first error is thrown. */
async function allSettled(writes: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(writes)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

/** A second descriptor, for direct writes; undefined where the system or the file system has none. */
async function openDirect(path: string): Promise<FileHandle | undefined> {
  // Only Linux has the flag; Node knows it there alone.
  const { O_DIRECT, O_WRONLY } = constants;
  if (O_DIRECT === undefined) return undefined;
  try {
    return await open(path, O_WRONLY | O_DIRECT);
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** What file systems answer that do not write directly. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "EINVAL" || error.code === "EOPNOTSUPP");
