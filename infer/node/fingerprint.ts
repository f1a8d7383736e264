import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import { sha256File } from "../../data/node/hash.ts";
import { AppError, type InputFingerprint } from "../../schemas/index.ts";

/** Files up to this size are hashed whole: half a second. */
const wholeBytes = 256 * 2 ** 20;
const endBytes = 2 ** 20;
const sampleBytes = 64 * 2 ** 10;
const samples = 64;

/**
 * The identity of an input: its name without folder, and the hash of its content up to 256 MiB; of a larger file of
 * its size, its first and last MiB, and 64 evenly spaced pieces of 64 KiB.
 * @throws AppError `no-input` when it cannot be read, `cancelled`
 */
export async function fingerprint(path: string, signal?: AbortSignal): Promise<InputFingerprint> {
  const file = basename(path);
  try {
    const { size: bytes } = await stat(path);
    if (bytes <= wholeBytes) return { file, bytes, sha256: await sha256File(path, { signal }), whole: true };
    return { file, bytes, sha256: await sampledHash(path, bytes), whole: false };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const got = (cause as Error).message;
    throw new AppError("no-input", { what: "the file cannot be read", where: path, got }, { cause });
  }
}

async function sampledHash(path: string, bytes: number): Promise<string> {
  const hash = createHash("sha256").update(String(bytes));
  const spread = Array.from({ length: samples }, (_, i) => ({
    start: Math.floor((i * (bytes - sampleBytes)) / (samples - 1)),
    length: sampleBytes,
  }));
  const ends = [
    { start: 0, length: endBytes },
    { start: bytes - endBytes, length: endBytes },
  ];
  await using file = await open(path, "r");
  for (const { start, length } of [...ends, ...spread]) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
    hash.update(buffer.subarray(0, bytesRead));
  }
  return hash.digest("hex");
}
