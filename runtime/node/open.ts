import { serialSession } from "../serial-session.ts";
import type { OpenSession } from "../session.ts";

/**
 * Opens a graph on onnxruntime-node, in this thread or in one of its own. The caller disposes of the session.
 * @throws AppError `no-input` for a missing file, `bad-model` for one that cannot be loaded, `unavailable` for a device
 * that cannot start (with the reason), `usage` for a bad option.
 * @example `await using session = await openSession({ path: "model.onnx" }, { host: "worker" });`
 */
export const openSession: OpenSession = async (model, { host = "same-thread", ...options } = {}) => {
  // Loaded when needed: with a worker host the native library stays out of this thread.
  if (host === "worker") {
    const { openWorkerEngine } = await import("./worker-host.ts");
    return { ...serialSession(await openWorkerEngine(model, options)), movesOutputs: true };
  }
  const { openOrtEngine } = await import("./session-core.ts");
  return serialSession(await openOrtEngine(model, options));
};
