import { averageRanks, rankableSamples, rankCorrelation } from "./rank.ts";

/** Values that may be kept for Spearman's rho, over truth and all predictions together. */
export const keptBytesLimit = 2 ** 30;

/** Genes gathered from the rows at a time: a cache line of float32 is read whole. */
const panelGenes = 16;

/**
 * Keeps truth and predictions while they fit `limitBytes`: a rank needs all values of a gene. Past the limit
 * everything is dropped and {@link KeptRows.complete} is false.
 */
export class KeptRows {
  readonly #genes: number;
  readonly #limitBytes: number;
  #blocks: { rows: number; matrices: readonly Float32Array[] }[] = [];
  #bytes = 0;
  #rows = 0;
  #complete = true;

  constructor(genes: number, limitBytes: number = keptBytesLimit) {
    this.#genes = genes;
    this.#limitBytes = limitBytes;
  }

  /** Whether every row added is still here. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Keeps the truth (first) and each model's prediction of one block, `[rows, genes]`; the arrays are handed over. */
  add(rows: number, matrices: readonly Float32Array[]): void {
    this.#rows += rows;
    this.#bytes += 4 * rows * this.#genes * matrices.length;
    if (this.#bytes > this.#limitBytes || this.#rows > rankableSamples) {
      this.#complete = false;
      this.#blocks = [];
    }
    if (this.#complete) this.#blocks.push({ rows, matrices });
  }

  /** Spearman's rho of each model (outer) and gene over the cells that have a truth; NaN where one does not vary. */
  spearman(): Float64Array[] {
    const models = Math.max(0, (this.#blocks[0]?.matrices.length ?? 0) - 1);
    const rho = Array.from({ length: models }, () => new Float64Array(this.#genes).fill(Number.NaN));
    for (let start = 0; start < this.#genes; start += panelGenes) {
      const end = Math.min(start + panelGenes, this.#genes);
      const [truths = [], ...predictions] = Array.from({ length: models + 1 }, (_, m) => this.#columns(m, start, end));
      for (const [i, truth] of truths.entries()) {
        const present = truth.some(Number.isNaN) ? (_: number, row: number) => !Number.isNaN(truth[row]!) : undefined;
        const ranks = (column: Float32Array) => averageRanks(present ? column.filter(present) : column);
        const truthRanks = ranks(truth);
        for (const [m, columns] of predictions.entries())
          rho[m]![start + i] = rankCorrelation(truthRanks, ranks(columns[i]!));
      }
    }
    return rho;
  }

  /** The columns `[start, end)` of one matrix, `[samples]` each. */
  #columns(matrix: number, start: number, end: number): Float32Array[] {
    const columns = Array.from({ length: end - start }, () => new Float32Array(this.#rows));
    let first = 0;
    for (const { rows, matrices } of this.#blocks) {
      const values = matrices[matrix]!;
      for (let row = 0; row < rows; row++)
        for (let g = start; g < end; g++) columns[g - start]![first + row] = values[row * this.#genes + g]!;
      first += rows;
    }
    return columns;
  }
}
