import { fileURLToPath, pathToFileURL } from "node:url";

const preload = pathToFileURL(fileURLToPath(new URL("signal-at-change.mjs", import.meta.url))).href;

/** When a process signals itself. */
export interface FileChange {
  /** As the process names it when it renames something to it, or opens it to write. */
  readonly path: string;
  readonly signal: NodeJS.Signals;
  /** After so many changes of the file by one thread. */
  readonly times?: number;
}

/**
 * The environment of a process that sends itself a signal when a file has changed: a test that watches the file from
 * outside instead depends on which of the two processes the machine runs first.
 */
export function signalAtChange({ path, signal, times = 1 }: FileChange): NodeJS.ProcessEnv {
  const change = JSON.stringify({ path, signal, times });
  return { ...process.env, NODE_OPTIONS: `--import=${preload}`, LANDFALL_TEST_CHANGE: change };
}
