import type { OpenDataset } from "../data/node/dataset.ts";
import type { OnProgress } from "../schemas/index.ts";
import type { EngineName } from "./engine-name.ts";

/** The rows of one split in z units: landmarks `[rows, L]`, targets `[rows, T]` (NaN never occurs). */
export interface ZBlock {
  readonly rows: number;
  readonly landmarks: Float32Array;
  readonly targets: Float32Array;
}

export type SplitName = "train" | "validation" | "test";

/** What a family learns from: the splits in z units, streamed as often as it likes. */
export interface TrainingData {
  readonly landmarks: number;
  readonly targets: number;
  /** Cohorts with rows in a split, in the order of their first row. */
  cohortsOf(split: SplitName): readonly string[];
  /** Rows of a split, of one cohort or of all; 0 where the cohort has none in it. */
  count(split: SplitName, cohort?: string): number;
  blocks(split: SplitName, cohort?: string): AsyncIterable<ZBlock>;
}

/** Predicts z targets `[rows, T]` from z landmarks `[rows, L]`; the result belongs to the caller. */
export type PredictZ = (landmarks: Float32Array, rows: number) => Promise<Float32Array>;

/** What every stage of training takes along. */
export interface TrainingContext {
  readonly onProgress: OnProgress;
  /** Told at once of what a user would stop the training for; the run's notes have it too. */
  readonly onWarning?: (warning: string) => void;
  readonly signal?: AbortSignal;
  /** What trains nets; `ort` unless told. */
  readonly engine?: EngineName;
}

/** The dataset's splits in z units. */
export function trainingData(dataset: OpenDataset, signal: AbortSignal | undefined): TrainingData {
  return {
    landmarks: dataset.landmarks.length,
    targets: dataset.targets.length,
    cohortsOf: (split) => dataset.cohortsOf(split),
    count: (split, cohort) => dataset.sampleCount(split, cohort),
    blocks: (split, cohort) =>
      dataset.blocks({ split, units: "z", ...(cohort !== undefined && { cohort }), ...(signal && { signal }) }),
  };
}
