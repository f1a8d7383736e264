/** The program of a model's thread, run from `dist/`: one request, then one answer. */
import { setPriority } from "node:os";
import { type MessagePort, parentPort } from "node:worker_threads";
import { failedAnswer } from "./model-host.ts";
import { openModel } from "./open-model.ts";
import type { ServedModel } from "./served-model.ts";
import { buffersOf, type FromModelThread, type ToModelThread } from "./thread-messages.ts";

let model: ServedModel | undefined;

async function answer(request: Exclude<ToModelThread, { kind: "stop" }>): Promise<FromModelThread> {
  if (request.kind === "open") {
    model = await openModel(request.dir, request.options);
    return { kind: "opened", facts: model.facts };
  }
  if (model === undefined) throw new Error("a batch was sent to a thread that has no model");
  return { kind: "ran", answers: await model.run(request.jobs) };
}

async function serve(port: MessagePort, request: ToModelThread): Promise<void> {
  if (request.kind === "stop") {
    await model?.[Symbol.asyncDispose]();
    // With its port closed nothing holds the thread's event loop: it ends by itself, which is the answer.
    port.close();
    return;
  }
  const message = await answer(request).catch(failedAnswer);
  port.postMessage(message, message.kind === "ran" ? buffersOf(message.answers) : []);
}

/**
 * Niceness of models: the event loop gets a core when it wants one. On two busy cores the p99 of health probes
 * (bench/health-under-load.mjs) was 43 to 56 ms with 5, 41 to 202 with 0, 22 to 41 with 10, at which other work on the
 * machine starves the models.
 */
const niceness = 5;
// On Linux this is the thread's own, which the runtime's threads inherit; elsewhere it would be the process's.
if (process.platform === "linux") setPriority(0, niceness);

// A failure past `failedAnswer` ends the thread, which the server notices.
parentPort?.on("message", (request: ToModelThread) => {
  if (parentPort !== null) void serve(parentPort, request);
});
