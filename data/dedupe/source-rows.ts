import type { Block, ExpressionSource } from "../source.ts";

/** Bytes not asked for that are read along when they lie between rows that are: about what a read of its own costs. */
const widestGapBytes = 2 ** 16;

/**
 * The rows of a source, in order or picked, in bounded memory: a matrix that fits is kept from its first reading on.
 * A text file that does not fit is read from its start for every {@link read}; GCTX is positioned.
 */
export class SourceRows {
  readonly source: ExpressionSource;
  readonly rows: number;
  /** Genes. */
  readonly columns: number;
  readonly signal: AbortSignal | undefined;
  readonly #fits: boolean;
  #held: Float32Array | undefined;

  /** @param held.heldBytes largest matrix that is kept in memory, in bytes of float32 */
  constructor(
    source: ExpressionSource,
    { heldBytes, signal }: { readonly heldBytes: number; readonly signal?: AbortSignal | undefined },
  ) {
    this.source = source;
    this.rows = source.samples.ids.length;
    this.columns = source.genes.ids.length;
    this.signal = signal;
    this.#fits = 4 * this.rows * this.columns <= heldBytes;
  }

  /** All rows in order, each once; blocks belong to the receiver. @throws AppError as the source does. */
  async *stream(): AsyncGenerator<Block> {
    if (this.#held !== undefined) {
      yield* this.#heldBlocks(this.#held);
      return;
    }
    const held = this.#fits ? new Float32Array(this.rows * this.columns) : undefined;
    for await (const block of this.#blocks(0, this.rows)) {
      held?.set(block.values, block.start * this.columns);
      yield block;
    }
    this.#held = held;
  }

  /**
   * Some rows, `[rows.length, columns]`, which belong to the receiver.
   * @param rows ascending, each once
   * @throws AppError as the source does
   */
  async read(rows: Int32Array): Promise<Float32Array> {
    const { columns } = this;
    const values = new Float32Array(rows.length * columns);
    if (this.#held !== undefined) {
      for (const [at, row] of rows.entries())
        values.set(this.#held.subarray(row * columns, (row + 1) * columns), at * columns);
      return values;
    }
    let next = 0;
    for (const { start, end } of this.#runs(rows)) {
      for await (const block of this.#blocks(start, end)) {
        for (let row = rows[next]; row !== undefined && row < block.start + block.rows; row = rows[next]) {
          const from = (row - block.start) * columns;
          values.set(block.values.subarray(from, from + columns), next * columns);
          next += 1;
        }
      }
    }
    return values;
  }

  /** Ranges `[start, end)` that cover the rows: neighbours together, all of a text file's in one. */
  *#runs(rows: Int32Array): Generator<{ readonly start: number; readonly end: number }> {
    const gap = this.source.format === "gctx" ? widestGapBytes / (4 * this.columns) : Number.POSITIVE_INFINITY;
    let start = rows[0];
    if (start === undefined) return;
    let end = start + 1;
    for (const row of rows) {
      if (row - end > gap) {
        yield { start, end };
        start = row;
      }
      end = row + 1;
    }
    yield { start, end };
  }

  #blocks(start: number, end: number): AsyncIterable<Block> {
    return this.source.blocks({ start, end, ...(this.signal && { signal: this.signal }) });
  }

  async *#heldBlocks(held: Float32Array): AsyncGenerator<Block> {
    const blockRows = Math.max(1, Math.floor((64 * 2 ** 20) / (4 * this.columns)));
    for (let start = 0; start < this.rows; start += blockRows) {
      const end = Math.min(this.rows, start + blockRows);
      yield { start, rows: end - start, values: held.slice(start * this.columns, end * this.columns) };
    }
  }
}
