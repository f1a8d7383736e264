import { Worker } from "node:worker_threads";
import { AppError } from "../../schemas/errors.ts";
import type { NetJob } from "../net-job.ts";
import type { TrainingContext } from "../standardised.ts";
import type { TrainedNet } from "../trained-net.ts";
import type { FromTrainThread, ToTrainThread } from "./thread-messages.ts";

/**
 * Trains a net in a thread of its own, so that this one answers Ctrl-C and shows progress. When the signal is aborted
 * the thread is asked to stop after its current call, never ended by force: that would abort the process.
 * @throws AppError as `fitNet`, and `unavailable` when the thread ends unasked.
 */
export async function fitInThread(
  job: NetJob,
  { onProgress, onWarning, signal, engine = "ort" }: TrainingContext,
): Promise<TrainedNet> {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const askToStop = (): void => void Atomics.store(stop, 0, 1);
  if (signal?.aborted) askToStop();
  signal?.addEventListener("abort", askToStop);
  try {
    return await runThread({ job, engine, stop }, { onProgress, ...(onWarning && { onWarning }) });
  } finally {
    signal?.removeEventListener("abort", askToStop);
  }
}

type Listeners = Pick<TrainingContext, "onProgress" | "onWarning">;

function runThread(request: ToTrainThread, { onProgress, onWarning }: Listeners): Promise<TrainedNet> {
  return new Promise((resolve, reject) => {
    // Without the parent's flags: `--input-type` or `--eval` would keep a thread from starting.
    const worker = new Worker(new URL(import.meta.resolve("#train-thread")), { execArgv: [] });
    let outcome: (() => void) | undefined;
    let cause: unknown;
    worker.on("message", (message: FromTrainThread) => {
      if (message.kind === "progress") onProgress(message.progress);
      else if (message.kind === "warning") onWarning?.(message.warning);
      else if (message.kind === "trained") outcome = () => resolve(message.net);
      else outcome = () => reject(new AppError(message.tag, message.fault, { cause: new Error(message.trace) }));
    });
    worker.once("error", (error) => {
      cause = error;
    });
    // Settled at its exit, so that its sessions are freed by then.
    worker.once("exit", (status) => (outcome ?? (() => reject(threadEnded(status, cause))))());
    worker.postMessage(request);
  });
}

function threadEnded(status: number, cause: unknown): AppError {
  const got = cause instanceof Error ? cause.message : `exit status ${status}`;
  const fault = { what: "the training thread has ended", got, advice: "Run it again with --resume" };
  return new AppError("unavailable", fault, { cause });
}
