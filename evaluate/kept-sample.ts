import { placeOf } from "./evenly-spaced.ts";
import { rankableSamples } from "./rank.ts";

/** Bytes that truth, predictions and what is made of them for ranks may take. */
const keptBytesLimit = 2 ** 30;

/** Matrices beside truth and predictions that ranks and deviations are written to, one of truth and one of a model. */
const scratchMatrices = 2;

/**
 * Truth and predictions of as many rows as fit a stated memory, evenly spaced over all rows: ranks need all values of
 * a gene at once. Which rows are kept depends on their ordinal alone, never on the blocks.
 */
export class KeptSample {
  /** `[genes, rows]` each, truth first, then the models in the order given: a gene's values lie together. */
  readonly matrices: readonly Float32Array[];
  /** Rows that are kept when all have been added. */
  readonly rows: number;
  /** The group of each kept row, −1 where there are no groups; `[rows]`. */
  readonly groups: Int32Array;
  readonly #genes: number;
  readonly #samples: number;
  #met = 0;

  constructor(options: { genes: number; samples: number; models: number; limitBytes?: number | undefined }) {
    const { genes, samples, models, limitBytes = keptBytesLimit } = options;
    const fitting = Math.floor(limitBytes / (4 * genes * (1 + models + scratchMatrices)));
    this.#genes = genes;
    this.#samples = samples;
    this.rows = Math.max(0, Math.min(samples, fitting, rankableSamples));
    this.matrices = Array.from({ length: 1 + models }, () => new Float32Array(genes * this.rows));
    this.groups = new Int32Array(this.rows).fill(-1);
  }

  /** Takes the kept rows of one block out of its matrices `[rows, genes]`, which stay the caller's. */
  add(rows: number, blocks: readonly Float32Array[], groups: Int32Array | undefined): void {
    for (let row = 0; row < rows; row++) {
      const place = placeOf(this.#met++, { taken: this.rows, all: this.#samples });
      if (place === undefined) continue;
      this.groups[place] = groups?.[row] ?? -1;
      for (const [m, values] of blocks.entries()) {
        const kept = this.matrices[m]!;
        const start = row * this.#genes;
        for (let g = 0, to = place; g < this.#genes; g++, to += this.rows) kept[to] = values[start + g]!;
      }
    }
  }
}
