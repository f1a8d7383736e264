/** The same rows of X `[rows, p]` and of Y `[rows, q]`. */
export interface Rows {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/**
 * Cuts rows that arrive in portions of any size into blocks of one size, so that results and cost of what is done with
 * a block do not depend on the portions. Full blocks inside a portion are views of it, not copies.
 */
export class RowStage {
  readonly #p: number;
  readonly #q: number;
  readonly #blockRows: number;
  #held: Rows | undefined;
  #heldRows = 0;

  /** @param sizes columns of X (at least 1), of Y, and rows of a block. */
  constructor({ p, q, blockRows }: { readonly p: number; readonly q: number; readonly blockRows: number }) {
    this.#p = p;
    this.#q = q;
    this.#blockRows = blockRows;
  }

  /** Takes rows and gives the blocks that are full; each is valid until the next is asked for. */
  *blocks({ x, y }: Rows): Generator<Rows> {
    const rows = x.length / this.#p;
    for (let start = 0; start < rows; ) {
      const end = Math.min(rows, start + this.#blockRows - this.#heldRows);
      const part = this.#slice({ x, y }, start, end);
      start = end;
      if (this.#heldRows === 0 && part.x.length === this.#blockRows * this.#p) {
        yield part;
        continue;
      }
      this.#hold(part);
      if (this.#heldRows < this.#blockRows) continue;
      const full = this.rest();
      if (full !== undefined) yield full;
    }
  }

  /** Gives up the rows that filled no block; undefined when there are none. */
  rest(): Rows | undefined {
    const rows = this.#heldRows;
    this.#heldRows = 0;
    return rows === 0 || this.#held === undefined ? undefined : this.#slice(this.#held, 0, rows);
  }

  #slice({ x, y }: Rows, start: number, end: number): Rows {
    return { x: x.subarray(start * this.#p, end * this.#p), y: y.subarray(start * this.#q, end * this.#q) };
  }

  #hold({ x, y }: Rows): void {
    this.#held ??= {
      x: new Float32Array(this.#blockRows * this.#p),
      y: new Float32Array(this.#blockRows * this.#q),
    };
    this.#held.x.set(x, this.#heldRows * this.#p);
    this.#held.y.set(y, this.#heldRows * this.#q);
    this.#heldRows += x.length / this.#p;
  }
}
