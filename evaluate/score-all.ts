import type { Evaluation, OnProgress } from "../schemas/index.ts";
import { AppError } from "../schemas/index.ts";
import { Contestant, type EvaluatedModel, type RowUnits } from "./contestant.ts";
import { bucketsOf } from "./error-totals.ts";
import { GroupIndex } from "./group-index.ts";
import { KeptSample } from "./kept-sample.ts";
import type { TargetGene } from "./per-gene.ts";
import { MissingLandmarks, type StressOptions } from "./stress.ts";

/** Rows to be scored; the arrays belong to the receiver. */
export interface EvaluationBlock {
  readonly rows: number;
  /** Rows of the dataset, `[rows]`. */
  readonly sampleIndices: Int32Array;
  /** `[rows, landmarks]` in native units. */
  readonly landmarks: Float32Array;
  /** The truth `[rows, targets]` in z units, clipped as in training; NaN is missing. */
  readonly targets: Float32Array;
}

/** What is scored in one pass. */
export interface ScoredRows {
  readonly dataset: Evaluation["dataset"];
  readonly split: Evaluation["split"];
  /** Rows of the split: the blocks give exactly so many. */
  readonly samples: number;
  readonly blocks: AsyncIterable<EvaluationBlock>;
  readonly models: readonly EvaluatedModel[];
  readonly baselines: readonly EvaluatedModel[];
  readonly targets: readonly TargetGene[];
  /** `[targets]`: 1 where the target is a landmark too. */
  readonly overlap: Uint8Array;
  readonly groups?: { readonly field: string; readonly of: (sampleIndex: number) => string };
  /** Score again with landmarks missing; absent: do not. */
  readonly stress?: StressOptions;
  /** Memory for what ranks need; where not all rows fit, evenly spaced ones are used, with a note. */
  readonly rankBytes?: number;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** Everything summed up and kept of one pass. */
export interface Scored {
  readonly contestants: readonly Contestant[];
  readonly groups: GroupIndex | undefined;
  readonly kept: KeptSample;
  readonly missing: MissingLandmarks | undefined;
}

/**
 * Scores models and baselines in one pass; the result does not depend on how it is cut into blocks.
 * @throws AppError `usage` when two models share a name, `bad-data` when the split has no samples, `internal` when a
 * model's prediction has another shape or is not finite, `cancelled` when `signal` is aborted.
 */
export async function scoreAll(options: ScoredRows): Promise<Scored> {
  const { dataset, split, samples, targets, onProgress, signal } = options;
  const contestants = contestantsOf(options);
  const groups = options.groups && new GroupIndex(options.groups.field, options.groups.of);
  const missing = options.stress && new MissingLandmarks(samples, options.stress);
  const models = contestants.length;
  const kept = new KeptSample({ genes: targets.length, samples, models, limitBytes: options.rankBytes });
  let done = 0;
  for await (const block of options.blocks) {
    if (signal?.aborted) throw new AppError("cancelled", { what: "evaluation stopped" }, { cause: signal.reason });
    const units: RowUnits = { groups: groups?.unitsOf(block.sampleIndices), buckets: bucketsOf(done, block.rows) };
    const predictions: Float32Array[] = [];
    for (const contestant of contestants) predictions.push(await contestant.score(block, units));
    kept.add(block.rows, [block.targets, ...predictions], units.groups);
    await missing?.add(contestants, { ...block, predictions });
    done += block.rows;
    onProgress?.({ phase: "evaluate", done, total: samples, unit: "profiles" });
  }
  const where = `${dataset.name} ${split}`;
  if (done === 0) throw new AppError("bad-data", { what: "the split has no samples", where });
  if (done !== samples)
    throw new AppError("internal", { what: "rows scored", where, expected: String(samples), got: String(done) });
  return { contestants, groups, kept, missing };
}

function contestantsOf({ models, baselines, targets, overlap }: ScoredRows): Contestant[] {
  const genes = { geneIds: targets.map(({ id }) => id), overlap };
  const contestants = [
    ...models.map((model) => new Contestant(model, "model", genes)),
    ...baselines.map((model) => new Contestant(model, "baseline", genes)),
  ];
  const names = contestants.map(({ name }) => name);
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  if (twice.length > 0) throw new AppError("usage", { what: "models share a name", examples: twice });
  return contestants;
}
