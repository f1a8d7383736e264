import { MessageChannel } from "node:worker_threads";

// A port closes a turn of the event loop later: messages of that turn wait for it.
const { port1: unheard, port2 } = new MessageChannel();
port2.close();

/**
 * Frees a buffer that nobody will read any more, now and not when the garbage collector finds it: large ones make the
 * collector run every few blocks, and what is freed at once serves the next block while its pages are still mapped. A
 * message that nobody receives does it (`ArrayBuffer.prototype.transfer` came with Node 21).
 */
export function giveBack(buffer: ArrayBuffer): void {
  unheard.postMessage(undefined, [buffer]);
}
