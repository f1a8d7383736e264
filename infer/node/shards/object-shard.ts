/**
 * A shard of a Zarr output: an object a block, which is already what the output will have, and beside them a file of the
 * columns (scores, then counts of missing landmarks) that the merge writes.
 * @module
 */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { writeError } from "../../../data/node/atomic.ts";
import { writeAt } from "../../../data/node/write-at.ts";
import { shardObject } from "../../../data/node/zarr-folder.ts";
import type { ZarrLayout } from "../../../data/write/zarr-layout.ts";
import type { Prediction } from "../../predictor.ts";
import type { ShardRange } from "../../shards/shard-grid.ts";
import { ShardFile, type ShardWriter, type WrittenShard } from "./shard-file.ts";
import { objectBeside } from "./shard-objects.ts";

const none = new Float32Array(0);

/** A shard in the making: each block an object beside `path`, synced and hashed from memory; `path` has the columns. */
export class ObjectShard implements ShardWriter {
  readonly #path: string;
  readonly #layout: ZarrLayout;
  readonly #columns: ShardFile;
  readonly #objects: NonNullable<WrittenShard["objects"]>[number][] = [];
  #at: number;

  private constructor(path: string, { layout, columns, start }: ObjectShardParts) {
    this.#path = path;
    this.#layout = layout;
    this.#columns = columns;
    this.#at = start;
  }

  /** Creates the file of columns, which must not exist. @throws AppError `cannot-create` */
  static async create(path: string, layout: ZarrLayout, { start, end }: ShardRange): Promise<ObjectShard> {
    const shape = { profiles: end - start, genes: 0, blockRows: layout.shardRows };
    return new ObjectShard(path, { layout, columns: await ShardFile.create(path, shape), start });
  }

  async append(prediction: Prediction): Promise<void> {
    const { rows, measured, further, targets } = prediction;
    const parts = [measured, further, targets].map((values) => ({ values, columns: values.length / rows }));
    const views = shardObject(this.#layout, { start: this.#at, rows, parts });
    const block = this.#at / this.#layout.shardRows;
    const hash = createHash("sha256");
    for (const view of views) hash.update(view);
    try {
      await using file = await open(objectBeside(this.#path, block), "wx");
      await writeAt(file, views, 0);
      await file.sync();
    } catch (error) {
      throw writeError(error, this.#path);
    }
    const bytes = views.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.#objects.push({ block, bytes, sha256: hash.digest("hex") });
    this.#at += rows;
    await this.#columns.append({ ...prediction, measured: none, further: none, targets: none });
  }

  async finish(): Promise<WrittenShard> {
    return { ...(await this.#columns.finish()), objects: this.#objects };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#columns[Symbol.asyncDispose]();
  }
}

interface ObjectShardParts {
  readonly layout: ZarrLayout;
  readonly columns: ShardFile;
  /** First profile of the shard. */
  readonly start: number;
}
