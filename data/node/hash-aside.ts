import { Worker } from "node:worker_threads";
import { AppError } from "../../schemas/index.ts";
import { sha256File } from "./hash.ts";

/** A thread takes as long to start as hashing so much. */
const worthAThread = 2 ** 25;

/**
 * sha256 of a file of so many bytes, in hex, hashed beside what this thread does where it is large.
 * @throws AppError as {@link sha256File}
 */
export async function sha256Aside(
  path: string,
  { bytes, signal }: { readonly bytes: number; readonly signal?: AbortSignal | undefined },
): Promise<string> {
  if (bytes < worthAThread) return await sha256File(path, { signal });
  if (signal?.aborted) throw stopped(path);
  // Without the parent's flags: `--input-type` or `--eval` would keep a thread from starting.
  const thread = new Worker(new URL(import.meta.resolve("#hash-thread")), { execArgv: [], workerData: path });
  const stop = (): void => void thread.terminate();
  signal?.addEventListener("abort", stop);
  try {
    return await new Promise<string>((resolve, reject) => {
      thread.once("message", resolve);
      thread.once("error", reject);
      thread.once("exit", (status) => reject(new Error(`the thread that read it ended with status ${status}`)));
    });
  } catch (cause) {
    if (signal?.aborted) throw stopped(path);
    const got = (cause as Error).message;
    throw new AppError("no-input", { what: "the file cannot be read", where: path, got }, { cause });
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

const stopped = (path: string): AppError => new AppError("cancelled", { what: "stopped while reading", where: path });
