import { AppError, type OnProgress } from "../schemas/index.ts";
import type { Argument, FromWorker, Method, Port, Result, ToWorker } from "./messages.ts";

/** How a call is made. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** The worker's functions, from the other side. */
export interface Client {
  /** @throws AppError as the worker's function does, and `unavailable` when the worker has ended */
  call<M extends Method>(method: M, argument: Argument<M>, options?: CallOptions): Promise<Result<M>>;
  /** Ends all calls with this error, now and in future. */
  fail(error: AppError): void;
}

interface Pending {
  readonly resolve: (result: Result<Method>) => void;
  readonly reject: (error: AppError) => void;
  readonly onProgress: OnProgress | undefined;
}

/** Talks to the api at the other end of a port. */
export function connect(port: Port): Client {
  const pending = new Map<number, Pending>();
  const post = (message: ToWorker): void => port.postMessage(message);
  let lastId = 0;
  let ended: AppError | undefined;
  port.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
    const call = pending.get(data.id);
    if (call === undefined) return;
    if (data.kind === "progress") return call.onProgress?.(data.progress);
    pending.delete(data.id);
    if (data.kind === "done") call.resolve(data.result);
    else call.reject(revived(data));
  });
  return {
    async call<M extends Method>(method: M, argument: Argument<M>, { signal, onProgress }: CallOptions = {}) {
      if (ended !== undefined) throw ended;
      if (signal?.aborted) throw new AppError("cancelled", { what: `${method} was cancelled` });
      lastId += 1;
      const id = lastId;
      const cancel = (): void => post({ kind: "cancel", id });
      signal?.addEventListener("abort", cancel);
      try {
        return await new Promise<Result<M>>((resolve, reject) => {
          // The answer to a call of M is a result of M: the worker's own types say so.
          pending.set(id, { resolve: resolve as Pending["resolve"], reject, onProgress });
          post({ kind: "call", id, method, argument } as ToWorker);
        });
      } finally {
        signal?.removeEventListener("abort", cancel);
      }
    },
    fail(error) {
      ended = error;
      for (const { reject } of pending.values()) reject(error);
      pending.clear();
    },
  };
}

/** The error of the worker, with its stack there. */
function revived({ tag, fault, trace }: Extract<FromWorker, { kind: "failed" }>): AppError {
  return new AppError(tag, fault, { cause: trace });
}
