import { AppError } from "../schemas/errors.ts";

/** Residuals kept at most, in bytes. */
const maxKeptBytes = 256 * 2 ** 20;
/** Share of the held-out rows that an interval covers. */
const coverage = 0.9;

/**
 * Split-conformal half-widths: per target, the ⌈0.9·(n+1)⌉-th smallest |residual| of n held-out rows (Lei et al. 2018,
 * JASA 113:1094). Coverage is marginal: 90 % over profiles like the validation rows, not for every profile.
 *
 * That rank is the smallest of the k ≈ n/10 largest, so only k residuals a target are kept, in a heap: memory is
 * 4·k·T bytes, at most 256 MiB, and the result is exact for n·T ≤ 6.7·10⁸ (70,000 rows of 9,520 targets, 31,000 of
 * 21,290). Beyond it, evenly spaced rows are used: the coverage holds as before, for it holds for any number of rows;
 * only the width of one model scatters more (its coverage by 0.3/√n', n' rows being used).
 */
export class HalfWidths {
  readonly #targets: number;
  /** Every how many-th row is used. */
  readonly #every: number;
  readonly #rows: number;
  /** Of each target, its k largest |residuals| so far as a min-heap, `[T, k]`. */
  readonly #heaps: Float32Array;
  readonly #k: number;
  #seen = 0;
  #used = 0;

  /** @param rows how many rows will be added; no more than `limitBytes` are kept of them. */
  constructor(targets: number, rows: number, limitBytes: number = maxKeptBytes) {
    const most = Math.max(1, Math.floor(limitBytes / (4 * targets)));
    const kept = (every: number): number => keptOf(Math.ceil(rows / every));
    let every = 1;
    while (kept(every) > most) every += 1;
    this.#targets = targets;
    this.#every = every;
    this.#rows = Math.ceil(rows / every);
    this.#k = kept(every);
    this.#heaps = new Float32Array(targets * this.#k).fill(-1);
  }

  /** Rows of truth and prediction, `[rows, T]` each. */
  add(truth: Float32Array, prediction: Float32Array, rows: number): void {
    const k = this.#k;
    for (let r = 0; r < rows; r++) {
      if (this.#seen++ % this.#every !== 0) continue;
      this.#used += 1;
      if (k === 0) continue;
      for (let t = 0, at = r * this.#targets; t < this.#targets; t++, at++) {
        const residual = Math.fround(Math.abs((truth[at] as number) - (prediction[at] as number)));
        if (residual > (this.#heaps[t * k] as number)) replaceLeast(this.#heaps, { start: t * k, count: k }, residual);
      }
    }
  }

  /**
   * Half-width per target [T]; 90 % coverage cannot be had from fewer than 9 rows, so then there are none.
   * @throws AppError `internal` unless as many rows were added as were announced.
   */
  finish(): Float64Array | undefined {
    if (this.#used === 0) throw new AppError("internal", { what: "half-widths of no rows" });
    if (this.#used !== this.#rows)
      throw new AppError("internal", {
        what: "half-widths of another number of rows than was announced",
        expected: String(this.#rows),
        got: String(this.#used),
      });
    if (this.#k === 0) return undefined;
    return Float64Array.from({ length: this.#targets }, (_, t) => this.#heaps[t * this.#k] ?? Number.NaN);
  }
}

/** How many of the largest of n residuals there are from rank ⌈0.9·(n+1)⌉ on; 0 where there is no such rank. */
function keptOf(n: number): number {
  return Math.max(0, n - Math.ceil(coverage * (n + 1)) + 1);
}

/** Puts a value in the place of the least one of a min-heap, and restores the heap. */
function replaceLeast(
  heaps: Float32Array,
  { start, count }: { readonly start: number; readonly count: number },
  value: number,
): void {
  let at = 0;
  for (let child = 1; child < count; child = 2 * at + 1) {
    const other = child + 1;
    if (other < count && (heaps[start + other] as number) < (heaps[start + child] as number)) child = other;
    if ((heaps[start + child] as number) >= value) break;
    heaps[start + at] = heaps[start + child] as number;
    at = child;
  }
  heaps[start + at] = value;
}
