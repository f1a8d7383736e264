import { AppError } from "../schemas/errors.ts";
import { type GeneMetrics, GeneScores } from "./accumulate.ts";
import { ErrorTotals } from "./error-totals.ts";

/** A model or a baseline to be scored: it maps native landmarks to z targets. */
export interface EvaluatedModel {
  /** What tables and plots call it; unique in an evaluation. */
  readonly name: string;
  /** `[rows, landmarks]` in native units (borrowed) → `[rows, targets]` in z units, a new array for the caller. */
  predictZ(landmarks: Float32Array, rows: number): Promise<Float32Array>;
  /** Half-widths of the 90 % intervals, `[targets]`, z units; NaN: the gene has none. */
  readonly halfwidths?: Float64Array;
}

/** The baseline that predicts every gene's training mean: 0 in z units. */
export function meanBaseline(targets: number): EvaluatedModel {
  return { name: "mean", predictZ: async (_landmarks, rows) => new Float32Array(rows * targets) };
}

/** Rows of a block, by where they belong: `[rows]` each. */
export interface RowUnits {
  readonly groups: Int32Array | undefined;
  readonly buckets: Int32Array;
}

/** A model under evaluation, with everything summed up of it. */
export class Contestant {
  readonly name: string;
  readonly role: "model" | "baseline";
  /** Totals by group; empty where there are no groups. */
  readonly byGroup = new ErrorTotals();
  readonly bySample = new ErrorTotals();
  readonly #model: EvaluatedModel;
  readonly #scores: GeneScores;
  readonly #geneCount: number;
  #metrics: GeneMetrics | undefined;

  /** @throws AppError `internal` when there is not one half-width a gene. */
  constructor(model: EvaluatedModel, role: "model" | "baseline", geneIds: readonly string[]) {
    const { name, halfwidths } = model;
    if (halfwidths !== undefined && halfwidths.length !== geneIds.length)
      throw wrongLength(name, "interval half-widths", { expected: geneIds.length, got: halfwidths.length });
    this.name = name;
    this.role = role;
    this.#model = model;
    this.#geneCount = geneIds.length;
    this.#scores = new GeneScores({ model: name, geneIds, halfwidths });
  }

  /**
   * Predicts a block and adds its errors; the prediction `[rows, targets]` is handed to the caller.
   * @throws AppError `internal` when the prediction has another shape or holds a value that is not finite.
   */
  async score(
    block: { landmarks: Float32Array; targets: Float32Array; rows: number },
    units: RowUnits,
  ): Promise<Float32Array> {
    const { landmarks, targets, rows } = block;
    const prediction = await this.#model.predictZ(landmarks, rows);
    if (prediction.length !== rows * this.#geneCount)
      throw wrongLength(this.name, "predicted values", { expected: rows * this.#geneCount, got: prediction.length });
    const errors = this.#scores.add({ truth: targets, prediction, rows });
    if (units.groups) this.byGroup.add(units.groups, errors);
    this.bySample.add(units.buckets, errors);
    this.#metrics = undefined;
    return prediction;
  }

  /** Scores per gene of the blocks scored so far. */
  metrics(): GeneMetrics {
    this.#metrics ??= this.#scores.metrics();
    return this.#metrics;
  }
}

function wrongLength(model: string, what: string, { expected, got }: { expected: number; got: number }): AppError {
  return new AppError("internal", {
    what: `wrong number of ${what}`,
    where: model,
    expected: String(expected),
    got: String(got),
  });
}
