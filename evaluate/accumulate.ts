import { AppError } from "../schemas/errors.ts";
import { emptySums, type GeneMetrics, type GeneSums, geneMetrics } from "./gene-metrics.ts";

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
  /** The same over targets that are no landmarks. */
  readonly withoutOverlap: Float64Array;
  readonly cells: Float64Array;
  /** Cells whose gene has a half-width, and those of them with |error| ≤ half-width. */
  readonly bounded: Float64Array;
  readonly inside: Float64Array;
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
  readonly #overlap: Uint8Array;
  readonly #sums: GeneSums;

  /**
   * `halfwidths` `[genes]` are those of a 90 % interval, z units; NaN: the gene has none. `overlap` `[genes]` is 1 where
   * the target is a landmark too; none by default. All are kept, not copied.
   */
  constructor(options: {
    model: string;
    geneIds: readonly string[];
    halfwidths?: Float64Array | undefined;
    overlap?: Uint8Array;
  }) {
    const genes = options.geneIds.length;
    this.#model = options.model;
    this.#geneIds = options.geneIds;
    this.#halfwidths = options.halfwidths;
    // No comparison with NaN holds: without half-widths nothing is ever inside.
    this.#widths = options.halfwidths ?? new Float64Array(genes).fill(Number.NaN);
    this.#overlap = options.overlap ?? new Uint8Array(genes);
    this.#sums = emptySums(genes);
  }

  /**
   * Adds the cells of a block; the arrays stay the caller's.
   * @throws AppError `internal` when a prediction is not finite, `bad-data` when a truth is infinite.
   */
  add(block: ScoredBlock): RowErrors {
    const zeros = () => new Float64Array(block.rows);
    const errors: RowErrors = {
      absolute: zeros(),
      withoutOverlap: zeros(),
      cells: zeros(),
      bounded: zeros(),
      inside: zeros(),
    };
    for (let row = 0; row < block.rows; row++) this.#addRow(block, row, errors);
    return errors;
  }

  #addRow({ truth, prediction }: ScoredBlock, row: number, into: RowErrors): void {
    const sums = this.#sums;
    const genes = this.#geneIds.length;
    const start = row * genes;
    let [rowAbsolute, rowWithout, rowCells, rowPrediction, rowBounded, rowInside] = [0, 0, 0, 0, 0, 0];
    for (let g = 0; g < genes; g++) {
      const y = prediction[start + g]!;
      rowPrediction += y;
      const x = truth[start + g]!;
      if (Number.isNaN(x)) continue;
      if (sums.n[g] === 0) {
        sums.shiftX[g] = x;
        sums.shiftY[g] = y;
      }
      const dx = x - sums.shiftX[g]!;
      const dy = y - sums.shiftY[g]!;
      const error = y - x;
      const magnitude = Math.abs(error);
      const width = this.#widths[g]!;
      sums.n[g]! += 1;
      sums.x[g]! += dx;
      sums.xx[g]! += dx * dx;
      sums.y[g]! += dy;
      sums.yy[g]! += dy * dy;
      sums.xy[g]! += dx * dy;
      sums.error[g]! += error;
      sums.absolute[g]! += magnitude;
      sums.squared[g]! += error * error;
      if (width >= 0) {
        rowBounded += 1;
        if (magnitude <= width) {
          sums.inside[g]! += 1;
          rowInside += 1;
        }
      }
      rowAbsolute += magnitude;
      if (this.#overlap[g] === 0) rowWithout += magnitude;
      rowCells += 1;
    }
    // Finite float32 values cannot overflow these sums: one look a row finds every bad cell.
    if (!Number.isFinite(rowPrediction + rowAbsolute)) this.#refuse({ truth, prediction, start });
    into.absolute[row] = rowAbsolute;
    into.withoutOverlap[row] = rowWithout;
    into.cells[row] = rowCells;
    into.bounded[row] = rowBounded;
    into.inside[row] = rowInside;
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
    return geneMetrics(this.#sums, this.#halfwidths);
  }
}
