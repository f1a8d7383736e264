import type { OpenDataset } from "../data/node/dataset.ts";
import type { OnProgress } from "../schemas/index.ts";

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
  count(split: SplitName): number;
  blocks(split: SplitName): AsyncIterable<ZBlock>;
}

/** Predicts z targets `[rows, T]` from z landmarks `[rows, L]`; the result belongs to the caller. */
export type PredictZ = (landmarks: Float32Array, rows: number) => Promise<Float32Array>;

/** What every stage of training takes along. */
export interface TrainingContext {
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal;
}

/** The dataset's splits in z units. */
export function trainingData(dataset: OpenDataset, signal: AbortSignal | undefined): TrainingData {
  return {
    landmarks: dataset.landmarks.length,
    targets: dataset.targets.length,
    count: (split) => dataset.sampleCount(split),
    blocks: (split) => dataset.blocks({ split, units: "z", ...(signal && { signal }) }),
  };
}
