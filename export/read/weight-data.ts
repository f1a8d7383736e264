import { AppError } from "../../schemas/index.ts";
import { dequantise, itemBytesOf } from "./dequantise.ts";
import type { WeightEntry, WeightGroup } from "./model-json.ts";
import { openShards, type Shard } from "./shards.ts";

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

/** Elements of a tensor with these dims. */
export function elements(dims: readonly number[]): number {
  return dims.reduce((product, length) => product * length, 1);
}

/** Fills `target` with the group's bytes from `start` on: offsets run across shards. */
function fill(shards: readonly Shard[], start: number, target: Uint8Array): void {
  let shardStart = 0;
  for (const { bytes, read } of shards) {
    const from = Math.max(start, shardStart);
    const to = Math.min(start + target.length, shardStart + bytes);
    if (from < to) read(from - shardStart, target.subarray(from - start, to - start));
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

async function openGroup(dir: string, group: WeightGroup, into: Map<string, Weight>): Promise<void> {
  const shards = await openShards(dir, group);
  let offset = 0;
  for (const entry of group.weights) {
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
