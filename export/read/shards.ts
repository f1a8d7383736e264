import { closeSync, openSync, readSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { AppError } from "../../schemas/index.ts";
import { itemBytesOf } from "./dequantise.ts";
import { isGzip } from "./gzip.ts";
import type { WeightGroup } from "./model-json.ts";

/** A weight file, open for reading anywhere. */
export interface Shard {
  readonly path: string;
  /** Its length, unpacked. */
  readonly bytes: number;
  /** Fills the caller's array from byte `position` on. @throws AppError `bad-model` when the file ends before. */
  readonly read: (position: number, into: Uint8Array) => void;
}

/** Reads beyond 2 GiB are refused by Node; one piece stays well below. */
const pieceBytes = 2 ** 30;

function unreadable(path: string, cause: unknown): AppError {
  return new AppError(
    "bad-model",
    {
      what: "a weight file named by model.json cannot be read",
      where: path,
      got: (cause as Error).message,
      advice: "Copy model.json together with all of its weight files",
    },
    { cause },
  );
}

function readExactly(path: string, position: number, into: Uint8Array): void {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    for (let done = 0; done < into.length; ) {
      const read = readSync(file, into, done, Math.min(into.length - done, pieceBytes), position + done);
      if (read === 0) throw new Error(`ends ${into.length - done} bytes early`);
      done += read;
    }
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

async function findShard(path: string): Promise<Shard> {
  try {
    const { size: bytes } = await stat(path);
    return { path, bytes, read: (position, into) => readExactly(path, position, into) };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** A shard that is gzip-ed, unpacked in memory; no more than the group's bytes are unpacked. */
async function unpacked(shard: Shard, most: number): Promise<Shard> {
  const { path } = shard;
  const head = new Uint8Array(Math.min(2, shard.bytes));
  shard.read(0, head);
  if (!isGzip(head)) return shard;
  let content: Uint8Array;
  try {
    content = gunzipSync(await readFile(path), { maxOutputLength: Math.max(1, most) });
  } catch (cause) {
    throw unreadable(path, cause);
  }
  const read = (position: number, into: Uint8Array): void => {
    into.set(content.subarray(position, position + into.length));
  };
  return { path, bytes: content.length, read };
}

const total = (shards: readonly Shard[]): number => shards.reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * The files of a group of weights, which hold its bytes one after the other. Files that are gzip-ed (servers like to
 * store them so) are told by their content, where the lengths are not the ones stated.
 * @throws AppError `bad-model` for a missing file and for another number of bytes than `model.json` states.
 */
export async function openShards(dir: string, { paths, weights }: WeightGroup): Promise<readonly Shard[]> {
  const stored = await Promise.all(paths.map((path) => findShard(join(dir, path))));
  const expected = weights.reduce(
    (sum, entry) => sum + entry.shape.reduce((product, length) => product * length, itemBytesOf(entry)),
    0,
  );
  if (total(stored) === expected) return stored;
  const shards = await Promise.all(stored.map((shard) => unpacked(shard, expected)));
  if (total(shards) === expected) return shards;
  throw new AppError("bad-model", {
    what: "the weight files do not have the length that model.json states",
    where: shards.map(({ path }) => path).join(", ") || dir,
    expected: `${expected} bytes`,
    got: `${total(shards)} bytes`,
    advice: "The files are damaged or belong to another model.json: copy the folder again",
  });
}
