import type { ScoredBlock } from "./accumulate.ts";
import { resampledUnits } from "./error-totals.ts";

/**
 * Sums of |error| of one model by resampled unit and gene, `[units, genes]` in z units: what the bootstrap of a
 * win-rate is drawn from. At most {@link resampledUnits} rows: further units share them, number modulo that many, which
 * only makes the units coarser. 4 · units · genes bytes.
 */
export class GeneErrors {
  readonly #genes: number;
  readonly #rows: Float32Array[] = [];

  constructor(genes: number) {
    this.#genes = genes;
  }

  /** Units met so far. */
  get units(): number {
    return this.#rows.length;
  }

  /** Adds a block, `units` `[rows]` being the unit of each row; the arrays stay the caller's. */
  add({ truth, prediction, rows }: ScoredBlock, units: Int32Array): void {
    for (let row = 0; row < rows; row++) {
      const into = this.#row(units[row]! % resampledUnits);
      const start = row * this.#genes;
      for (let g = 0; g < this.#genes; g++) {
        const error = Math.abs(prediction[start + g]! - truth[start + g]!);
        // Only NaN differs from itself: no truth.
        if (error === error) into[g]! += error;
      }
    }
  }

  /** This model's sums less another's over the same rows, `[units, genes]`; a new array. */
  less(other: GeneErrors): Float32Array {
    const difference = new Float32Array(this.units * this.#genes);
    for (const [unit, sums] of this.#rows.entries()) {
      const others = other.#row(unit);
      for (let g = 0; g < this.#genes; g++) difference[unit * this.#genes + g] = sums[g]! - others[g]!;
    }
    return difference;
  }

  #row(unit: number): Float32Array {
    while (this.#rows.length <= unit) this.#rows.push(new Float32Array(this.#genes));
    return this.#rows[unit]!;
  }
}
