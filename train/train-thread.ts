/** The program of the training thread, run from `dist/` as `#train-thread`: one job, then it ends. */
import { type MessagePort, parentPort } from "node:worker_threads";
import { openSession } from "../runtime/node/open.ts";
import { isAppError, type Progress } from "../schemas/index.ts";
import { engineOf } from "./engine.ts";
import { fitNet } from "./epochs/fit-net.ts";
import type { FromTrainThread, ToTrainThread } from "./epochs/thread-messages.ts";
import { openRowStore } from "./rows/row-store.ts";

/** Progress reports at most this often: small nets make thousands of calls a second. */
const reportEveryMs = 100;

function throttled(send: (progress: Progress) => void): (progress: Progress) => void {
  let sentMs = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const nowMs = performance.now();
    if (nowMs - sentMs < reportEveryMs && progress.done < progress.total) return;
    sentMs = nowMs;
    send(progress);
  };
}

function failed(error: unknown): FromTrainThread {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return isAppError(error)
    ? { kind: "failed", tag: error.tag, fault: error.fault, trace }
    : { kind: "failed", tag: "internal", fault: { what: `the training thread failed: ${String(error)}` }, trace };
}

async function serve(port: MessagePort, { job, engine, stop }: ToTrainThread): Promise<void> {
  const say = (message: FromTrainThread, moved: ArrayBuffer[] = []): void => port.postMessage(message, moved);
  try {
    const net = await fitNet(job, {
      openEngine: engineOf(engine, openSession),
      openRows: openRowStore,
      availableBytes: () => process.availableMemory(),
      onProgress: throttled((progress) => say({ kind: "progress", progress })),
      onWarning: (warning) => say({ kind: "warning", warning }),
      isStopped: () => Atomics.load(stop, 0) !== 0,
    });
    // Nets of the same epoch share their arrays.
    const buffers = new Set(net.kept.flatMap(({ weights }) => [...weights.values()].map(({ buffer }) => buffer)));
    say(
      { kind: "trained", net },
      [...buffers].filter((buffer) => buffer instanceof ArrayBuffer),
    );
  } catch (error) {
    say(failed(error));
  }
  // With its port closed nothing holds the thread's event loop: it ends by itself.
  port.close();
}

if (parentPort !== null) {
  const port = parentPort;
  port.once("message", (request: ToTrainThread) => void serve(port, request));
}
