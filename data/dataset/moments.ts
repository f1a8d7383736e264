/** Mean and population standard deviation per gene; NaN for a gene without a single value. */
export interface GeneMoments {
  /** `[genes]` */
  readonly mean: Float64Array;
  /** `[genes]`; divided by n, as D-GEX and scikit-learn's `StandardScaler` do. */
  readonly sd: Float64Array;
  /** Values that are not NaN, `[genes]`. */
  readonly count: Float64Array;
}

/** Rows of a matrix `[rows, genes]` to be counted. */
export interface MomentRows {
  /** `[rows, genes]`, row-major; NaN = missing. Only read. */
  readonly values: Float32Array;
  /** Which rows of `values` count, ascending. */
  readonly rows: Int32Array;
}

/**
 * Streaming per-gene moments in float64, NaN left out.
 *
 * Each block gets its exact two-pass mean and sum of squares, and is then merged (Chan, Golub & LeVeque 1979,
 * eq. 2.1), so that neither a large mean nor the number of blocks costs digits.
 */
export class MomentsAccumulator {
  readonly #genes: number;
  readonly #count: Float64Array;
  readonly #mean: Float64Array;
  readonly #squares: Float64Array;
  // Of the block in hand; kept to spare an allocation a block.
  readonly #blockCount: Float64Array;
  readonly #blockMean: Float64Array;
  readonly #blockShift: Float64Array;
  readonly #blockSquares: Float64Array;

  constructor(genes: number) {
    this.#genes = genes;
    this.#count = new Float64Array(genes);
    this.#mean = new Float64Array(genes);
    this.#squares = new Float64Array(genes);
    this.#blockCount = new Float64Array(genes);
    this.#blockMean = new Float64Array(genes);
    this.#blockShift = new Float64Array(genes);
    this.#blockSquares = new Float64Array(genes);
  }

  /** Counts the given rows. */
  add({ values, rows }: MomentRows): void {
    if (rows.length === 0) return;
    this.#measureBlock(values, rows);
    this.#merge();
  }

  /** Moments of everything added so far; the arrays belong to the caller. */
  finish(): GeneMoments {
    const mean = new Float64Array(this.#genes);
    const sd = new Float64Array(this.#genes);
    for (let gene = 0; gene < this.#genes; gene += 1) {
      const n = this.#count[gene] ?? 0;
      mean[gene] = n > 0 ? (this.#mean[gene] ?? 0) : Number.NaN;
      sd[gene] = n > 0 ? Math.sqrt((this.#squares[gene] ?? 0) / n) : Number.NaN;
    }
    return { mean, sd, count: this.#count.slice() };
  }

  #measureBlock(values: Float32Array, rows: Int32Array): void {
    const genes = this.#genes;
    const count = this.#blockCount.fill(0);
    const mean = this.#blockMean.fill(0);
    const squares = this.#blockSquares.fill(0);
    const shift = this.#blockShift;
    for (const row of rows) {
      const start = row * genes;
      for (let gene = 0; gene < genes; gene += 1) {
        const x = values[start + gene] as number;
        // NaN is the one value that differs from itself.
        if (x !== x) continue;
        // Sums of deviations from the first value: exact for a constant gene, whose sd must come out as 0.
        if (count[gene] === 0) shift[gene] = x;
        count[gene] = (count[gene] as number) + 1;
        mean[gene] = (mean[gene] as number) + (x - (shift[gene] as number));
      }
    }
    for (let gene = 0; gene < genes; gene += 1) {
      const n = count[gene] as number;
      if (n > 0) mean[gene] = (shift[gene] as number) + (mean[gene] as number) / n;
    }
    for (const row of rows) {
      const start = row * genes;
      for (let gene = 0; gene < genes; gene += 1) {
        const x = values[start + gene] as number;
        const deviation = x - (mean[gene] as number);
        if (x === x) squares[gene] = (squares[gene] as number) + deviation * deviation;
      }
    }
  }

  #merge(): void {
    for (let gene = 0; gene < this.#genes; gene += 1) {
      const added = this.#blockCount[gene] as number;
      if (added === 0) continue;
      const before = this.#count[gene] as number;
      const total = before + added;
      const delta = (this.#blockMean[gene] as number) - (this.#mean[gene] as number);
      this.#count[gene] = total;
      this.#mean[gene] = (this.#mean[gene] as number) + (delta * added) / total;
      this.#squares[gene] =
        (this.#squares[gene] as number) +
        (this.#blockSquares[gene] as number) +
        (delta * delta * before * added) / total;
    }
  }
}
