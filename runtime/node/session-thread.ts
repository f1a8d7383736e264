/** The program of a session's thread, run from `dist/` as `#session-thread`: one request, then one answer. */
import { type MessagePort, parentPort } from "node:worker_threads";
import { isAppError } from "../../schemas/errors.ts";
import type { SessionEngine } from "../serial-session.ts";
import type { FromThread, ToThread } from "./messages.ts";
import { openOrtEngine } from "./session-core.ts";

let engine: SessionEngine | undefined;

async function answer(request: Exclude<ToThread, { kind: "stop" }>): Promise<FromThread> {
  if (request.kind === "open") {
    engine = await openOrtEngine(request.model, request.options);
    const { provider, tried, inputs, outputs } = engine;
    return { kind: "opened", provider, tried, inputs, outputs };
  }
  if (engine === undefined) throw new Error("a run was asked of a thread that has no session");
  return { kind: "ran", outputs: await engine.run({ ...request, into: {} }) };
}

function failed(error: unknown): FromThread {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return isAppError(error)
    ? { kind: "failed", tag: error.tag, fault: error.fault, trace }
    : { kind: "failed", tag: "internal", fault: { what: `a session's thread failed: ${String(error)}` }, trace };
}

/** Buffers that leave with an answer; the set because two outputs may be views of one buffer. */
function buffersOf(message: FromThread): ArrayBuffer[] {
  if (message.kind !== "ran") return [];
  const buffers = Object.values(message.outputs).map(({ data }) => data.buffer);
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer);
}

async function serve(port: MessagePort, request: ToThread): Promise<void> {
  if (request.kind === "stop") {
    await engine?.close();
    // With its port closed nothing holds the thread's event loop: it ends by itself, which is the answer.
    port.close();
    return;
  }
  const message = await answer(request).catch(failed);
  port.postMessage(message, buffersOf(message));
}

function listen(port: MessagePort): void {
  // A failure past `failed` ends the thread, which the main thread reports.
  port.on("message", (request: ToThread) => void serve(port, request));
}

if (parentPort !== null) listen(parentPort);
