import type { Topology } from "../../export/lower/topology.ts";
import type { Optimisation } from "../../schemas/index.ts";

/** What a training graph is made of. */
export interface TrainingSpec {
  /** z landmarks → z targets; one input, one output. */
  readonly topology: Topology;
  /** Factors of the learning rate by parameter; 1 where absent, 0 for one that stays as it is. */
  readonly rateFactors: ReadonlyMap<string, number>;
  /** Weights of the targets in the loss, `[T]`; absent: all 1. */
  readonly targetWeights?: Float32Array;
  readonly optimisation: Pick<
    Optimisation,
    "loss" | "optimiser" | "batchSize" | "clipNorm" | "inputNoise" | "inputMask" | "averageDecay"
  >;
}
