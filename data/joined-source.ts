/**
 * Several expression files as one: their samples one file after the other, their genes brought to common columns.
 * @module
 */
import { AppError } from "../schemas/index.ts";
import { joinSamples } from "./joined-samples.ts";
import { betweenBlocks } from "./read/between-blocks.ts";
import { blockGrid } from "./read/block-grid.ts";
import type { Axis, Block, BlockRange, ExpressionSource } from "./source.ts";

/** One file of a joined source. */
export interface JoinedPart {
  readonly label: string;
  readonly format: ExpressionSource["format"];
  /** Samples of the whole file. */
  readonly samples: Axis;
  /** Rows of the file that are taken, ascending; all by default. */
  readonly rows?: Int32Array | undefined;
  /** The file, for as long as its blocks are read; it stays the giver's. */
  readonly use: () => Promise<ExpressionSource>;
  /**
   * A block of the file `[rows, genes of the file]` as `[rows, joined genes]`; the array belongs to the receiver. `start`
   * is the first row's place among those taken.
   */
  readonly gather: (block: Block) => Float32Array;
}

/** What a joined source is made of. */
export interface Joining {
  readonly parts: readonly JoinedPart[];
  /** The joined genes. */
  readonly genes: Axis;
  readonly warnings: readonly string[];
  /** Closes what the parts use. */
  readonly close: () => Promise<void>;
}

/** Rows of a file that are read though nobody wants them, to spare a reading of its own for every sample. */
const readOver = 16;

/**
 * Files as one source: samples in the order of the files, each file in its own order; blocks run across the borders of
 * files, so that the grid of blocks depends on the numbers of samples and genes alone. Metadata columns are joined by
 * name (see `joinSamples`). It can be read from anywhere cheaply (`format` is `gctx`) when all its files can.
 * @throws AppError `bad-data` when a sample id occurs in two files, or no sample is left
 */
export function joinSources({ parts, genes, warnings, close }: Joining): ExpressionSource {
  const samples = joinSamples(parts);
  const label = parts.length === 1 ? (parts[0]?.label ?? "") : `${parts[0]?.label} and ${parts.length - 1} more`;
  const starts: number[] = [];
  let total = 0;
  for (const part of parts) {
    starts.push(total);
    total += rowCount(part);
  }
  if (total === 0) throw new AppError("bad-data", { what: "no sample is left", where: label });
  const shape = { samples: total, genes: genes.ids.length };
  return {
    format: parts.find(({ format }) => format !== "gctx")?.format ?? "gctx",
    label,
    genes,
    samples,
    warnings,
    blocks: (range = {}) => joinedBlocks({ parts, starts, shape, range, label }),
    [Symbol.asyncDispose]: close,
  };
}

/** Samples of a part that are taken. */
export function rowCount({ rows, samples }: Pick<JoinedPart, "rows" | "samples">): number {
  return rows?.length ?? samples.ids.length;
}

interface JoinedReading {
  readonly parts: readonly JoinedPart[];
  readonly starts: readonly number[];
  readonly shape: { readonly samples: number; readonly genes: number };
  readonly range: BlockRange;
  readonly label: string;
}

async function* joinedBlocks({ parts, starts, shape, range, label }: JoinedReading): AsyncGenerator<Block> {
  const { start, end, blockRows } = blockGrid(range, shape);
  const { signal } = range;
  const turn = betweenBlocks(signal, label);
  const width = shape.genes;
  let at = start;
  let block = new Float32Array(Math.min(blockRows, end - at) * width);
  let filled = 0;
  for (const [index, part] of parts.entries()) {
    const first = starts[index] ?? 0;
    const from = Math.max(start, first) - first;
    const to = Math.min(end, first + rowCount(part)) - first;
    if (from >= to) continue;
    for await (const rows of partRows(part, { from, to, blockRows, signal })) {
      for (let taken = 0; taken < rows.length; ) {
        const piece = rows.subarray(taken, taken + block.length - filled);
        block.set(piece, filled);
        taken += piece.length;
        filled += piece.length;
        if (filled < block.length) continue;
        await turn();
        yield { start: at, rows: block.length / width, values: block };
        at += block.length / width;
        block = new Float32Array(Math.min(blockRows, end - at) * width);
        filled = 0;
      }
    }
  }
}

interface PartReading {
  /** Which of the taken rows, `[from, to)`. */
  readonly from: number;
  readonly to: number;
  readonly blockRows: number;
  readonly signal: AbortSignal | undefined;
}

/** Taken rows of a file in order, `[rows, joined genes]` in pieces. */
async function* partRows(part: JoinedPart, { from, to, blockRows, signal }: PartReading): AsyncGenerator<Float32Array> {
  const source = await part.use();
  const options = { blockRows, ...(signal && { signal }) };
  if (part.rows === undefined) {
    for await (const block of source.blocks({ start: from, end: to, ...options })) yield part.gather(block);
    return;
  }
  const wanted = part.rows.subarray(from, to);
  for (let next = 0; next < wanted.length; ) {
    const run = runEnd(wanted, next);
    const range = { start: wanted[next] as number, end: (wanted[run - 1] as number) + 1 };
    for await (const block of source.blocks({ ...range, ...options })) {
      const beyond = firstFrom(wanted, next, block.start + block.rows);
      if (beyond > next) yield part.gather({ ...pickRows(block, wanted.subarray(next, beyond)), start: from + next });
      next = beyond;
    }
  }
}

/** Where the reading that begins with the wanted row `next` ends: before the first gap that is not read over. */
function runEnd(wanted: Int32Array, next: number): number {
  let end = next + 1;
  while (end < wanted.length && (wanted[end] as number) - (wanted[end - 1] as number) <= readOver) end += 1;
  return end;
}

/** Index of the first wanted row from `row` on, looked for from `next` on. */
function firstFrom(wanted: Int32Array, next: number, row: number): number {
  let index = next;
  while (index < wanted.length && (wanted[index] as number) < row) index += 1;
  return index;
}

/** Rows of a block by their numbers in the file; the block itself where these are all of it. */
function pickRows(block: Block, wanted: Int32Array): Block {
  if (wanted.length === block.rows) return block;
  const genes = block.values.length / block.rows;
  const values = new Float32Array(wanted.length * genes);
  for (const [i, row] of wanted.entries()) {
    const from = (row - block.start) * genes;
    values.set(block.values.subarray(from, from + genes), i * genes);
  }
  return { ...block, rows: wanted.length, values };
}
