import { serialSession } from "../serial-session.ts";
import type { OpenSession } from "../session.ts";
import { openWorkerEngine, SessionThread } from "./worker-host.ts";

/** A thread that gets ready for a session; disposing of it ends the thread, unless a session owns it by then. */
export interface EarlyThread extends AsyncDisposable {
  /** Opens a graph there, whatever host is asked for; the session owns the thread. Further graphs get threads of their own. */
  readonly open: OpenSession;
}

/**
 * Starts the thread of a session before it is known which graph it will run: loading ONNX Runtime there takes as long
 * as finding that out here.
 * @example `await using thread = startSessionThread(); await using session = await thread.open({ path });`
 */
export function startSessionThread(): EarlyThread {
  let early: SessionThread | undefined = new SessionThread();
  const open: OpenSession = async (model, options) => {
    const thread = early ?? new SessionThread();
    early = undefined;
    return serialSession(await openWorkerEngine(model, options, thread));
  };
  return { open, [Symbol.asyncDispose]: async () => await early?.stop() };
}
