import type { Topology } from "../../export/lower/topology.ts";
import type { CheckpointPlan } from "../checkpoint.ts";
import type { ResidentRows } from "./resident-rows.ts";

/** A net to train, as data that a thread can be sent. */
export interface NetJob {
  /** z landmarks → z targets. */
  readonly topology: Topology;
  /** Every weight at the start, by `<layer>/<weight>`. */
  readonly initial: ReadonlyMap<string, Float32Array>;
  readonly train: ResidentRows;
  /** No rows: the last epoch is kept. */
  readonly validation: ResidentRows;
  readonly momentum: number;
  /** Factors of the learning rate by weight; 1 where absent. */
  readonly rateFactors: ReadonlyMap<string, number>;
  readonly learningRate: number;
  /** What the rate is multiplied by when the monitored MAE rose, and where it ends. */
  readonly rateDecay: number;
  readonly rateFloor: number;
  readonly epochs: number;
  /** Every batch has this many rows; an epoch leaves out the remainder, another one each time. */
  readonly batchRows: number;
  /** Steps of one call of the runtime. */
  readonly stepsPerCall: number;
  /** Training rows whose MAE steers the learning rate, at most. */
  readonly monitorRows: number;
  readonly seed: number;
  readonly checkpoint?: CheckpointPlan & { readonly everySeconds: number; readonly resume: boolean };
}
