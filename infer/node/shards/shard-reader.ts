import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { AppError } from "../../../schemas/index.ts";
import type { ShardShape } from "./shard-file.ts";

/** Consecutive rows of a shard; `values` is `[rows, genes]` and is overwritten by the next ones. */
export interface ShardRows {
  /** First row, counted in the shard. */
  readonly start: number;
  readonly rows: number;
  readonly values: Float32Array;
}

/** What follows a shard's rows. */
export interface ShardColumns {
  /** Out-of-distribution scores, `[profiles]`. */
  readonly ood: Float32Array;
  /** Landmarks that each profile lacked, `[profiles]`. */
  readonly missing: Int32Array;
  /** Of all bytes of the shard. */
  readonly sha256: string;
}

/** Reads a shard from its first byte to its last, hashing them. */
export class ShardReader implements AsyncDisposable {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #shape: ShardShape;
  readonly #hash = createHash("sha256");
  #at = 0;

  private constructor(path: string, handle: FileHandle, shape: ShardShape) {
    this.#path = path;
    this.#handle = handle;
    this.#shape = shape;
  }

  /** Opens a shard. @throws AppError `no-input` */
  static async open(path: string, shape: ShardShape): Promise<ShardReader> {
    try {
      return new ShardReader(path, await open(path, "r"), shape);
    } catch (error) {
      throw unreadable(error, path);
    }
  }

  /** All rows in order, a block at a time. @throws AppError `no-input` */
  async *rows(): AsyncGenerator<ShardRows> {
    const { profiles, genes, blockRows } = this.#shape;
    const buffer = new Float32Array(Math.min(blockRows, profiles) * genes);
    for (let start = 0; start < profiles; start += blockRows) {
      const rows = Math.min(blockRows, profiles - start);
      const values = buffer.subarray(0, rows * genes);
      await this.#read(values);
      yield { start, rows, values };
    }
  }

  /** The columns, after all rows; they belong to the caller. @throws AppError `no-input` */
  async columns(): Promise<ShardColumns> {
    const ood = new Float32Array(this.#shape.profiles);
    const missing = new Int32Array(this.#shape.profiles);
    await this.#read(ood);
    await this.#read(missing);
    return { ood, missing, sha256: this.#hash.digest("hex") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  async #read({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Promise<void> {
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    try {
      for (let read = 0; read < byteLength; ) {
        const { bytesRead } = await this.#handle.read(bytes, read, byteLength - read, this.#at + read);
        if (bytesRead === 0) throw new Error(`the file ends after ${this.#at + read} bytes`);
        read += bytesRead;
      }
    } catch (error) {
      throw unreadable(error, this.#path);
    }
    this.#hash.update(bytes);
    this.#at += byteLength;
  }
}

function unreadable(error: unknown, where: string): AppError {
  const got = (error as Error).message;
  return new AppError("no-input", { what: "the shard cannot be read", where, got }, { cause: error });
}
