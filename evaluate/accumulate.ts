import { AppError } from "../schemas/errors.ts";

/** Scores of every gene, each array `[genes]`, in z units where they have a unit; NaN: not defined for the gene. */
export interface GeneMetrics {
  /** Cells with a truth. */
  readonly n: Float64Array;
  readonly mae: Float64Array;
  readonly rmse: Float64Array;
  /** Mean of prediction − truth. */
  readonly bias: Float64Array;
  /** Not defined where truth or prediction does not vary. */
  readonly pearson: Float64Array;
  /** 1 − SSE/SST, SST about the truth's own mean; not defined where the truth does not vary. */
  readonly r2: Float64Array;
  /** Population standard deviations. */
  readonly sdTruth: Float64Array;
  readonly sdPrediction: Float64Array;
  /** sd(prediction) / sd(truth); not defined where the truth does not vary. */
  readonly sdRatio: Float64Array;
  /** Share of cells with |error| ≤ half-width; absent where the model has no half-widths. */
  readonly coverage?: Float64Array;
}

/** Truth and prediction of the same rows, both `[rows, genes]` in z units; NaN in the truth is missing. */
export interface ScoredBlock {
  readonly truth: Float32Array;
  readonly prediction: Float32Array;
  readonly rows: number;
}

/** What the rows of one block add to the totals of their groups, each array `[rows]`. */
export interface RowErrors {
  /** Sum of |error| over the row's cells that have a truth, in z units. */
  readonly absolute: Float64Array;
  readonly cells: Float64Array;
}

/**
 * Per-gene scores of one model in one pass over blocks, whatever the number of samples.
 *
 * Variances and covariances come from float64 sums of values shifted by the gene's first one (Chan, Golub & LeVeque,
 * The American Statistician 37, 1983: a shift inside the data's range is enough). Rows are added one by one, so every
 * division into blocks gives the same bits, and a gene that never varies has a variance of exactly 0.
 */
export class GeneScores {
  readonly #model: string;
  readonly #geneIds: readonly string[];
  readonly #halfwidths: Float64Array | undefined;
  readonly #widths: Float64Array;
  readonly #n: Float64Array;
  readonly #shiftX: Float64Array;
  readonly #shiftY: Float64Array;
  readonly #x: Float64Array;
  readonly #xx: Float64Array;
  readonly #y: Float64Array;
  readonly #yy: Float64Array;
  readonly #xy: Float64Array;
  readonly #error: Float64Array;
  readonly #absolute: Float64Array;
  readonly #squared: Float64Array;
  readonly #inside: Float64Array;

