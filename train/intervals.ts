import { AppError } from "../schemas/errors.ts";

/** Residuals kept for the quantiles at most; beyond it, evenly spaced validation rows are used. */
const maxBytes = 256 * 2 ** 20;

/**
 * Split-conformal half-widths: per target, the ⌈0.9·(n+1)⌉-th smallest |residual| of n held-out rows (Lei et al. 2018,
 * JASA 113:1094). Coverage is marginal: 90 % over profiles like the validation rows, not for every profile.
 */
export class HalfWidths {
  readonly #targets: number;
  readonly #every: number;
  readonly #kept: Float32Array;
  #rows = 0;
  #seen = 0;

  constructor(targets: number, rows: number) {
    const capacity = Math.max(1, Math.min(rows, Math.floor(maxBytes / (4 * targets))));
    this.#targets = targets;
    this.#every = Math.max(1, Math.ceil(rows / capacity));
    this.#kept = new Float32Array(Math.ceil(rows / this.#every) * targets);
  }

  /** Rows of truth and prediction, `[rows, T]` each. */
  add(truth: Float32Array, prediction: Float32Array, rows: number): void {
    for (let r = 0; r < rows; r++) {
      if (this.#seen++ % this.#every !== 0) continue;
      const from = r * this.#targets;
      const to = this.#rows++ * this.#targets;
      for (let t = 0; t < this.#targets; t++) this.#kept[to + t] = Math.abs(truth[from + t]! - prediction[from + t]!);
    }
  }

  /** Half-width per target [T]; infinite coverage cannot be had from fewer than 9 rows, so then there are none. */
  finish(): Float64Array | undefined {
    if (this.#rows === 0) throw new AppError("internal", { what: "half-widths of no rows" });
    const rank = Math.ceil(0.9 * (this.#rows + 1));
    if (rank > this.#rows) return undefined;
    const column = new Float32Array(this.#rows);
    return Float64Array.from({ length: this.#targets }, (_, t) => {
      for (let r = 0; r < this.#rows; r++) column[r] = this.#kept[r * this.#targets + t]!;
      return column.toSorted()[rank - 1]!;
    });
  }
}
