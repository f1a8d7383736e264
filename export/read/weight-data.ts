import { closeSync, openSync, readSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../../schemas/index.ts";
import { dequantise, itemBytesOf } from "./dequantise.ts";
import type { WeightEntry, WeightGroup } from "./model-json.ts";

/**
 * A weight of a model, row-major float32. It stays in its file until it is read, and can be read in parts: a large
 * kernel that is to be transposed is never in memory twice.
 */
export interface Weight {
  readonly dims: readonly number[];
  /**
   * Fills the caller's array with the elements from `start` on.
   * @throws AppError `bad-model` when the file cannot be read any more.
   */
  readonly read: (start: number, into: Float32Array) => void;
}

/** All values of a weight in an array of the receiver's own. */
export function valuesOf({ dims, read }: Weight): Float32Array {
  const values = new Float32Array(elements(dims));
  read(0, values);
  return values;
}

/** Reads beyond 2 GiB are refused by Node; one piece stays well below. */
const pieceBytes = 2 ** 30;

interface Shard {
  readonly path: string;
  readonly bytes: number;
}

/** Elements of a tensor with these dims. */
export function elements(dims: readonly number[]): number {
  return dims.reduce((product, length) => product * length, 1);
}

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

async function findShard(path: string): Promise<Shard> {
  try {
    return { path, bytes: (await stat(path)).size };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Fills `target` from byte `position` of one file on. */
function readExactly(path: string, position: number, target: Uint8Array): void {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    for (let done = 0; done < target.length; ) {
      const read = readSync(file, target, done, Math.min(target.length - done, pieceBytes), position + done);
      if (read === 0) throw new Error(`ends ${target.length - done} bytes early`);
      done += read;
    }
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Fills `target` with the group's bytes from `start` on: offsets run across shards. */
function fill(shards: readonly Shard[], start: number, target: Uint8Array): void {
  let shardStart = 0;
  for (const { path, bytes } of shards) {
    const from = Math.max(start, shardStart);
    const to = Math.min(start + target.length, shardStart + bytes);
    if (from < to) readExactly(path, from - shardStart, target.subarray(from - start, to - start));
    shardStart += bytes;
  }
}

function weightAt(shards: readonly Shard[], offset: number, entry: WeightEntry): Weight {
  const itemBytes = itemBytesOf(entry);
  const read = (start: number, into: Float32Array): void => {
    const position = offset + start * itemBytes;
    if (entry.dtype === "float32" && entry.quantization === undefined) {
      // Straight into the caller's array: tfjs writes little-endian, as our hosts are.
      fill(shards, position, new Uint8Array(into.buffer, into.byteOffset, into.byteLength));
      return;
    }
    const stored = new Uint8Array(into.length * itemBytes);
    fill(shards, position, stored);
    dequantise(entry, stored, into);
  };
  return { dims: entry.shape, read };
}

async function openGroup(dir: string, { paths, weights }: WeightGroup, into: Map<string, Weight>): Promise<void> {
  const shards = await Promise.all(paths.map((path) => findShard(join(dir, path))));
  const got = shards.reduce((sum, { bytes }) => sum + bytes, 0);
  const expected = weights.reduce((sum, entry) => sum + itemBytesOf(entry) * elements(entry.shape), 0);
  if (got !== expected)
    throw new AppError("bad-model", {
      what: "the weight files do not have the length that model.json states",
      where: shards.map(({ path }) => path).join(", ") || dir,
      expected: `${expected} bytes`,
      got: `${got} bytes`,
      advice: "The files are damaged or belong to another model.json: copy the folder again",
    });
  let offset = 0;
  for (const entry of weights) {
    if (into.has(entry.name))
      throw new AppError("bad-model", { what: `weight '${entry.name}' is stored twice`, where: dir });
    if (entry.group !== "optimizer") into.set(entry.name, weightAt(shards, offset, entry));
    offset += itemBytesOf(entry) * elements(entry.shape);
  }
}

/**
 * Finds the weights of all groups, by name, without reading them. Optimiser state is left out.
 * @throws AppError `bad-model` for a missing shard, shards of another length, or a weight stored twice.
 */
export async function openWeights(dir: string, groups: readonly WeightGroup[]): Promise<Map<string, Weight>> {
  const weights = new Map<string, Weight>();
  for (const group of groups) await openGroup(dir, group, weights);
  return weights;
}
