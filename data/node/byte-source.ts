/**
 * Bytes of a file on disk.
 * @module
 */
import { type FileHandle, open, stat } from "node:fs/promises";
import { basename } from "node:path";
import { AppError } from "../../schemas/index.ts";
import type { ByteSource } from "../source.ts";

const pieceBytes = 2 ** 20;

/**
 * A file as a {@link ByteSource}; it is opened for each slice and stream, so nothing needs closing.
 * @throws AppError `no-input` when there is no such file, it is a directory, or it may not be read
 */
export async function fileSource(path: string): Promise<ByteSource> {
  const found = await stat(path).catch((error: unknown) => noInput(path, error));
  if (!found.isFile()) {
    throw new AppError("no-input", {
      what: found.isDirectory() ? "this is a directory" : "this is no regular file",
      where: path,
      expected: "a file",
      advice: "Give the path of an expression file",
    });
  }
  return {
    label: basename(path),
    bytes: found.size,
    async slice(start, end) {
      const file = await openToRead(path);
      try {
        return await readUpTo(file, { start, bytes: Math.max(0, Math.min(end, found.size) - start) });
      } finally {
        await file.close();
      }
    },
    async *stream() {
      const file = await openToRead(path);
      try {
        for (let start = 0; ; start += pieceBytes) {
          const piece = await readUpTo(file, { start, bytes: pieceBytes });
          if (piece.length > 0) yield piece;
          if (piece.length < pieceBytes) return;
        }
      } finally {
        await file.close();
      }
    },
  };
}

async function openToRead(path: string): Promise<FileHandle> {
  return open(path, "r").catch((error: unknown) => noInput(path, error));
}

/** Reads until `bytes` are there or the file ends: one read may return less (pipes, network file systems). */
async function readUpTo(
  file: FileHandle,
  { start, bytes }: { readonly start: number; readonly bytes: number },
): Promise<Uint8Array> {
  const buffer = new Uint8Array(bytes);
  let length = 0;
  while (length < bytes) {
    const { bytesRead } = await file.read(buffer, length, bytes - length, start + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

function noInput(path: string, error: unknown): never {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  throw new AppError(
    "no-input",
    {
      what: code === "ENOENT" ? "there is no such file" : "the file cannot be opened",
      where: path,
      ...(error instanceof Error && code !== "ENOENT" && { got: error.message }),
      advice: "Check the path and the permissions",
    },
    { cause: error },
  );
}
