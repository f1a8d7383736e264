import { AppError, type Moments, type Standardisation } from "../../schemas/index.ts";
import { counted } from "./counted.ts";
import { MomentsAccumulator } from "./moments.ts";

/** Rows of a dataset as they are written; `values` is `[rows, genes]`. Only read. */
export interface DatasetRows {
  /** First sample of the dataset in `values`. */
  readonly start: number;
  readonly rows: number;
  readonly values: Float32Array;
  readonly cohort: string;
}

/** What is measured, and by which rows. */
export interface MeasurePlan {
  readonly geneIds: readonly string[];
  /** Split of each sample, `[samples]`; 0 = train. */
  readonly codes: Uint8Array;
  readonly cohorts: readonly string[];
  readonly fittedOn: Standardisation["fittedOn"];
}

/** Moments of a dataset, and genes that do not vary. */
export interface Measured {
  /**
   * `*`, the reference that a model carries (training rows; all rows where fitted on `all`), and one for every cohort
   * (all its rows) where fitted on `cohort`.
   */
  readonly moments: Moments[];
  /** Genes with one value in all training rows. */
  readonly constant: readonly string[];
}

/** Fits a dataset's standardisation while its rows go by. */
export class DatasetMeasure {
  readonly #plan: MeasurePlan;
  readonly #train: MomentsAccumulator;
  /** By name of the moments; only those that are not the training rows'. */
  readonly #others = new Map<string, MomentsAccumulator>();

  constructor(plan: MeasurePlan) {
    this.#plan = plan;
    const genes = plan.geneIds.length;
    this.#train = new MomentsAccumulator(genes);
    const others = { train: [], all: ["*"], cohort: plan.cohorts }[plan.fittedOn];
    for (const name of others) this.#others.set(name, new MomentsAccumulator(genes));
  }

  /** Counts rows of one cohort, which hold no NaN. */
  add({ start, rows, values, cohort }: DatasetRows): void {
    this.#train.add({ values, rows: trainingRows(this.#plan.codes, start, rows) });
    const other = this.#others.get(this.#plan.fittedOn === "all" ? "*" : cohort);
    other?.add({ values, rows: Int32Array.from({ length: rows }, (_, row) => row) });
  }

  /**
   * The moments of everything added.
   * @throws AppError `bad-data` naming the genes that hold an infinite value.
   */
  finish(): Measured {
    const train = this.#train.finish();
    const named = [...this.#others].map(([cohort, moments]) => ({ cohort, ...moments.finish() }));
    const fitted = named.some(({ cohort }) => cohort === "*") ? named : [{ cohort: "*", ...train }, ...named];
    const infinite = this.#plan.geneIds.filter((_, gene) => fitted.some(({ sd }) => !Number.isFinite(sd[gene])));
    if (infinite.length > 0)
      throw new AppError("bad-data", {
        what: `infinite values in ${counted(infinite.length, "gene")} in use`,
        expected: "finite numbers",
        examples: infinite,
        advice: "Look for a logarithm of 0 in the making of the file",
      });
    return {
      moments: fitted.map(({ cohort, mean, sd }) => ({ cohort, mean: [...mean], sd: [...sd] })),
      constant: this.#plan.geneIds.filter((_, gene) => train.sd[gene] === 0),
    };
  }
}

/** Training rows of a block that starts at sample `start`, as rows of the block. */
export function trainingRows(codes: Uint8Array, start: number, rows: number): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => row).filter((row) => codes[start + row] === 0);
}
