import { choleskySolve, spdInverse } from "../runtime/algebra/cholesky.ts";
import { AppError } from "../schemas/index.ts";

/**
 * Weight of the diagonal in Σ' = (1 − a)·Σ + a·diag(Σ) (Ledoit & Wolf 2004 with a fixed intensity). Without it Σ is
 * singular where there are fewer training rows than landmarks. Of 0.001 to 0.5, 0.2 was best or next to best in MAE
 * over four held-out RNAseqDB projects with 5 % to 90 % of landmarks hidden.
 */
const shrinkage = 0.2;
/** A variance below this share of the mean variance is raised to it: a constant landmark must not make Σ' singular. */
const varianceFloor = 1e-6;
/** Below this share of present landmarks their mean is used; with 10 % present the conditional mean still wins. */
const leastPresent = 0.1;

/** True when all are. A loop: a million values are looked at whenever a model is loaded. */
function areFinite(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i += 1) if (!Number.isFinite(values[i])) return false;
  return true;
}

/** Rows that lack the same landmarks. */
interface Pattern {
  readonly missing: Int32Array;
  readonly present: Int32Array;
  readonly rows: number[];
}

/**
 * Fills missing landmarks with their conditional mean given the present ones, under a Gaussian with the training
 * rows' moments (Anderson 2003, An Introduction to Multivariate Statistical Analysis, section 2.5):
 * x_M = μ_M − P_MM⁻¹·P_MP·(x_P − μ_P), P the inverse of the shrunk covariance.
 */
export class Imputer {
  readonly #mean: ArrayLike<number>;
  readonly #covariance: ArrayLike<number>;
  #precision: Float64Array | undefined;

  private constructor(mean: ArrayLike<number>, covariance: ArrayLike<number>) {
    this.#mean = mean;
    this.#covariance = covariance;
  }

  /**
   * An imputer from the contents of `landmarks.stats.f32`; the covariance is inverted at the first missing value.
   * @param mean `[landmarks]`, on the model's scale
   * @param covariance `[landmarks, landmarks]`
   * @throws AppError `bad-model` when sizes disagree or a value is not finite
   */
  static from(mean: ArrayLike<number>, covariance: ArrayLike<number>): Imputer {
    const finite = areFinite(mean) && areFinite(covariance);
    if (covariance.length !== mean.length ** 2 || !finite) {
      throw new AppError("bad-model", {
        what: finite ? "landmark mean and covariance disagree in size" : "landmark moments are not finite",
        where: "landmarks.stats.f32",
        expected: `${mean.length} means and ${mean.length ** 2} finite covariances`,
        got: `${mean.length} means and ${covariance.length} covariances`,
        advice: "Export the model again",
      });
    }
    return new Imputer(mean, covariance);
  }

  /**
   * Fills the NaN of `values` `[rows, landmarks]` in place; a row's result does not depend on the other rows.
   * @returns how many landmarks each row lacked, `[rows]`
   */
  fill(values: Float32Array, rows: number): Int32Array {
    const landmarks = this.#mean.length;
    const missingPerRow = new Int32Array(rows);
    const patterns = new Map<string, Pattern>();
    for (let row = 0; row < rows; row += 1) {
      const profile = values.subarray(row * landmarks, (row + 1) * landmarks);
      missingPerRow[row] = countMissing(profile);
      if (missingPerRow[row] === 0) continue;
      const { missing, present } = divide(profile);
      const key = missing.join();
      const known = patterns.get(key);
      if (known === undefined) patterns.set(key, { missing, present, rows: [row] });
      else known.rows.push(row);
    }
    for (const pattern of patterns.values()) {
      if (pattern.present.length < leastPresent * landmarks) this.#fillMeans(values, pattern);
      else this.#fillConditional(values, pattern);
    }
    return missingPerRow;
  }

  #fillMeans(values: Float32Array, { missing, rows }: Pattern): void {
    for (const row of rows) {
      for (const j of missing) values[row * this.#mean.length + j] = this.#mean[j] ?? Number.NaN;
    }
  }

  #fillConditional(values: Float32Array, { missing, present, rows }: Pattern): void {
    const landmarks = this.#mean.length;
    this.#precision ??= precisionOf(this.#covariance, landmarks);
    const n = missing.length;
    const columns = rows.length;
    const matrix = gather(this.#precision, { landmarks, rows: missing, columns: missing });
    const coupling = gather(this.#precision, { landmarks, rows: missing, columns: present });
    const rhs = new Float64Array(n * columns); // P_MP·(x_P − μ_P), a column for each of `rows`
    const deviation = new Float64Array(present.length);
    for (let column = 0; column < columns; column += 1) {
      const start = (rows[column] as number) * landmarks;
      for (let k = 0; k < present.length; k += 1) {
        const at = present[k] as number;
        deviation[k] = (values[start + at] as number) - (this.#mean[at] as number);
      }
      for (let i = 0; i < n; i += 1) {
        const from = i * present.length;
        let sum = 0;
        for (let k = 0; k < present.length; k += 1) sum += (coupling[from + k] as number) * (deviation[k] as number);
        rhs[i * columns + column] = sum;
      }
    }
    const solved = choleskySolve({ matrix, n, rhs, columns });
    for (let i = 0; i < n; i += 1) {
      const at = missing[i] as number;
      for (let column = 0; column < columns; column += 1) {
        const to = (rows[column] as number) * landmarks + at;
        values[to] = (this.#mean[at] as number) - (solved[i * columns + column] as number);
      }
    }
  }
}

/** Rows and columns of a square matrix `[landmarks, landmarks]`, as `[rows, columns]`. */
function gather(
  square: Float64Array,
  { landmarks, rows, columns }: { readonly landmarks: number; readonly rows: Int32Array; readonly columns: Int32Array },
): Float64Array {
  const part = new Float64Array(rows.length * columns.length);
  for (let i = 0; i < rows.length; i += 1) {
    const from = (rows[i] as number) * landmarks;
    const to = i * columns.length;
    for (let j = 0; j < columns.length; j += 1) part[to + j] = square[from + (columns[j] as number)] as number;
  }
  return part;
}

/** Inverse of the shrunk covariance, `[n, n]`. */
function precisionOf(covariance: ArrayLike<number>, n: number): Float64Array {
  const shrunk = Float64Array.from(covariance, (value) => (1 - shrinkage) * value);
  let meanVariance = 0;
  for (let i = 0; i < n; i += 1) meanVariance += (covariance[i * n + i] as number) / n;
  const floor = varianceFloor * meanVariance || 1;
  for (let i = 0; i < n; i += 1) shrunk[i * n + i] = Math.max(covariance[i * n + i] as number, floor);
  return spdInverse(shrunk, n);
}

function countMissing(profile: Float32Array): number {
  let count = 0;
  for (const value of profile) if (Number.isNaN(value)) count += 1;
  return count;
}

function divide(profile: Float32Array): Pick<Pattern, "missing" | "present"> {
  const all = Int32Array.from(profile.keys());
  return {
    missing: all.filter((i) => Number.isNaN(profile[i])),
    present: all.filter((i) => !Number.isNaN(profile[i])),
  };
}
