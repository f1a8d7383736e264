/**
 * The bytes of a text file, unpacked where it is gzipped.
 * @module
 */
import { AppError, isAppError } from "../../schemas/index.ts";
import type { ByteSource } from "../source.ts";

/** A text file to read. */
export interface TextFile {
  readonly source: ByteSource;
  /** Its bytes are gzipped. */
  readonly gzip: boolean;
  /** What was noticed before it was opened. */
  readonly warnings: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * The text's bytes in pieces; leaving the loop early stops reading and closes the file.
 * @throws AppError `bad-data` when the gzip stream is damaged or cut short
 */
export async function* textBytes({
  source,
  gzip,
}: Pick<TextFile, "source" | "gzip">): AsyncGenerator<Uint8Array, void, undefined> {
  if (!gzip) {
    yield* source.stream();
    return;
  }
  const { readable, writable } = new DecompressionStream("gzip");
  const reader = readable.getReader();
  const feeding = feed(source, writable.getWriter());
  try {
    for (let piece = await reader.read(); piece.value; piece = await reader.read()) yield piece.value;
  } catch (error) {
    throw gzipFault(source.label, (await feeding) ?? error);
  } finally {
    // After an error or the end these have nothing to do; after an early exit they let go of the file.
    await reader.cancel().catch(() => undefined);
    await feeding;
  }
}

/** Packed bytes given to the unpacker at a time: they become a few hundred KB of text. */
const feedBytes = 2 ** 16;

/**
 * Writes a file's bytes to the unpacker, each piece when the one before is used. (`pipeThrough` would not wait: Node
 * counts the pieces that queue in the stream, not their bytes, and lets 16,384 of them.) What goes wrong also ends the
 * reading side; it is returned, for rejecting would go unheard while the reader is busy elsewhere.
 */
async function feed(source: ByteSource, unpacker: WritableStreamDefaultWriter<BufferSource>): Promise<unknown> {
  // A damaged stream also rejects this promise, which nobody else waits for.
  unpacker.closed.catch(() => undefined);
  try {
    for await (const piece of source.stream()) {
      // Copies: the unpacker may keep them while the source reuses its buffer.
      for (let start = 0; start < piece.length; start += feedBytes) {
        await unpacker.write(new Uint8Array(piece.subarray(start, start + feedBytes)));
      }
    }
    await unpacker.close();
    return undefined;
  } catch (error) {
    await unpacker.abort(error).catch(() => undefined);
    return error;
  }
}

function gzipFault(label: string, error: unknown): AppError {
  if (isAppError(error)) return error;
  return new AppError(
    "bad-data",
    {
      what: "the gzip stream is damaged or cut short",
      where: label,
      ...(error instanceof Error && { got: error.message }),
      advice: "Copy or download the file again",
    },
    { cause: error },
  );
}
