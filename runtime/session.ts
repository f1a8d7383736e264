/**
 * One interface for a loaded graph, wherever it runs: in this thread, in a worker, in a browser's worker.
 * @module
 */
import type { TensorSignature } from "../schemas/index.ts";

/** Element type → array of a tensor that crosses into the runtime. */
export interface HostArray {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  uint32: Uint32Array;
  bool: Uint8Array;
}

/** A tensor on the host, row-major. */
export type HostTensor = {
  [T in keyof HostArray]: { readonly type: T; readonly dims: readonly number[]; readonly data: HostArray[T] };
}[keyof HostArray];

export type TensorMap = Readonly<Record<string, HostTensor>>;

/** What a user asks for; `auto` tries the fast ones first and ends at `cpu`. */
export type Device = "auto" | "cpu" | "cuda" | "webgpu" | "dml" | "coreml" | "wasm";

/** An execution provider of ONNX Runtime by its session-option name. */
export type Provider = Exclude<Device, "auto">;

/** One candidate that was tried. */
export interface ProviderTrial {
  readonly provider: Provider;
  readonly ok: boolean;
  readonly reason?: string;
}

/** A model to load: a file (external data beside it is found), or its bytes. */
export type ModelSource = { readonly path: string } | { readonly bytes: Uint8Array };

export interface OpenOptions {
  readonly device?: Device;
  /** Threads of one operator; the machine's cores by default. */
  readonly threads?: number;
  /** Where it runs. `worker` keeps this thread's event loop free during a run. */
  readonly host?: "same-thread" | "worker";
  /** Leave weights mapped from the file: opens in milliseconds, a third slower. */
  readonly leaveWeightsMapped?: boolean;
}

export interface RunOptions {
  /** Tensors that receive outputs by name; the result then holds exactly these tensors (same-thread hosts only copy once). */
  readonly into?: TensorMap;
  /** Outputs wanted; all by default. */
  readonly fetch?: readonly string[];
}

/** A loaded graph. */
export interface SessionHost extends AsyncDisposable {
  /** The provider really used. */
  readonly provider: Provider;
  readonly tried: readonly ProviderTrial[];
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
  /** Runs that go on side by side, 1 where it is not said; further ones wait. */
  readonly parallelRuns?: number;
  /** True where outputs come from another thread: `into` would copy them once more. */
  readonly movesOutputs?: boolean;
  /**
   * Runs the graph once. Never interrupted: cancelling means not starting the next run.
   * Input buffers are not detached; outputs belong to the caller.
   * @throws AppError `internal` when the runtime fails, `usage` for a missing input or a wrong shape or type.
   */
  run(feeds: TensorMap, options?: RunOptions): Promise<TensorMap>;
}

/** Opens sessions: the seam by which pure rooms get a runtime (`runtime/node/open.ts`, `web/`). */
export type OpenSession = (model: ModelSource, options?: OpenOptions) => Promise<SessionHost>;
