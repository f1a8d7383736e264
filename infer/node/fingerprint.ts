import { createHash } from "node:crypto";
import { open, readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { sha256File } from "../../data/node/hash.ts";
import { AppError, type InputFingerprint } from "../../schemas/index.ts";

/** What is hashed of all inputs together: half a second. A file whose share of it is not enough is sampled. */
const hashedBytes = 256 * 2 ** 20;
const endBytes = 2 ** 20;
const sampleBytes = 64 * 2 ** 10;
/** Of sampled files among many, so much at least: a page for each sample, and for both ends. */
const leastBytes = 66 * 4096;
const samples = 64;

/** The identities of a job's inputs, in order. @throws AppError as {@link fingerprint} */
export async function fingerprints(paths: readonly string[], signal?: AbortSignal): Promise<InputFingerprint[]> {
  const share = Math.max(leastBytes, Math.floor(hashedBytes / paths.length));
  const found: InputFingerprint[] = [];
  for (const path of paths) found.push(await fingerprint(path, { share, signal }));
  return found;
}

/**
 * The identity of an input: its name without folder, and the hash of its content up to `share` bytes; of a larger file,
 * of its size, both ends (1 MiB), and 64 evenly spaced pieces (64 KiB), all of them smaller where the share is.
 * Of a Zarr folder: the names and identities of its files.
 * @throws AppError `no-input` when it cannot be read, `cancelled`
 */
export async function fingerprint(
  path: string,
  { share = hashedBytes, signal }: { readonly share?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<InputFingerprint> {
  const file = basename(resolve(path));
  try {
    const found = await stat(path);
    if (found.isDirectory()) return await folderFingerprint(path, { share, signal });
    const { size: bytes } = found;
    if (bytes <= share) return { file, bytes, sha256: await sha256File(path, { signal }), whole: true };
    return { file, bytes, sha256: await sampledHash(path, bytes, share), whole: false };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const got = (cause as Error).message;
    throw new AppError("no-input", { what: "the file cannot be read", where: path, got }, { cause });
  }
}

async function folderFingerprint(
  path: string,
  { share, signal }: { readonly share: number; readonly signal?: AbortSignal | undefined },
): Promise<InputFingerprint> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  const hash = createHash("sha256");
  const each = Math.max(leastBytes, Math.floor(share / Math.max(1, files.length)));
  let bytes = 0;
  let whole = true;
  for (const file of files) {
    const found = await fingerprint(file, { share: each, signal });
    hash.update(`${file.slice(path.length)} ${found.bytes} ${found.sha256}\n`);
    bytes += found.bytes;
    whole &&= found.whole;
  }
  return { file: basename(resolve(path)), bytes, sha256: hash.digest("hex"), whole };
}

async function sampledHash(path: string, bytes: number, share: number): Promise<string> {
  const hash = createHash("sha256").update(String(bytes));
  const piece = Math.min(sampleBytes, Math.floor(share / (samples + 2)));
  const end = Math.max(piece, Math.min(endBytes, Math.floor((share - samples * piece) / 2)));
  const spread = Array.from({ length: samples }, (_, i) => ({
    start: Math.floor((i * (bytes - piece)) / (samples - 1)),
    length: piece,
  }));
  const ends = [
    { start: 0, length: end },
    { start: bytes - end, length: end },
  ];
  await using file = await open(path, "r");
  for (const { start, length } of [...ends, ...spread]) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
    hash.update(buffer.subarray(0, bytesRead));
  }
  return hash.digest("hex");
}
