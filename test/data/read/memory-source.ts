import { gzipSync } from "node:zlib";
import { type OpenOptions, openSource } from "../../../data/read/open.ts";
import type { Block, BlockRange, ByteSource, ExpressionSource } from "../../../data/source.ts";
import { isAppError } from "../../../schemas/index.ts";

/** Bytes in memory behind the interface of a file; counts what is read and how many streams are open. */
export class MemorySource implements ByteSource {
  readonly label: string;
  readonly #content: Uint8Array;
  readonly #pieceBytes: number;
  bytesRead = 0;
  openStreams = 0;

  constructor(label: string, content: string | Uint8Array, pieceBytes = 1024) {
    this.label = label;
    this.#content = typeof content === "string" ? new TextEncoder().encode(content) : content;
    this.#pieceBytes = pieceBytes;
  }

  get bytes(): number {
    return this.#content.length;
  }

  slice(start: number, end: number): Promise<Uint8Array> {
    const part = this.#content.slice(start, end);
    this.bytesRead += part.length;
    return Promise.resolve(part);
  }

  async *stream(): AsyncGenerator<Uint8Array> {
    this.openStreams++;
    try {
      for (let start = 0; start < this.#content.length; start += this.#pieceBytes) {
        yield await this.slice(start, start + this.#pieceBytes);
      }
    } finally {
      this.openStreams--;
    }
  }
}

/** Opens text, or bytes that are not HDF5, under a file name. */
export function openText(
  label: string,
  content: string | Uint8Array,
  options: OpenOptions = {},
): Promise<ExpressionSource> {
  return openSource(new MemorySource(label, content), noHdf5, options);
}

export function noHdf5(): Promise<never> {
  throw new Error("no HDF5 here");
}

export function gzipped(text: string): Uint8Array {
  return new Uint8Array(gzipSync(text));
}

export async function blocksOf(source: ExpressionSource, range: BlockRange = {}): Promise<Block[]> {
  const blocks: Block[] = [];
  for await (const block of source.blocks(range)) blocks.push(block);
  return blocks;
}

/** All rows of a range, one array each; checks that blocks are in order, gapless and of the promised size. */
export async function rowsOf(source: ExpressionSource, range: BlockRange = {}): Promise<number[][]> {
  const genes = source.genes.ids.length;
  const rows: number[][] = [];
  const first = range.start ?? 0;
  for (const block of await blocksOf(source, range)) {
    if (block.start !== first + rows.length) throw new Error(`block starts at ${block.start}`);
    if (block.values.length !== block.rows * genes) throw new Error(`block has ${block.values.length} values`);
    for (let row = 0; row < block.rows; row++) {
      rows.push([...block.values.subarray(row * genes, (row + 1) * genes)]);
    }
  }
  return rows;
}

/** `tag: message` of the AppError that `work` throws. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (isAppError(error)) return `${error.tag}: ${error.message}`;
    throw error;
  }
  return "nothing was refused";
}
