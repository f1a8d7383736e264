import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { AppError } from "../../schemas/errors.ts";

/** sha256 of bytes or of a text's UTF-8, in hex. */
export function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** What to tell while a file is read. */
export interface HashOptions {
  /** Called after every piece with the bytes read so far. */
  readonly onBytes?: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * sha256 of a file's content, in hex; memory does not depend on its size.
 * @throws AppError `no-input` when the file cannot be read, `cancelled` when `signal` is aborted.
 */
export async function sha256File(path: string, { onBytes, signal }: HashOptions = {}): Promise<string> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    const pieces: AsyncIterable<Uint8Array> = createReadStream(path, { highWaterMark: 1 << 20 });
    for await (const piece of pieces) {
      signal?.throwIfAborted();
      hash.update(piece);
      bytes += piece.byteLength;
      onBytes?.(bytes);
    }
  } catch (cause) {
    if (signal?.aborted === true) throw new AppError("cancelled", { what: "stopped while reading", where: path });
    const got = (cause as Error).message;
    throw new AppError("no-input", { what: "the file cannot be read", where: path, got }, { cause });
  }
  return hash.digest("hex");
}
