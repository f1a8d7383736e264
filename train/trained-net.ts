import type { EpochRow } from "./checkpoint.ts";

/** Weights of one epoch. */
export interface KeptNet {
  /** The validation set whose best epoch this is (`validation`, `validation:NAME`); `last` where there is none. */
  readonly name: string;
  readonly epoch: number;
  /** On that set, z units. */
  readonly validationMae?: number;
  /** Every weight by `<layer>/<weight>`; nets of the same epoch share the arrays. */
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/** What a training comes to, on whatever engine. */
export interface TrainedNet {
  /** The model's first, then the best by every other validation set. */
  readonly kept: readonly [KeptNet, ...KeptNet[]];
  readonly history: readonly EpochRow[];
  /** The set that chose the model; absent without validation rows. */
  readonly selectedOn?: string;
  readonly device: string;
  readonly engine: string;
  /** What a reader of the result must know: memory that was short, a training that was stopped early. */
  readonly notes: readonly string[];
}