  /** `halfwidths` `[genes]` are those of a 90 % interval, z units; NaN: the gene has none. Both are kept, not copied. */
  constructor(options: { model: string; geneIds: readonly string[]; halfwidths?: Float64Array | undefined }) {
    this.#model = options.model;
    this.#geneIds = options.geneIds;
    this.#halfwidths = options.halfwidths;
    const zeros = () => new Float64Array(options.geneIds.length);
    // No comparison with NaN holds: without half-widths nothing is ever inside.
    this.#widths = options.halfwidths ?? zeros().fill(Number.NaN);
    [this.#n, this.#shiftX, this.#shiftY] = [zeros(), zeros(), zeros()];
    [this.#x, this.#xx, this.#y, this.#yy, this.#xy] = [zeros(), zeros(), zeros(), zeros(), zeros()];
    [this.#error, this.#absolute, this.#squared, this.#inside] = [zeros(), zeros(), zeros(), zeros()];
  }

  /**
   * Adds the cells of a block; the arrays stay the caller's.
   * @throws AppError `internal` when a prediction is not finite, `bad-data` when a truth is infinite.
   */
  add(block: ScoredBlock): RowErrors {
    const absolute = new Float64Array(block.rows);
    const cells = new Float64Array(block.rows);
    for (let row = 0; row < block.rows; row++) this.#addRow(block, row, { absolute, cells });
    return { absolute, cells };
  }

  #addRow({ truth, prediction }: ScoredBlock, row: number, into: RowErrors): void {
    const genes = this.#geneIds.length;
    const start = row * genes;
    let [rowAbsolute, rowCells, rowPrediction] = [0, 0, 0];
    for (let g = 0; g < genes; g++) {
      const y = prediction[start + g]!;
      rowPrediction += y;
      const x = truth[start + g]!;
      if (Number.isNaN(x)) continue;
      if (this.#n[g] === 0) {
        this.#shiftX[g] = x;
        this.#shiftY[g] = y;
      }
      const dx = x - this.#shiftX[g]!;
      const dy = y - this.#shiftY[g]!;
      const error = y - x;
      const magnitude = Math.abs(error);
      this.#n[g]! += 1;
      this.#x[g]! += dx;
      this.#xx[g]! += dx * dx;
      this.#y[g]! += dy;
      this.#yy[g]! += dy * dy;
      this.#xy[g]! += dx * dy;
      this.#error[g]! += error;
      this.#absolute[g]! += magnitude;
      this.#squared[g]! += error * error;
      if (magnitude <= this.#widths[g]!) this.#inside[g]! += 1;
      rowAbsolute += magnitude;
      rowCells += 1;
    }
    // Finite float32 values cannot overflow these sums: one look a row finds every bad cell.
    if (!Number.isFinite(rowPrediction + rowAbsolute)) this.#refuse({ truth, prediction, start });
    into.absolute[row] = rowAbsolute;
    into.cells[row] = rowCells;
  }

  #refuse({ truth, prediction, start }: { truth: Float32Array; prediction: Float32Array; start: number }): never {
    const at = (values: Float32Array, bad: (value: number) => boolean) =>
      this.#geneIds.filter((_, g) => bad(values[start + g]!));
    const predicted = at(prediction, (value) => !Number.isFinite(value));
    if (predicted.length > 0)
      throw new AppError("internal", {
        what: `the model predicts values that are not finite, for ${predicted.length} genes of one sample`,
        where: this.#model,
        examples: predicted,
      });
    throw new AppError("bad-data", {
      what: "the truth holds infinite values",
      expected: "z scores, NaN where missing",
      examples: at(truth, (value) => Math.abs(value) === Number.POSITIVE_INFINITY),
    });
  }

  /** The scores of the cells added so far; new arrays. */
  metrics(): GeneMetrics {
    const genes = this.#geneIds.length;
    const of = (score: (g: number, n: number) => number) =>
      Float64Array.from({ length: genes }, (_, g) => score(g, this.#n[g]!));
    const variation = (squares: Float64Array, sums: Float64Array) =>
      of((g, n) => (n === 0 ? Number.NaN : Math.max(0, squares[g]! - sums[g]! ** 2 / n)));
    const sst = variation(this.#xx, this.#x);
    const ssp = variation(this.#yy, this.#y);
    const sdTruth = of((g, n) => Math.sqrt(sst[g]! / n));
    const sdPrediction = of((g, n) => Math.sqrt(ssp[g]! / n));
    const whereTruthVaries = (score: (g: number) => number) => of((g) => (sst[g]! > 0 ? score(g) : Number.NaN));
    return {
      n: this.#n.slice(),
      mae: of((g, n) => this.#absolute[g]! / n),
      rmse: of((g, n) => Math.sqrt(this.#squared[g]! / n)),
      bias: of((g, n) => this.#error[g]! / n),
      pearson: of((g, n) => {
        const r = (this.#xy[g]! - (this.#x[g]! * this.#y[g]!) / n) / Math.sqrt(sst[g]! * ssp[g]!);
        return sst[g]! > 0 && ssp[g]! > 0 ? Math.min(1, Math.max(-1, r)) : Number.NaN;
      }),
      r2: whereTruthVaries((g) => 1 - this.#squared[g]! / sst[g]!),
      sdTruth,
      sdPrediction,
      sdRatio: whereTruthVaries((g) => sdPrediction[g]! / sdTruth[g]!),
      ...(this.#halfwidths && {
        coverage: of((g, n) => (Number.isNaN(this.#widths[g]!) ? Number.NaN : this.#inside[g]! / n)),
      }),
    };
  }
}
