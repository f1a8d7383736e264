/**
 * What joining shards to an output is, whatever the output's format.
 * @module
 */
import { AppError, type OnProgress, type ShardMarker } from "../../../schemas/index.ts";
import type { OutputJob } from "../job.ts";
import type { FinishedBlocks } from "../journal.ts";
import type { PlannedRun } from "./marker.ts";
import type { ShardColumns } from "./shard-reader.ts";

/** What to join, and where it goes. */
export interface ShardJoin {
  readonly of: PlannedRun;
  /** All of the run's, ascending. */
  readonly markers: readonly ShardMarker[];
  readonly job: OutputJob;
  /** Blocks that the unfinished output has already. */
  readonly finished: FinishedBlocks;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** How shards get into an output of some format. */
export interface JoinedOutput extends AsyncDisposable {
  /** Blocks that need not be taken. */
  readonly finished: FinishedBlocks;
  /**
   * Brings the blocks of a shard into the output, on the disk; no other block is touched.
   * @returns the shard's columns, or undefined when its bytes are not what was computed (no block then counts)
   * @throws AppError `cannot-create`, `no-input`, `cancelled`
   */
  take(marker: ShardMarker, blocks: ReadonlySet<number>): Promise<Pick<ShardColumns, "ood" | "missing"> | undefined>;
}

/** A block of a shard. */
export interface BlockOfShard {
  readonly block: number;
  readonly marker: ShardMarker;
  readonly blockRows: number;
}

/** The part of a shard's columns that belongs to one of its blocks; views. */
export function columnsOf(
  { ood, missing }: Pick<ShardColumns, "ood" | "missing">,
  { block, marker, blockRows }: BlockOfShard,
): Pick<ShardColumns, "ood" | "missing"> {
  const start = block * blockRows - marker.start;
  return { ood: ood.subarray(start, start + blockRows), missing: missing.subarray(start, start + blockRows) };
}

/** Says of a merge that was stopped where it goes on. */
export function stopped({ job }: Pick<ShardJoin, "job">, { start }: ShardMarker): AppError {
  const what = `stopped after ${start} of ${job.plan.samples} profiles`;
  return new AppError("cancelled", { what, where: job.files.output, advice: "The same command goes on from there" });
}
