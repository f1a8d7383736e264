import { openSession } from "../../../runtime/node/open.ts";
import type { OpenSession } from "../../../runtime/session.ts";

/** Opens CPU sessions and counts those that are still open. */
export function countedOpen(): { readonly open: OpenSession; readonly live: () => number } {
  let live = 0;
  const open: OpenSession = async (model, options) => {
    const session = await openSession(model, { device: "cpu", ...options });
    live++;
    const close = session[Symbol.asyncDispose].bind(session);
    return {
      ...session,
      [Symbol.asyncDispose]: async () => {
        live--;
        await close();
      },
    };
  };
  return { open, live: () => live };
}
