/**
 * From committed shards to an output that is whole, every byte hashed on its way.
 * @module
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError, type ShardMarker } from "../../../schemas/index.ts";
import { formatArraySpec } from "../../shards/array-spec.ts";
import { shardBlocks } from "../../shards/shard-grid.ts";
import { type BlockFacts, Journal } from "../journal.ts";
import { type BlockTotals, factsOf } from "../write-blocks.ts";
import { CopiedRows } from "./copied-rows.ts";
import { discardMarker, type PlannedRun } from "./marker.ts";
import { PlacedObjects } from "./placed-objects.ts";
import { columnsOf, type JoinedOutput, type ShardJoin, stopped } from "./shard-join.ts";

/**
 * Joins what the unfinished output lacks, and journals it a shard at a time: after a crash the joining goes on.
 * @throws AppError `try-again` when shards are not what their attempts had computed: these are no longer committed;
 *   `cannot-create`, `no-input`, `cancelled`
 */
export async function joinShards(joined: ShardJoin): Promise<BlockTotals> {
  const { job, of, markers, signal, onProgress } = joined;
  const { plan, files } = job;
  await using output = await openJoined(joined);
  await using journal = await Journal.open(files.journal, plan.hash, "a");
  const finished = new Map<number, BlockFacts>(output.finished);
  const limits = { landmarks: of.plan.genes.landmarks, maxMissing: plan.options.maxMissing };
  const damaged: number[] = [];
  let computed = 0;
  for (const marker of markers) {
    const blocks = shardBlocks(marker, plan).filter((block) => !finished.has(block));
    if (blocks.length > 0) {
      if (signal?.aborted === true) throw stopped(joined, marker);
      const columns = await output.take(marker, new Set(blocks));
      if (columns === undefined) {
        damaged.push(marker.shard);
        await discard(of, marker);
      } else {
        const facts = blocks.map((block) => {
          const part = columnsOf(columns, { block, marker, blockRows: plan.blockRows });
          computed += part.ood.length;
          return { block, ...factsOf(part, limits) };
        });
        await journal.append(facts);
        for (const { block, ...rest } of facts) finished.set(block, rest);
      }
    }
    onProgress?.({ phase: "merge", done: marker.end, total: plan.samples, unit: "profiles" });
  }
  if (damaged.length === 0) return { computed, finished };
  throw new AppError("try-again", {
    what: `${damaged.length} of ${markers.length} shards are damaged, and have to be computed again`,
    where: of.run.folder,
    got: `other bytes than were computed in ${formatArraySpec(damaged)}`,
    advice: "Run the missing shards, then merge again: what is sound is merged already",
  });
}

async function openJoined(joined: ShardJoin): Promise<JoinedOutput> {
  const { layout } = joined.job;
  return layout.format === "zarr"
    ? await PlacedObjects.open(joined, layout.zarr)
    : await CopiedRows.open(joined, layout.rows);
}

/** Gives up a commit, unless the shard has been committed anew. */
async function discard({ run }: PlannedRun, { shard, file }: ShardMarker): Promise<void> {
  await discardMarker(run, shard, async (marker) => marker === undefined || marker.file === file);
  await rm(join(run.shards, file), { force: true });
}
