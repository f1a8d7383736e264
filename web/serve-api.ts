import { AppError, isAppError } from "../schemas/index.ts";
import type { Api, CallContext } from "./api.ts";
import type { FromWorker, Method, Port, Result, ToWorker } from "./messages.ts";

/**
 * Answers the calls that come through a port, several at once; every one can be cancelled.
 */
export function serveApi(api: Api, port: Port): void {
  const running = new Map<number, AbortController>();
  const post = (message: FromWorker): void => port.postMessage(message);
  const answer = async (call: Extract<ToWorker, { kind: "call" }>): Promise<void> => {
    const { id } = call;
    const controller = new AbortController();
    running.set(id, controller);
    const context: CallContext = {
      signal: controller.signal,
      onProgress: (progress) => post({ kind: "progress", id, progress }),
    };
    try {
      post({ kind: "done", id, result: await invoke(api, call, context) });
    } catch (error) {
      const { tag, fault } = known(error);
      post({ kind: "failed", id, tag, fault, trace: error instanceof Error ? (error.stack ?? "") : "" });
    } finally {
      running.delete(id);
    }
  };
  port.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
    if (data.kind === "call") void answer(data);
    else running.get(data.id)?.abort();
  });
}

function invoke(api: Api, call: Extract<ToWorker, { kind: "call" }>, context: CallContext): Promise<Result<Method>> {
  switch (call.method) {
    case "load":
      return api.load(call.argument, context);
    case "inspect":
      return api.inspect(call.argument, context);
    case "predict":
      return api.predict(call.argument, context);
    case "example":
      return api.example(call.argument, context);
    case "tsv":
      return api.tsv(call.argument, context);
  }
}

function known(error: unknown): AppError {
  if (isAppError(error)) return error;
  const got = error instanceof Error ? error.message : String(error);
  return new AppError("internal", { what: "an error that nobody foresaw", got, advice: "Report it" }, { cause: error });
}
