/**
 * From committed shards into the unfinished output, every byte hashed on its way.
 * @module
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { RowFile } from "../../../data/node/row-file.ts";
import { AppError, type OnProgress, type ShardMarker } from "../../../schemas/index.ts";
import { formatArraySpec } from "../../shards/array-spec.ts";
import type { OutputJob } from "../job.ts";
import { type BlockFacts, type FinishedBlocks, Journal, type JournalEntry } from "../journal.ts";
import { type BlockTotals, factsOf } from "../write-blocks.ts";
import { discardMarker, type PlannedRun } from "./marker.ts";
import { type ShardColumns, ShardReader } from "./shard-reader.ts";

/** What to copy, and where it goes. */
export interface ShardCopy {
  readonly of: PlannedRun;
  /** All of the run's, ascending. */
  readonly markers: readonly ShardMarker[];
  readonly job: OutputJob;
  /** Blocks that the unfinished output has already. */
  readonly finished: FinishedBlocks;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Copies what the unfinished output lacks, and journals it a shard at a time: after a crash the copying goes on.
 * @throws AppError `try-again` when shards are not what their attempts had computed: these are no longer committed;
 *   `cannot-create`, `no-input`, `cancelled`
 */
export async function copyShards(copy: ShardCopy): Promise<BlockTotals> {
  const { job, of, markers, onProgress } = copy;
  const { plan, files, layout } = job;
  if (layout.format === "zarr") throw new Error("refused when the run was planned");
  await using file = await RowFile.reopen(files.partial, layout.rows);
  await using journal = await Journal.open(files.journal, plan.hash, "a");
  const finished = new Map<number, BlockFacts>(copy.finished);
  const damaged: number[] = [];
  let copied = 0;
  for (const marker of markers) {
    const blocks = openBlocks(marker, finished, plan.blockRows);
    if (blocks.length > 0) {
      const facts = await copyShard({ copy, file, marker, blocks: new Set(blocks) });
      if (facts === undefined) {
        damaged.push(marker.shard);
        await discard(of, marker);
      } else {
        await file.sync();
        await journal.append(facts);
        for (const { block, rows, ...rest } of facts) {
          finished.set(block, rest);
          copied += rows;
        }
      }
    }
    onProgress?.({ phase: "merge", done: marker.end, total: plan.samples, unit: "profiles" });
  }
  if (damaged.length === 0) return { computed: copied, finished };
  throw new AppError("try-again", {
    what: `${damaged.length} of ${markers.length} shards are damaged, and have to be computed again`,
    where: of.run.folder,
    got: `other bytes than were computed in ${formatArraySpec(damaged)}`,
    advice: "Run the missing shards, then merge again: what is sound is merged already",
  });
}

/** Blocks of a shard that the output lacks. */
function openBlocks({ start, end }: ShardMarker, finished: FinishedBlocks, blockRows: number): number[] {
  const first = start / blockRows;
  const blocks = Array.from({ length: Math.ceil((end - start) / blockRows) }, (_, i) => first + i);
  return blocks.filter((block) => !finished.has(block));
}

interface OneShard {
  readonly copy: ShardCopy;
  readonly file: RowFile;
  readonly marker: ShardMarker;
  /** Those to write; a block that is journaled is never written again. */
  readonly blocks: ReadonlySet<number>;
}

/** Copies one shard; the facts of its blocks, or undefined when its bytes are wrong (no block then counts). */
async function copyShard(one: OneShard): Promise<(JournalEntry & { readonly rows: number })[] | undefined> {
  const { copy, file, marker, blocks } = one;
  const { of, job, signal } = copy;
  const { blockRows, rows: genes } = job.plan;
  const profiles = marker.end - marker.start;
  await using reader = await ShardReader.open(join(of.run.shards, marker.file), { profiles, genes, blockRows });
  for await (const { start, rows, values } of reader.rows()) {
    if (signal?.aborted === true) throw stopped(one);
    if (blocks.has((marker.start + start) / blockRows))
      await file.writeRows(marker.start + start, [{ values, columns: genes }], rows);
  }
  const columns = await reader.columns();
  return columns.sha256 === marker.sha256 ? await writeColumns(one, columns) : undefined;
}

async function writeColumns(
  { copy, file, marker, blocks }: OneShard,
  { ood, missing }: ShardColumns,
): Promise<(JournalEntry & { readonly rows: number })[]> {
  const { blockRows, options } = copy.job.plan;
  const limits = { landmarks: copy.of.plan.genes.landmarks, maxMissing: options.maxMissing };
  const written: (JournalEntry & { readonly rows: number })[] = [];
  for (const block of blocks) {
    const start = block * blockRows;
    const rows = Math.min(blockRows, marker.end - start);
    const from = start - marker.start;
    const part = { ood: ood.subarray(from, from + rows), missing: missing.subarray(from, from + rows) };
    await file.writeColumn("lf_ood", start, part.ood);
    await file.writeColumn("lf_missing_landmarks", start, part.missing);
    written.push({ block, rows, ...factsOf(part, limits) });
  }
  return written;
}

/** Gives up a commit, unless the shard has been committed anew. */
async function discard({ run }: PlannedRun, { shard, file }: ShardMarker): Promise<void> {
  await discardMarker(run, shard, async (marker) => marker === undefined || marker.file === file);
  await rm(join(run.shards, file), { force: true });
}

function stopped({ copy, marker }: OneShard): AppError {
  const what = `stopped after ${marker.start} of ${copy.job.plan.samples} profiles`;
  const advice = "The same command goes on from there";
  return new AppError("cancelled", { what, where: copy.job.files.output, advice });
}
