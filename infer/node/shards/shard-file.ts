/**
 * The data of a shard: its rows of the output's matrix, then out-of-distribution scores (float32), then counts of
 * missing landmarks (int32), all little-endian.
 * @module
 */
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { writeError } from "../../../data/node/atomic.ts";
import { writeAt } from "../../../data/node/write-at.ts";
import type { ShardMarker } from "../../../schemas/index.ts";
import type { Prediction } from "../../predictor.ts";
import { packRows } from "../../shards/shard-rows.ts";

/** Sizes of a shard. */
export interface ShardShape {
  readonly profiles: number;
  /** Genes of the output. */
  readonly genes: number;
  /** Most profiles of one block. */
  readonly blockRows: number;
}

/** A whole shard on the disk. */
export interface WrittenShard {
  readonly bytes: number;
  readonly sha256: string;
  /** Of Zarr: the objects of its blocks. */
  readonly objects?: NonNullable<ShardMarker["objects"]>;
}

/** A shard in the making, whatever the output's format. */
export interface ShardWriter extends AsyncDisposable {
  /** Writes the next block. @throws AppError `cannot-create`; `bad-data` for values that the storage cannot hold */
  append(prediction: Prediction): Promise<void>;
  /** Writes the columns and waits until all is on the disk. @throws AppError `cannot-create` */
  finish(): Promise<WrittenShard>;
}

/** A shard in the making: appended to block by block, hashed from memory, so that a wrong write is found by the merge. */
export class ShardFile implements ShardWriter {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #hash = createHash("sha256");
  readonly #rows: Float32Array;
  readonly #ood: Float32Array;
  readonly #missing: Int32Array;
  #profiles = 0;
  #bytes = 0;

  private constructor(path: string, handle: FileHandle, { profiles, genes, blockRows }: ShardShape) {
    this.#path = path;
    this.#handle = handle;
    this.#rows = new Float32Array(blockRows * genes);
    this.#ood = new Float32Array(profiles);
    this.#missing = new Int32Array(profiles);
  }

  /** Creates the file, which must not exist. @throws AppError `cannot-create` */
  static async create(path: string, shape: ShardShape): Promise<ShardFile> {
    try {
      return new ShardFile(path, await open(path, "wx"), shape);
    } catch (error) {
      throw writeError(error, path);
    }
  }

  async append(prediction: Prediction): Promise<void> {
    this.#ood.set(prediction.ood, this.#profiles);
    this.#missing.set(prediction.missing, this.#profiles);
    this.#profiles += prediction.rows;
    await this.#write(packRows(prediction, this.#rows));
  }

  async finish(): Promise<WrittenShard> {
    if (this.#profiles !== this.#ood.length)
      throw new RangeError(`${this.#profiles} profiles in a shard of ${this.#ood.length}`);
    await this.#write(this.#ood);
    await this.#write(this.#missing);
    try {
      await this.#handle.sync();
    } catch (error) {
      throw writeError(error, this.#path);
    }
    return { bytes: this.#bytes, sha256: this.#hash.digest("hex") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  async #write({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Promise<void> {
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    this.#hash.update(bytes);
    try {
      await writeAt(this.#handle, [bytes], this.#bytes);
    } catch (error) {
      throw writeError(error, this.#path);
    }
    this.#bytes += byteLength;
  }
}
