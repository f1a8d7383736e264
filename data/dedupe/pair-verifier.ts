import type { RowBlocks } from "../../runtime/algebra/k-means.ts";

/** A sample that has a duplicate before it. */
export interface Dropped {
  readonly row: number;
  /** The first of the samples before it that are nearer than the distance; it may be dropped itself. */
  readonly duplicateOf: number;
  /** Between the two, Euclidean, in float64. */
  readonly distance: number;
}

export interface VerifierOptions {
  /** Pairs nearer than this are duplicates. */
  readonly distance: number;
  /** Memory for rows, in bytes; two rows at least. */
  readonly rowBytes: number;
  /** Pairs that wait to be sorted and settled together, so that a row is seldom read twice. */
  readonly waitingPairs?: number;
}

/**
 * Decides candidate pairs from the rows themselves: differences of float32 values summed in float64. Of each sample it
 * keeps the first duplicate before it, so a pair that can no longer change that is not looked at: crowds of equal
 * samples cost one verification each. Pairs may come in any order; the result does not depend on it.
 */
export class PairVerifier {
  readonly #rows: RowBlocks;
  readonly #distance: number;
  readonly #waitingPairs: number;
  /** Rows in memory at a time. */
  readonly #batchRows: number;
  /** Half of them: pairs of rows of two such tiles are settled with every row read once. */
  readonly #tileRows: number;
  /** From {@link #key}. */
  #waiting: number[] = [];
  /** `[rows]`: the first duplicate known, −1 for none. */
  readonly #duplicateOf: Int32Array;
  readonly #distances: Float64Array;
  /** `[rows]`: where a row lies in the batch in hand, −1 when it does not. */
  readonly #slot: Int32Array;

  constructor(rows: RowBlocks, { distance, rowBytes, waitingPairs = 2 ** 21 }: VerifierOptions) {
    this.#rows = rows;
    this.#distance = distance;
    this.#batchRows = Math.max(2, Math.floor(rowBytes / (4 * rows.columns)));
    this.#tileRows = Math.floor(this.#batchRows / 2);
    this.#waitingPairs = waitingPairs;
    this.#duplicateOf = new Int32Array(rows.rows).fill(-1);
    this.#distances = new Float64Array(rows.rows);
    this.#slot = new Int32Array(rows.rows).fill(-1);
  }

  /** Takes candidates `[pairs, 2]`, the earlier row first. @throws AppError as the source does. */
  async add(pairs: Int32Array): Promise<void> {
    for (let at = 0; at < pairs.length; at += 2) {
      const [earlier, later] = [pairs[at] as number, pairs[at + 1] as number];
      if (!this.#settled(earlier, later)) this.#waiting.push(this.#key(earlier, later));
    }
    if (this.#waiting.length >= this.#waitingPairs) await this.#settleWaiting();
  }

  /** The samples to be dropped, ascending. @throws AppError as the source does. */
  async finish(): Promise<Dropped[]> {
    await this.#settleWaiting();
    const dropped: Dropped[] = [];
    for (const [row, duplicateOf] of this.#duplicateOf.entries())
      if (duplicateOf >= 0) dropped.push({ row, duplicateOf, distance: this.#distances[row] ?? Number.NaN });
    return dropped;
  }

  /** Whether a duplicate is known that comes no later than this one. */
  #settled(earlier: number, later: number): boolean {
    const known = this.#duplicateOf[later] as number;
    return known >= 0 && known <= earlier;
  }

  async #settleWaiting(): Promise<void> {
    const keys = Float64Array.from(this.#waiting).toSorted();
    this.#waiting = [];
    for (let start = 0; start < keys.length; ) {
      const { end, rows } = this.#batch(keys, start);
      const values = await this.#rows.read(rows);
      for (const [slot, row] of rows.entries()) this.#slot[row] = slot;
      for (let at = start; at < end; at += 1) this.#decide(keys[at] as number, values);
      for (const row of rows) this.#slot[row] = -1;
      start = end;
    }
  }

  /** The pairs `[start, end)` whose rows fit into memory, and those rows, ascending. */
  #batch(keys: Float64Array, start: number): { readonly end: number; readonly rows: Int32Array } {
    const rows = new Set<number>();
    let end = start;
    for (; end < keys.length; end += 1) {
      const { earlier, later } = this.#pair(keys[end] as number);
      if (this.#settled(earlier, later)) continue;
      const added = (rows.has(earlier) ? 0 : 1) + (rows.has(later) ? 0 : 1);
      if (rows.size + added > this.#batchRows) break;
      rows.add(earlier).add(later);
    }
    return { end, rows: Int32Array.from(rows).toSorted() };
  }

  /** Sorts by tile of the later row, then of the earlier one, so that of a later row the earlier ones still ascend. */
  #key(earlier: number, later: number): number {
    const size = this.#tileRows;
    const tiles = Math.ceil(this.#rows.rows / size);
    const tile = Math.floor(later / size) * tiles + Math.floor(earlier / size);
    return (tile * size + (later % size)) * size + (earlier % size);
  }

  #pair(key: number): { readonly earlier: number; readonly later: number } {
    const size = this.#tileRows;
    const tiles = Math.ceil(this.#rows.rows / size);
    const tile = Math.floor(key / size ** 2);
    const within = key % size ** 2;
    return {
      earlier: (tile % tiles) * size + (within % size),
      later: Math.floor(tile / tiles) * size + Math.floor(within / size),
    };
  }

  #decide(key: number, values: Float32Array): void {
    const { earlier, later } = this.#pair(key);
    if (this.#settled(earlier, later)) return;
    const { columns } = this.#rows;
    const a = (this.#slot[earlier] as number) * columns;
    const b = (this.#slot[later] as number) * columns;
    const enough = this.#distance ** 2 * (1 + 1e-12);
    let sum = 0;
    for (let gene = 0; gene < columns && sum <= enough; gene += 1) {
      const d = (values[a + gene] as number) - (values[b + gene] as number);
      sum += d * d;
    }
    const distance = Math.sqrt(sum);
    if (!(distance < this.#distance)) return;
    this.#duplicateOf[later] = earlier;
    this.#distances[later] = distance;
  }
}
