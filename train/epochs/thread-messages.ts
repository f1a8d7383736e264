/** What the main thread and the training thread say to each other: one job, then reports, then one end. */
import type { ErrorTag, Fault, Progress } from "../../schemas/index.ts";
import type { EngineName } from "../engine-name.ts";
import type { NetJob } from "../net-job.ts";
import type { TrainedNet } from "../trained-net.ts";

export interface ToTrainThread {
  readonly job: NetJob;
  readonly engine: EngineName;
  /** One shared int32: not 0 asks the thread to stop after the current call. */
  readonly stop: Int32Array;
}

/** An error crosses as its parts: classes do not survive cloning. Weights travel by transfer. */
export type FromTrainThread =
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "warning"; readonly warning: string }
  | { readonly kind: "trained"; readonly net: TrainedNet }
  | { readonly kind: "failed"; readonly tag: ErrorTag; readonly fault: Fault; readonly trace: string };
