import type { Topology } from "../export/lower/topology.ts";
import type { Device } from "../runtime/session.ts";
import type { Optimisation } from "../schemas/index.ts";
import type { CheckpointPlan } from "./checkpoint.ts";

/** A net to train, as data that a thread can be sent and that every engine understands. */
export interface NetJob {
  /** z landmarks `[N, L]` → z targets `[N, T]`; one input, one output; layers of any shape between. */
  readonly topology: Topology;
  /** Every weight at the start, by `<layer>/<weight>`. */
  readonly initial: ReadonlyMap<string, Float32Array>;
  /** Factors of the learning rate by weight; 1 where absent, 0 for a weight that stays as it is. */
  readonly rateFactors: ReadonlyMap<string, number>;
  /** Weights of the targets in the loss, `[T]`, mean 1; absent: all 1. */
  readonly targetWeights?: Float32Array;
  readonly optimisation: Optimisation;
  /** The net's name where it is one of several: `part-2`. */
  readonly part?: string;
  /** The dataset directory: the thread opens its rows itself. */
  readonly dataset: string;
  /** Where the graph runs; absent: the first candidate that works. */
  readonly device?: Device;
  /** The dataset's target at each place of the output: a partition, or all in another order; absent: all in order. */
  readonly targets?: Int32Array;
  readonly checkpoint?: CheckpointPlan & {
    readonly everySeconds: number;
    readonly resume: boolean;
    /** Saves once more when the training is over: resumed from there, it returns what it came to. */
    readonly atEnd?: boolean;
  };
}
