import { join } from "node:path";
import { RowFile } from "../../../data/node/row-file.ts";
import type { RowLayout } from "../../../data/write/row-layout.ts";
import type { ShardMarker } from "../../../schemas/index.ts";
import type { FinishedBlocks } from "../journal.ts";
import { columnsOf, type JoinedOutput, type ShardJoin, stopped } from "./shard-join.ts";
import { type ShardColumns, ShardReader } from "./shard-reader.ts";

/** An output in one file, into which the rows of shards are copied. */
export class CopiedRows implements JoinedOutput {
  readonly finished: FinishedBlocks;
  readonly #joined: ShardJoin;
  readonly #file: RowFile;

  private constructor(joined: ShardJoin, file: RowFile) {
    this.finished = joined.finished;
    this.#joined = joined;
    this.#file = file;
  }

  /** Opens the unfinished output. @throws AppError `cannot-create`, `other-plan` */
  static async open(joined: ShardJoin, layout: RowLayout): Promise<CopiedRows> {
    return new CopiedRows(joined, await RowFile.reopen(joined.job.files.partial, layout));
  }

  async take(marker: ShardMarker, blocks: ReadonlySet<number>): Promise<ShardColumns | undefined> {
    const { of, job, signal } = this.#joined;
    const { blockRows, rows: genes } = job.plan;
    const profiles = marker.end - marker.start;
    await using reader = await ShardReader.open(join(of.run.shards, marker.file), { profiles, genes, blockRows });
    for await (const { start, rows, values } of reader.rows()) {
      if (signal?.aborted === true) throw stopped(this.#joined, marker);
      if (blocks.has((marker.start + start) / blockRows))
        await this.#file.writeRows(marker.start + start, [{ values, columns: genes }], rows);
    }
    const columns = await reader.columns();
    if (columns.sha256 !== marker.sha256) return undefined;
    for (const block of blocks) {
      const { ood, missing } = columnsOf(columns, { block, marker, blockRows });
      await this.#file.writeColumn("lf_ood", block * blockRows, ood);
      await this.#file.writeColumn("lf_missing_landmarks", block * blockRows, missing);
    }
    await this.#file.sync();
    return columns;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}
