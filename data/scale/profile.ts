import { AppError, type InputProfile } from "../../schemas/index.ts";
import { Random } from "../random.ts";
import { quantileOfSorted, sortedColumn, valueAt } from "./quantiles.ts";

/** Probabilities of the quantiles kept per landmark. */
export const profileProbabilities: readonly number[] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/** Rows kept: a quantile's standard error is then below 1 % in probability, at 16 MB for 978 landmarks. */
const reservoirRows = 4096;

/**
 * Streams the landmarks of the training rows into an {@link InputProfile}.
 *
 * Beyond `capacity` rows a seeded reservoir (algorithm R, Vitter 1985) stands for all; the result depends on the rows,
 * their order and the seed, never on how they were cut into blocks.
 */
export class InputProfileBuilder {
  readonly #landmarks: number;
  readonly #capacity: number;
  readonly #random: Random;
  #kept: Float32Array;
  #seen = 0;

  constructor({
    landmarks,
    seed,
    capacity = reservoirRows,
  }: {
    readonly landmarks: number;
    readonly seed: number;
    readonly capacity?: number;
  }) {
    this.#landmarks = landmarks;
    this.#capacity = capacity;
    this.#random = new Random(seed);
    this.#kept = new Float32Array(Math.min(capacity, 64) * landmarks);
  }

  /** Adds rows `[rows, landmarks]` on the model's scale; NaN = missing. Copies what it keeps. */
  add(values: Float32Array, rows: number): void {
    const landmarks = this.#landmarks;
    for (let row = 0; row < rows; row += 1) {
      const slot = this.#seen < this.#capacity ? this.#seen : this.#random.integer(this.#seen + 1);
      this.#seen += 1;
      if (slot >= this.#capacity) continue;
      this.#reserve(slot + 1);
      this.#kept.set(values.subarray(row * landmarks, (row + 1) * landmarks), slot * landmarks);
    }
  }

  /**
   * The profile of the rows added.
   * @throws AppError `bad-data` when there are no rows, or a landmark has no value in any of them
   */
  finish(): InputProfile {
    const rows = Math.min(this.#seen, this.#capacity);
    const columns = this.#landmarks;
    const quantiles = Array.from({ length: columns }, (_, column) => {
      const sorted = sortedColumn({ values: this.#kept, rows, columns, column });
      return profileProbabilities.map((probability) => quantileOfSorted(sorted, probability));
    });
    const empty = quantiles.flatMap((q, landmark) => (Number.isNaN(q[0]) ? [`landmark ${landmark}`] : []));
    if (rows === 0 || empty.length > 0) {
      throw new AppError("bad-data", {
        what: rows === 0 ? "there are no training rows" : `${empty.length} landmarks have no value in any training row`,
        examples: empty,
        advice: "Leave these genes out of the landmarks",
      });
    }
    return { probabilities: [...profileProbabilities], quantiles, reference: this.#reference(rows) };
  }

  /** Mean over rows of the sorted values; a row with missing values is stretched to the full length. */
  #reference(rows: number): number[] {
    const landmarks = this.#landmarks;
    const sums = new Float64Array(landmarks);
    let counted = 0;
    for (let row = 0; row < rows; row += 1) {
      const sorted = this.#kept.slice(row * landmarks, (row + 1) * landmarks);
      sorted.sort(); // NaN go to the end
      let present = landmarks;
      while (present > 0 && Number.isNaN(sorted[present - 1])) present -= 1;
      if (present === 0) continue;
      counted += 1;
      const list = sorted.subarray(0, present);
      const step = landmarks > 1 ? (present - 1) / (landmarks - 1) : 0;
      for (let i = 0; i < landmarks; i += 1) sums[i] = (sums[i] as number) + valueAt(list, i * step);
    }
    return Array.from(sums, (sum) => sum / counted);
  }

  #reserve(rows: number): void {
    const needed = rows * this.#landmarks;
    if (needed <= this.#kept.length) return;
    const grown = new Float32Array(Math.min(this.#capacity * this.#landmarks, Math.max(needed, 2 * this.#kept.length)));
    grown.set(this.#kept);
    this.#kept = grown;
  }
}
