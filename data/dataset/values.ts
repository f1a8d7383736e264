import { detectScale } from "../scale/detect.ts";
import type { Block, ExpressionSource } from "../source.ts";
import { type GatherSteps, gatherGenes } from "./gather.ts";
import { DatasetMeasure, type Measured, type MeasurePlan, trainingRows } from "./measure.ts";
import { type Missing, MissingValues } from "./missing.ts";
import { type GeneMoments, MomentsAccumulator } from "./moments.ts";
import type { CohortPlan, DatasetPlan } from "./plan.ts";
import type { CohortScale } from "./scale.ts";

/** Rows of a cohort whose values its scale is told from: enough for stable quantiles, few enough to sort. */
const scaleSampleRows = 100;

/** How the values of a dataset come out of its input files. */
export interface ValueChoices {
  readonly plan: DatasetPlan;
  /** The open inputs, in the order of the plan's cohorts; stay the caller's. */
  readonly sources: readonly ExpressionSource[];
  readonly steps: GatherSteps;
  readonly fittedOn: MeasurePlan["fittedOn"];
  readonly missing: Missing;
  readonly signal?: AbortSignal | undefined;
}

/** What was found out while the values went by. */
export interface ValueFacts extends Measured {
  readonly scales: readonly CohortScale[];
  /** Cells that were missing and hold a training mean now. */
  readonly filled: number;
}

/** The values of a dataset, block by block, measured as they go by: one pass over each file, two where means fill. */
export class DatasetValues {
  readonly #choices: ValueChoices;
  readonly #measure: DatasetMeasure;
  readonly #missing: MissingValues;
  readonly #scales: CohortScale[] = [];

  constructor(choices: ValueChoices) {
    const { plan, fittedOn } = choices;
    this.#choices = choices;
    const cohorts = plan.cohorts.map(({ cohort }) => cohort);
    this.#measure = new DatasetMeasure({ geneIds: plan.genes.ids, codes: plan.split.codes, cohorts, fittedOn });
    this.#missing = new MissingValues(plan.genes.ids);
  }

  /**
   * All rows of the dataset in order, `[rows, genes in use]`; to be read once.
   * @throws AppError as the sources do; `cancelled`.
   */
  async *blocks(): AsyncGenerator<Block> {
    const { plan, sources, missing } = this.#choices;
    for (const [index, cohort] of plan.cohorts.entries()) {
      const source = sources[index];
      if (source === undefined) throw new RangeError(`no source for cohort ${cohort.cohort}`);
      const fill = missing === "mean" ? await this.#trainingMoments(source, cohort) : undefined;
      const sample = new ScaleSample(cohort, plan);
      for await (const block of this.#read(source)) {
        sample.add(block);
        const values = gatherGenes(block, cohort.picks, this.#choices.steps);
        this.#missing.add(values, fill);
        const start = cohort.start + block.start;
        this.#measure.add({ start, rows: block.rows, values, cohort: cohort.cohort });
        yield { start, rows: block.rows, values };
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
    return { ...this.#measure.finish(), scales: this.#scales, filled: this.#missing.cells };
  }

  async #trainingMoments(source: ExpressionSource, cohort: CohortPlan): Promise<GeneMoments> {
    const { plan, steps } = this.#choices;
    const moments = new MomentsAccumulator(plan.genes.ids.length);
    for await (const block of this.#read(source)) {
      const rows = trainingRows(plan.split.codes, cohort.start + block.start, block.rows);
      moments.add({ values: gatherGenes(block, cohort.picks, steps), rows });
    }
    return moments.finish();
  }

  #read(source: ExpressionSource): AsyncIterable<Block> {
    const { signal } = this.#choices;
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
