/**
 * What a page and its worker say to each other; the calls are those of {@link Api}.
 * @module
 */
import type { ErrorTag, Fault, Progress } from "../schemas/index.ts";
import type { Api } from "./api.ts";

export type Method = keyof Api;
export type Argument<M extends Method> = Parameters<Api[M]>[0];
export type Result<M extends Method> = Awaited<ReturnType<Api[M]>>;

/** To the worker. A call is answered once, progress aside. */
export type ToWorker =
  | {
      [M in Method]: { readonly kind: "call"; readonly id: number; readonly method: M; readonly argument: Argument<M> };
    }[Method]
  | { readonly kind: "cancel"; readonly id: number };

/** From the worker. An error crosses as its parts: classes do not survive cloning. */
export type FromWorker =
  | { readonly kind: "progress"; readonly id: number; readonly progress: Progress }
  | { readonly kind: "done"; readonly id: number; readonly result: Result<Method> }
  | {
      readonly kind: "failed";
      readonly id: number;
      readonly tag: ErrorTag;
      readonly fault: Fault;
      readonly trace: string;
    };

/** One end of a channel: a worker, a worker's own scope, a message port. */
export interface Port {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}
