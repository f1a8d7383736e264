/**
 * Mini-batch k-means (Sculley 2010, Web-scale k-means clustering) as scikit-learn's `MiniBatchKMeans` does it: k-means++
 * on a sample, a centre is the mean of all rows it was ever given (a learning rate of 1/count), centres that are given
 * next to none start anew at a random row, and the fit ends when a smoothed inertia stops falling.
 *
 * Where it differs from scikit-learn: a batch is the next rows of a random permutation, drawn anew each pass, instead of
 * rows drawn with replacement; one initialisation instead of the best of three; rows are centred about the sample's
 * means, which moves no distance but keeps float32 ones accurate; and other random numbers.
 * @module
 */
import { AppError } from "../../schemas/errors.ts";
import { type Distances, pointsOf } from "./distances.ts";
import { plusPlusCentres } from "./k-means-start.ts";
import type { RandomNumbers } from "./random-numbers.ts";

/** Rows that are read a few at a time. */
export interface RowBlocks {
  readonly rows: number;
  readonly columns: number;
  /** `[rows.length, columns]`, finite, which belong to the receiver; `rows` ascend, each once. */
  read(rows: Int32Array): Promise<Float32Array>;
}

export interface KMeansOptions {
  readonly distances: Distances;
  readonly clusters: number;
  readonly random: RandomNumbers;
  /** Rows of a mini-batch. */
  readonly batchRows?: number;
  /** Passes over all rows, at most. */
  readonly passes?: number;
  /** Rows that the first centres are chosen from. */
  readonly initRows?: number;
  /** Batches without a lower smoothed inertia after which the fit ends. */
  readonly patience?: number;
  readonly signal?: AbortSignal | undefined;
  /** Told after each batch: batches done, and how many there are at most. */
  readonly onStep?: (done: number, total: number) => void;
}

export interface KMeans {
  readonly clusters: number;
  readonly columns: number;
  /** `[columns]`: what is subtracted from rows before they are compared with centres. */
  readonly shift: Float32Array;
  /** `[clusters, columns]`, about the shift. */
  readonly centres: Float32Array;
  /** `[clusters]`: rows each centre was given. */
  readonly counts: Float64Array;
  /** Batches used. */
  readonly steps: number;
  /** False when all passes were used up. */
  readonly converged: boolean;
}

/** Centres that were given less than this share of the most are started anew (scikit-learn's `reassignment_ratio`). */
const leastShare = 0.01;

/**
 * Fits centres. Memory: one batch and the centres in float32 and float64; before that `initRows` rows.
 * @throws AppError `usage` when there are fewer rows than clusters or an option is no positive integer; `cancelled`.
 */
export async function miniBatchKMeans(data: RowBlocks, options: KMeansOptions): Promise<KMeans> {
  const {
    distances,
    clusters,
    random,
    batchRows = 1000,
    passes = 10,
    initRows = 3 * batchRows,
    patience = 10,
  } = options;
  checkCounts(data, { clusters, batchRows, passes, initRows, patience });
  const order = Int32Array.from({ length: data.rows }, (_, row) => row);
  random.shuffle(order);
  const sample = await data.read(order.subarray(0, Math.max(clusters, initRows)).toSorted());
  const shift = meanRow(sample, data.columns);
  subtract(sample, shift);
  const fit = new Fit(await plusPlusCentres(pointsOf(sample, data.columns), { clusters, distances, random }), {
    columns: data.columns,
    random,
  });
  const improvement = new Improvement({ rows: data.rows, batchRows, patience });
  const total = passes * Math.ceil(data.rows / batchRows);
  let [steps, converged] = [0, false];
  for (let pass = 0; pass < passes && !converged; pass++) {
    random.shuffle(order);
    for (let start = 0; start < data.rows && !converged; start += batchRows) {
      if (options.signal?.aborted)
        throw new AppError("cancelled", { what: "clustering was cancelled" }, { cause: options.signal.reason });
      const batch = await data.read(order.subarray(start, start + batchRows).toSorted());
      subtract(batch, shift);
      const inertia = await fit.step(batch, distances);
      steps++;
      converged = improvement.ended(inertia);
      options.onStep?.(steps, total);
    }
  }
  return { clusters, columns: data.columns, shift, centres: fit.centres, counts: fit.counts, steps, converged };
}

/**
 * `[rows]`: the nearest centre of each row; the lower one of two that float32 cannot tell apart.
 * @param block.values `[rows, columns]`, which are centred in place
 */
export async function nearestCentres(
  distances: Distances,
  { shift, centres, columns }: KMeans,
  block: { readonly values: Float32Array; readonly rows: number },
): Promise<Int32Array> {
  subtract(block.values, shift);
  const { index } = await distances.nearest(pointsOf(block.values, columns), pointsOf(centres, columns));
  return Int32Array.from(index, Number);
}

