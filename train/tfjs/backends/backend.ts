/** The backends of tfjs that a net can be trained on, the fastest first. */
export const backendNames = ["node-gpu", "node", "webgpu", "wasm", "cpu"] as const;
export type BackendName = (typeof backendNames)[number];

/** A backend that tfjs computes on in this thread; close it to give back what it holds beside tensors. */
export interface Backend {
  readonly name: BackendName;
  /** tfjs' own name of it. */
  readonly registered: string;
  /** What it computes on: `cpu`, `cuda`, or the name of a WebGPU adapter. */
  readonly device: string;
  readonly close: () => void;
}

/** How a backend is asked for. */
export interface BackendRequest {
  /** Folders beside or above whose `node_modules` optional packages may lie. */
  readonly places: readonly string[];
  /** Asked for by its name: then what is slow is taken too. */
  readonly isNamed: boolean;
}

/**
 * Makes a backend ready for `tf.setBackend`.
 * @throws AppError `unavailable` that says why it cannot be had here and how to get it.
 */
export type LoadBackend = (request: BackendRequest) => Promise<Backend>;
