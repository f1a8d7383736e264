import type { OnProgress } from "../../schemas/index.ts";
import { mapOntoReference, SortedMean } from "../harmonise/joint-quantile.ts";
import { detectScale } from "../scale/detect.ts";
import type { Block, ExpressionSource } from "../source.ts";
import { type GatherSteps, gatherGenes } from "./gather.ts";
import { DatasetMeasure, type Measured, type MeasurePlan, trainingRows } from "./measure.ts";
import { type Missing, MissingValues } from "./missing.ts";
import { type GeneMoments, MomentsAccumulator } from "./moments.ts";
import type { CohortPlan, DatasetPlan } from "./plan.ts";
import type { QuantilePlan } from "./quantile-plan.ts";
import type { CohortScale } from "./scale.ts";

/** Rows of a cohort whose values its scale is told from: enough for stable quantiles, few enough to sort. */
const scaleSampleRows = 100;

/** How the values of a dataset come out of its input files. */
export interface ValueChoices {
  readonly plan: DatasetPlan;
  /** The open inputs, in the order of the plan's cohorts; stay the caller's. */
  readonly sources: readonly ExpressionSource[];
  /** How a cohort's values are gathered. */
  readonly stepsOf: (cohort: CohortPlan) => GatherSteps;
  /** Joint quantile normalisation, after missing values are filled; absent: none. */
  readonly quantile?: QuantilePlan | undefined;
  readonly fittedOn: MeasurePlan["fittedOn"];
  readonly missing: Missing;
  /** Of the passes before the values are given: the reference's, the means'. */
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was found out while the values went by. */
export interface ValueFacts extends Measured {
  readonly scales: readonly CohortScale[];
  /** Cells that were missing and hold a training mean now. */
  readonly filled: number;
  /** The quantile reference, ascending, `[genes]`; undefined without quantile normalisation. */
  readonly reference: Float64Array | undefined;
}

/**
 * The values of a dataset, block by block, measured as they go by: one pass over each file, one more where means fill,
 * and one more over the cohort that a quantile reference is made of.
 */
export class DatasetValues {
  readonly #choices: ValueChoices;
  readonly #measure: DatasetMeasure;
  readonly #missing: MissingValues;
  readonly #scales: CohortScale[] = [];
  /** Training means that fill a cohort's missing values, found once. */
  readonly #fills = new Map<CohortPlan, GeneMoments>();
  #reference: Float64Array | undefined;

  constructor(choices: ValueChoices) {
    const { plan, fittedOn } = choices;
    this.#choices = choices;
    const cohorts = plan.cohorts.map(({ cohort }) => cohort);
    this.#measure = new DatasetMeasure({ geneIds: plan.genes.ids, codes: plan.split.codes, cohorts, fittedOn });
    this.#missing = new MissingValues(plan.genes.ids);
  }

