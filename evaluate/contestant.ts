import { AppError } from "../schemas/errors.ts";
import type { GeneRecord } from "../schemas/index.ts";
import { GeneScores } from "./accumulate.ts";
import { ErrorTotals } from "./error-totals.ts";
import { GeneErrors } from "./gene-errors.ts";
import type { GeneMetrics } from "./gene-metrics.ts";

/** What a model says of a block. */
export interface ZPrediction {
  /** `[rows, targets]` in z units; a new array for the caller. */
  readonly targets: Float32Array;
  /** Out-of-distribution score, `[rows]`, above 1 is flagged; absent where the model has none. */
  readonly ood?: Float32Array;
}

/** A model or a baseline to be scored: it maps native landmarks to z targets. */
export interface EvaluatedModel {
  /** What tables and plots call it; unique in an evaluation. */
  readonly name: string;
  /** `[rows, landmarks]` in native units (borrowed; NaN: missing, for the model to impute) → z targets. */
  predict(landmarks: Float32Array, rows: number): Promise<ZPrediction>;
  /** Half-widths of the 90 % intervals, `[targets]`, z units; NaN: the gene has none. */
  readonly halfwidths?: Float64Array;
  /** Reliability tiers that the model states of its targets, `[targets]`; undefined: not stated. */
  readonly reliability?: readonly GeneRecord["reliability"][];
}

/** The baseline that predicts every gene's training mean: 0 in z units. */
export function meanBaseline(targets: number): EvaluatedModel {
  return { name: "mean", predict: async (_landmarks, rows) => ({ targets: new Float32Array(rows * targets) }) };
}

/** Rows of a block, by where they belong: `[rows]` each. */
export interface RowUnits {
  readonly groups: Int32Array | undefined;
  readonly buckets: Int32Array;
}

/** Landmarks `[rows, landmarks]` and true targets `[rows, targets]` of a block. */
export interface TruthBlock {
  readonly landmarks: Float32Array;
  readonly targets: Float32Array;
  readonly rows: number;
}

/** A model under evaluation, with everything summed up of it. */
export class Contestant {
  readonly name: string;
  readonly role: "model" | "baseline";
  readonly model: EvaluatedModel;
  /** Totals by group; empty where there are no groups. */
  readonly byGroup = new ErrorTotals();
  readonly bySample = new ErrorTotals();
  /** Totals of profiles not flagged as out of distribution (0) and flagged (1); empty where the model has no score. */
  readonly byFlag = new ErrorTotals();
  /** |error| by gene and group, or bucket of samples where there are no groups. */
  readonly geneErrors: GeneErrors;
  readonly #scores: GeneScores;
  readonly #geneCount: number;
  #metrics: GeneMetrics | undefined;

  /**
   * `overlap` `[genes]`: 1 where the target is a landmark too.
   * @throws AppError `internal` when there is not one half-width a gene.
   */
  constructor(
    model: EvaluatedModel,
    role: "model" | "baseline",
    { geneIds, overlap }: { geneIds: readonly string[]; overlap: Uint8Array },
  ) {
    const { name, halfwidths } = model;
    if (halfwidths !== undefined && halfwidths.length !== geneIds.length)
      throw wrongLength(name, "interval half-widths", { expected: geneIds.length, got: halfwidths.length });
    this.name = name;
    this.role = role;
    this.model = model;
    this.geneErrors = new GeneErrors(geneIds.length);
    this.#geneCount = geneIds.length;
    this.#scores = new GeneScores({ model: name, geneIds, halfwidths, overlap });
  }

  /**
   * Predicts a block and adds its errors; the prediction `[rows, targets]` is handed to the caller.
   * @throws AppError `internal` when the prediction has another shape or holds a value that is not finite.
   */
  async score(block: TruthBlock, units: RowUnits): Promise<Float32Array> {
    const { targets: truth, rows } = block;
    const { targets: prediction, ood } = await this.predict(block.landmarks, rows);
    const errors = this.#scores.add({ truth, prediction, rows });
    if (units.groups) this.byGroup.add(units.groups, errors);
    if (ood)
      this.byFlag.add(
        Int32Array.from(ood, (score) => (score > 1 ? 1 : 0)),
        errors,
      );
    this.bySample.add(units.buckets, errors);
    this.geneErrors.add({ truth, prediction, rows }, units.groups ?? units.buckets);
    this.#metrics = undefined;
    return prediction;
  }

  /** A prediction of the right shape. @throws AppError `internal` when it has another one. */
  async predict(landmarks: Float32Array, rows: number): Promise<ZPrediction> {
    const prediction = await this.model.predict(landmarks, rows);
    const { length } = prediction.targets;
    if (length !== rows * this.#geneCount)
      throw wrongLength(this.name, "predicted values", { expected: rows * this.#geneCount, got: length });
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
