import { join } from "node:path";
import { sha256File } from "../../../data/node/hash.ts";
import type { ColumnValues } from "../../../data/node/profile-writer.ts";
import { shardPath, ZarrFolder } from "../../../data/node/zarr-folder.ts";
import type { ZarrLayout } from "../../../data/write/zarr-layout.ts";
import { isAppError, type ShardMarker } from "../../../schemas/index.ts";
import type { FinishedBlocks } from "../journal.ts";
import { columnsOf, type JoinedOutput, type ShardJoin, stopped } from "./shard-join.ts";
import { placeObjects } from "./shard-objects.ts";
import { type ShardColumns, ShardReader } from "./shard-reader.ts";

/** A Zarr output, in which the objects of shards are already: they are read against their sha256, columns are written. */
export class PlacedObjects implements JoinedOutput {
  /** None: objects may have been placed since a block was journaled, and nobody has read those. */
  readonly finished: FinishedBlocks = new Map();
  readonly #joined: ShardJoin;
  readonly #folder: ZarrFolder;

  private constructor(joined: ShardJoin, folder: ZarrFolder) {
    this.#joined = joined;
    this.#folder = folder;
  }

  /** Opens the unfinished output. @throws AppError `cannot-create`, `other-plan` */
  static async open(joined: ShardJoin, layout: ZarrLayout): Promise<PlacedObjects> {
    return new PlacedObjects(joined, await ZarrFolder.reopen(joined.job.files.partial, layout));
  }

  async take(marker: ShardMarker, blocks: ReadonlySet<number>): Promise<ShardColumns | undefined> {
    const { of, job, signal } = this.#joined;
    const { blockRows } = job.plan;
    await placeObjects(of, marker);
    for (const { block, sha256 } of marker.objects ?? []) {
      if (signal?.aborted === true) throw stopped(this.#joined, marker);
      if (blocks.has(block) && (await this.#hashOf(block)) !== sha256) return undefined;
    }
    const shape = { profiles: marker.end - marker.start, genes: 0, blockRows };
    await using reader = await ShardReader.open(join(of.run.shards, marker.file), shape);
    const columns = await reader.columns();
    if (columns.sha256 !== marker.sha256) return undefined;
    for (const block of blocks) {
      const { ood, missing } = columnsOf(columns, { block, marker, blockRows });
      const written = new Map<string, ColumnValues>([
        ["lf_ood", ood],
        ["lf_missing_landmarks", missing],
      ]);
      await this.#folder.writeColumns(block * blockRows, written);
    }
    return columns;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }

  /** Of an object in its place; undefined when it is gone, or cannot be read: it is computed again then. */
  async #hashOf(block: number): Promise<string | undefined> {
    try {
      return await sha256File(shardPath(this.#joined.job.files.partial, block));
    } catch (error) {
      if (isAppError(error, "no-input")) return undefined;
      throw error;
    }
  }
}