  /**
   * All rows of the dataset in order, `[rows, genes in use]`; to be read once.
   * @throws AppError as the sources do; `bad-data` when the rows of the quantile reference have missing values;
   *   `cancelled`.
   */
  async *blocks(): AsyncGenerator<Block> {
    const { plan, quantile } = this.#choices;
    if (quantile !== undefined) this.#reference = await this.#fitReference(quantile);
    for (const cohort of plan.cohorts) {
      const sample = new ScaleSample(cohort, plan);
      const rule = quantile?.ranks[cohort.cohort];
      for await (const { start, rows, values } of this.#filled(cohort, this.#missing, sample)) {
        if (this.#reference !== undefined && rule !== undefined) mapOntoReference(values, this.#reference, rule);
        this.#measure.add({ start, rows, values, cohort: cohort.cohort });
        yield { start, rows, values };
      }
      // Where a file holds no value at all, the check for missing values says it better than a guess at the scale.
      if (sample.hasValues()) this.#scales.push(sample.scale());
    }
  }

  /**
   * What was found out, once all blocks were read.
   * @throws AppError `bad-data` naming the genes that have missing or infinite values.
   */
  finish(): ValueFacts {
    this.#missing.check(this.#choices.missing);
    const measured = this.#measure.finish();
    return { ...measured, scales: this.#scales, filled: this.#missing.cells, reference: this.#reference };
  }

  /** Rows of a cohort with missing values counted and filled, `[rows, genes]`, at their place in the dataset. */
  async *#filled(cohort: CohortPlan, missing: MissingValues, sample?: ScaleSample): AsyncGenerator<Block> {
    const fill = this.#choices.missing === "mean" ? await this.#trainingMoments(cohort) : undefined;
    const steps = this.#choices.stepsOf(cohort);
    for await (const block of this.#read(cohort)) {
      sample?.add(block);
      const values = gatherGenes(block, cohort.picks, steps);
      missing.add(values, fill);
      yield { start: cohort.start + block.start, rows: block.rows, values };
    }
  }

  async #fitReference({ cohort: name, rows: fittedOn }: QuantilePlan): Promise<Float64Array> {
    const { plan } = this.#choices;
    const genes = plan.genes.ids.length;
    const cohort = plan.cohorts.find((one) => one.cohort === name);
    if (cohort === undefined) throw new RangeError(`no cohort ${name}`);
    const mean = new SortedMean(genes);
    const missing = new MissingValues(plan.genes.ids);
    for await (const { start, rows, values } of this.#filled(cohort, missing)) {
      this.#tell("fit quantile reference", cohort, start - cohort.start + rows);
      for (let row = 0; row < rows; row += 1)
        if (fittedOn === "all" || plan.split.codes[start + row] === 0)
          mean.add(values.subarray(row * genes, (row + 1) * genes));
    }
    missing.check(this.#choices.missing);
    return mean.finish();
  }

  async #trainingMoments(cohort: CohortPlan): Promise<GeneMoments> {
    const known = this.#fills.get(cohort);
    if (known !== undefined) return known;
    const { plan, stepsOf } = this.#choices;
    const steps = stepsOf(cohort);
    const moments = new MomentsAccumulator(plan.genes.ids.length);
    for await (const block of this.#read(cohort)) {
      const rows = trainingRows(plan.split.codes, cohort.start + block.start, block.rows);
      moments.add({ values: gatherGenes(block, cohort.picks, steps), rows });
      this.#tell("fit training means", cohort, block.start + block.rows);
    }
    const found = moments.finish();
    this.#fills.set(cohort, found);
    return found;
  }

  #tell(phase: string, { start, end }: CohortPlan, done: number): void {
    this.#choices.onProgress?.({ phase, done, total: end - start, unit: "profiles" });
  }

  #read(cohort: CohortPlan): AsyncIterable<Block> {
    const { plan, sources, signal } = this.#choices;
    const source = sources[plan.cohorts.indexOf(cohort)];
    if (source === undefined) throw new RangeError(`no source for cohort ${cohort.cohort}`);
    return source.blocks(signal === undefined ? {} : { signal });
  }
}

/** Evenly spaced training rows of a cohort as the file has them (all rows, where none is for training). */
class ScaleSample {
  readonly #cohort: CohortPlan;
  readonly #genes: number;
  readonly #rows: readonly number[];
  readonly #values: Float32Array;
  #filled = 0;

  constructor(cohort: CohortPlan, plan: DatasetPlan) {
    const all = Array.from({ length: cohort.end - cohort.start }, (_, row) => row);
    const training = all.filter((row) => plan.split.codes[cohort.start + row] === 0);
    const candidates = training.length > 0 ? training : all;
    const step = Math.max(1, candidates.length / scaleSampleRows);
    const count = Math.min(candidates.length, scaleSampleRows);
    this.#rows = Array.from({ length: count }, (_, index) => candidates[Math.floor(index * step)] ?? 0);
    this.#cohort = cohort;
    this.#genes = plan.genes.ids.length;
    this.#values = new Float32Array(count * this.#genes).fill(Number.NaN);
  }

  add({ start, rows, values }: Block): void {
    const { picks } = this.#cohort;
    for (let row = this.#rows[this.#filled]; row !== undefined && row < start + rows; row = this.#rows[this.#filled]) {
      const from = (row - start) * picks.sourceGenes;
      const one = { start: row, rows: 1, values: values.subarray(from, from + picks.sourceGenes) };
      this.#values.set(gatherGenes(one, picks, { merge: "mean" }), this.#filled * this.#genes);
      this.#filled += 1;
    }
  }

  hasValues(): boolean {
    return this.#values.some((value) => !Number.isNaN(value));
  }

  scale(): CohortScale {
    const { scale, level, evidence } = detectScale({
      values: this.#values,
      rows: this.#filled,
      genes: this.#genes,
    });
    return { cohort: this.#cohort.cohort, scale, level, evidence };
  }
}