/** Centres on their way. */
class Fit {
  readonly centres: Float32Array;
  readonly counts: Float64Array;
  readonly #columns: number;
  readonly #random: RandomNumbers;
  /** `[clusters, columns]`: a small step on a centre of many rows would be lost in float32. */
  readonly #exact: Float64Array;
  #rowsSinceRestart = 0;

  constructor(
    centres: Float32Array,
    { columns, random }: { readonly columns: number; readonly random: RandomNumbers },
  ) {
    this.centres = centres;
    this.counts = new Float64Array(centres.length / columns);
    this.#columns = columns;
    this.#random = random;
    this.#exact = Float64Array.from(centres);
  }

  /** One mini-batch `[rows, columns]`; the mean squared distance of its rows to the centres before the step. */
  async step(batch: Float32Array, distances: Distances): Promise<number> {
    const columns = this.#columns;
    const { index, squared } = await distances.nearest(pointsOf(batch, columns), pointsOf(this.centres, columns));
    for (const [row, label] of index.entries()) this.#give(Number(label), batch.subarray(row * columns));
    this.#rowsSinceRestart += index.length;
    if (this.counts.includes(0) || this.#rowsSinceRestart >= 10 * this.counts.length) this.#restartLightest(batch);
    this.centres.set(this.#exact);
    let inertia = 0;
    for (const distance of squared) inertia += Math.max(0, distance);
    return inertia / squared.length;
  }

  /** c ← c + (x − c)/count: the running mean. @param row starts with the row given */
  #give(label: number, row: Float32Array): void {
    const columns = this.#columns;
    const count = (this.counts[label] ?? 0) + 1;
    this.counts[label] = count;
    const rate = 1 / count;
    const centre = this.#exact.subarray(label * columns, (label + 1) * columns);
    for (let column = 0; column < columns; column++) {
      const value = centre[column] as number;
      centre[column] = value + ((row[column] as number) - value) * rate;
    }
  }

  /** Puts centres of few rows on random rows of the batch, at most half as many as it has. */
  #restartLightest(batch: Float32Array): void {
    const columns = this.#columns;
    this.#rowsSinceRestart = 0;
    const enough = leastShare * this.counts.reduce((most, count) => Math.max(most, count), 0);
    const rows = Int32Array.from({ length: batch.length / columns }, (_, row) => row);
    const light = Array.from(this.counts, (count, label) => ({ count, label }))
      .filter(({ count }) => count < enough)
      .toSorted((a, b) => a.count - b.count)
      .slice(0, Math.floor(rows.length / 2))
      .map(({ label }) => label);
    if (light.length === 0) return;
    this.#random.shuffle(rows);
    const restarted = new Set(light);
    // Not too few, or the next row would carry the centre off.
    const count = this.counts.reduce(
      (least, c, label) => (restarted.has(label) ? least : Math.min(least, c)),
      Infinity,
    );
    for (const [at, label] of light.entries()) {
      const start = (rows[at] ?? 0) * columns;
      this.#exact.set(batch.subarray(start, start + columns), label * columns);
      this.counts[label] = count;
    }
  }
}

/** Exponentially weighted inertia over about half a pass; ends after `patience` batches without a new low. */
class Improvement {
  readonly #weight: number;
  readonly #patience: number;
  #first = true;
  #smoothed: number | undefined;
  #lowest = Number.POSITIVE_INFINITY;
  #without = 0;

  constructor(sizes: { readonly rows: number; readonly batchRows: number; readonly patience: number }) {
    this.#weight = Math.min(1, (2 * sizes.batchRows) / (sizes.rows + 1));
    this.#patience = sizes.patience;
  }

  ended(inertia: number): boolean {
    // The first centres are rows of the data themselves: their inertia says nothing yet.
    if (this.#first) {
      this.#first = false;
      return false;
    }
    this.#smoothed =
      this.#smoothed === undefined ? inertia : this.#smoothed + (inertia - this.#smoothed) * this.#weight;
    if (this.#smoothed < this.#lowest) {
      this.#lowest = this.#smoothed;
      this.#without = 0;
    } else this.#without++;
    return this.#without >= this.#patience;
  }
}

function meanRow(values: Float32Array, columns: number): Float32Array {
  const sums = new Float64Array(columns);
  for (let start = 0; start < values.length; start += columns)
    for (let column = 0; column < columns; column++)
      sums[column] = (sums[column] as number) + (values[start + column] as number);
  return Float32Array.from(sums, (sum) => (sum * columns) / values.length);
}

function subtract(values: Float32Array, shift: Float32Array): void {
  const columns = shift.length;
  for (let start = 0; start < values.length; start += columns)
    for (let column = 0; column < columns; column++)
      values[start + column] = (values[start + column] as number) - (shift[column] as number);
}

function checkCounts(data: RowBlocks, counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new AppError("usage", { what: `${name} must be an integer ≥ 1`, got: `${value}` });
  const { clusters = 0 } = counts;
  if (clusters <= data.rows) return;
  throw new AppError("usage", {
    what: "there are fewer rows than clusters",
    expected: `at most ${data.rows} clusters`,
    got: `${clusters}`,
  });
}
