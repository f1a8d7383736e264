/** What the main thread and a session's thread say to each other: one request, then one answer. */
import type { ErrorTag, Fault, TensorSignature } from "../../schemas/index.ts";
import type { ModelSource, OpenOptions, Provider, ProviderTrial, TensorMap } from "../session.ts";

/** How an engine opens; where it runs is decided by then. */
export type EngineOptions = Omit<OpenOptions, "host">;

/** Requests. Buffers of `feeds` and of a model's bytes are copies and travel by transfer. */
export type ToThread =
  | { readonly kind: "open"; readonly model: ModelSource; readonly options: EngineOptions }
  | { readonly kind: "run"; readonly feeds: TensorMap; readonly wanted: readonly string[] }
  /** Close the session and end the thread; the thread's exit is the answer. */
  | { readonly kind: "stop" };

/** Answers. Buffers of `outputs` travel by transfer. An error crosses as its parts: classes do not survive cloning. */
export type FromThread =
  | {
      readonly kind: "opened";
      readonly provider: Provider;
      readonly tried: readonly ProviderTrial[];
      readonly inputs: readonly TensorSignature[];
      readonly outputs: readonly TensorSignature[];
    }
  | { readonly kind: "ran"; readonly outputs: TensorMap }
  | { readonly kind: "failed"; readonly tag: ErrorTag; readonly fault: Fault; readonly trace: string };
