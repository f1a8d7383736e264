/**
 * How an inference is cut into shards: whole blocks of its plan, so that a shard's bytes are those of a single run.
 * @module
 */
import type { InferPlan } from "../../schemas/index.ts";
import { blockCount } from "../plan.ts";

/** What the grid of shards depends on. */
export type SampleGrid = Pick<InferPlan, "samples" | "blockRows">;

/** Below this a task's start-up (seconds) would be a large part of its work. */
const leastShardBytes = 128 * 2 ** 20;

/** Slurm's arrays end at index 1000 unless a site raises `MaxArraySize` (slurm.conf(5), 1001 by default). */
const mostShards = 1000;

/** Profiles a shard: as many as asked for, rounded up to whole blocks; by default 128 MiB, or more for ≤ 1000 shards. */
export function shardRowsOf(plan: SampleGrid & Pick<InferPlan, "rows">, wanted?: number): number {
  const { blockRows, rows } = plan;
  const blocks =
    wanted === undefined
      ? Math.max(Math.ceil(leastShardBytes / (4 * rows * blockRows)), Math.ceil(blockCount(plan) / mostShards))
      : Math.ceil(wanted / blockRows);
  return Math.min(blocks, blockCount(plan)) * blockRows;
}

/** Shards of a plan. */
export function shardCount(samples: number, shardRows: number): number {
  return Math.ceil(samples / shardRows);
}

/** Profiles `[start, end)` of a shard. */
export interface ShardRange {
  readonly start: number;
  readonly end: number;
}

/** The profiles of one shard. */
export function shardRange(
  { samples, shardRows }: { readonly samples: number; readonly shardRows: number },
  shard: number,
): ShardRange {
  return { start: shard * shardRows, end: Math.min(samples, (shard + 1) * shardRows) };
}

/** Whether a block of the plan belongs to a shard. */
export function isInShard({ start, end }: ShardRange, block: number, { blockRows }: SampleGrid): boolean {
  return block * blockRows >= start && block * blockRows < end;
}

/** The blocks of a shard, ascending. */
export function shardBlocks({ start, end }: ShardRange, { blockRows }: Pick<SampleGrid, "blockRows">): number[] {
  return Array.from({ length: Math.ceil((end - start) / blockRows) }, (_, i) => start / blockRows + i);
}

/** Bytes of a shard's file: its rows of the matrix, then the out-of-distribution scores, then the missing counts. */
export function shardBytes(profiles: number, genes: number, valueBytes = 4): number {
  return profiles * (valueBytes * genes + 8);
}
