/**
 * A loaded model as the server sees it: batches of jobs in, answers out, wherever it runs.
 * @module
 */
import type { Provider, TensorMap } from "../runtime/session.ts";
import type { ErrorTag, Fault, InferOptions, ModelManifest, Precision, TensorSignature } from "../schemas/index.ts";

/** What one request wants of a model: plain data, it may travel to a thread. */
export type Job =
  /** The graph's own tensors (`/v2`). */
  | { readonly kind: "tensors"; readonly feeds: TensorMap; readonly fetch: readonly string[] }
  /** Profiles with gene ids (`/v1`): aligned, checked, harmonised and imputed by the predictor. */
  | {
      readonly kind: "profiles";
      readonly genes: readonly string[];
      readonly samples?: readonly string[];
      /** `[samples, genes]`, NaN = missing. */
      readonly values: Float32Array;
      readonly options: Partial<InferOptions>;
    };

/** Inferred profiles; arrays belong to the receiver. */
export interface InferredProfiles {
  /** The model's landmarks, then its targets. */
  readonly genes: readonly string[];
  /** How the weights that ran are stored. */
  readonly precision: Precision;
  /** Which of `genes` are passed through as measured, `[genes]`. */
  readonly measured: readonly boolean[];
  readonly samples: readonly string[];
  /** `[samples, genes]`; NaN where a measured gene lacks a value. */
  readonly values: Float32Array;
  /** `[samples]` */
  readonly ood: Float32Array;
  /** Landmarks that each profile lacked, `[samples]`. */
  readonly missing: Int32Array;
  /** Landmarks that no profile has. */
  readonly absent: readonly string[];
  readonly warnings: readonly string[];
}

/** What became of one job; a job that fails does not harm the others of its batch. */
export type Answer =
  | { readonly kind: "tensors"; readonly outputs: TensorMap }
  | { readonly kind: "profiles"; readonly profiles: InferredProfiles }
  | { readonly kind: "failed"; readonly tag: ErrorTag; readonly fault: Fault; readonly trace: string };

/** What is known of a model once it is loaded. */
export interface ModelFacts {
  readonly task: ModelManifest["task"];
  readonly contentHash: string;
  readonly provider: Provider;
  /** How the graph that runs stores its weights. */
  readonly precision: Precision;
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
}

/** A loaded model. */
export interface ServedModel extends AsyncDisposable {
  readonly facts: ModelFacts;
  /**
   * Answers a batch, in the order of its jobs. One batch at a time; arrays of jobs are only read.
   * @throws AppError `unavailable` when the place where it runs has ended
   */
  run(jobs: readonly Job[]): Promise<readonly Answer[]>;
}
