/**
 * What a reader does between two blocks: stop when told so, and let others have the thread.
 * @module
 */
import { AppError } from "../../schemas/index.ts";

/** Work longer than this without a break makes Ctrl-C and a page feel dead. */
const longestTurnMs = 50;

/**
 * Throws when the work was cancelled.
 * @throws AppError `cancelled`
 */
export function throwIfCancelled(signal: AbortSignal | undefined, label: string): void {
  if (!signal?.aborted) return;
  throw new AppError("cancelled", { what: "reading was cancelled", where: label }, { cause: signal.reason });
}

/**
 * A function to await between blocks: it throws when cancelled, and every {@link longestTurnMs} gives the event loop a
 * turn. A reader that only computes would otherwise never let the signal's own event be delivered.
 */
export function betweenBlocks(signal: AbortSignal | undefined, label: string): () => Promise<void> {
  let turnStart = performance.now();
  return async () => {
    if (performance.now() - turnStart > longestTurnMs) {
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
      turnStart = performance.now();
    }
    throwIfCancelled(signal, label);
  };
}
