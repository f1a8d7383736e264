/**
 * Rows of a Zarr matrix whose chunks, or inner chunks of shards (ZEP 2), are whole rows.
 * @module
 */
import { AppError } from "../../schemas/index.ts";
import { crc32c } from "../crc32c.ts";
import type { Block, BlockRange } from "../source.ts";
import { betweenBlocks } from "./between-blocks.ts";
import { blockGrid } from "./block-grid.ts";
import { clearMissing } from "./missing.ts";
import { cellBytes, readNumbers } from "./number-cells.ts";
import type { ZarrArray } from "./zarr-array.ts";
import type { ZarrStore } from "./zarr-store.ts";

/** Where an inner chunk lies in its object; undefined where it was never written. */
type ChunkPlace = { readonly offset: number; readonly bytes: number } | undefined;

/** @throws AppError `bad-data` for chunks that are not whole rows */
export function requireWholeRows({ label }: ZarrStore, { path, shape, chunkShape, sharding, type }: ZarrArray): void {
  const [, genes = 0] = shape;
  const shapes = [chunkShape, ...(sharding === undefined ? [] : [sharding.chunkShape])];
  const [outer = 0, inner = outer] = shapes.map(([rows = 0]) => rows);
  if (type !== "string" && shape.length === 2 && outer % inner === 0 && shapes.every(([, width]) => width === genes))
    return;
  throw new AppError("bad-data", {
    what: "the matrix is not stored in whole rows of numbers",
    where: `${label}, ${path}`,
    expected: `chunks of [rows, ${genes}]`,
    got: shapes.map((one) => `[${one.join(", ")}] of ${type}`).join(" in "),
    advice: "Write it again with chunks of whole rows",
  });
}

/** Blocks of `range`; memory is one block and one shard's index. @throws AppError `bad-data` for a damaged shard */
export async function* zarrBlocks(
  store: ZarrStore,
  matrix: ZarrArray,
  range: BlockRange,
): AsyncGenerator<Block, void, undefined> {
  const [samples = 0, genes = 0] = matrix.shape;
  const grid = blockGrid(range, { samples, genes });
  const turn = betweenBlocks(range.signal, store.label);
  const rows = new ChunkRows(store, matrix);
  for (let start = grid.start; start < grid.end; start += grid.blockRows) {
    await turn();
    const end = Math.min(grid.end, start + grid.blockRows);
    const values = new Float32Array((end - start) * genes);
    await rows.read(start, end, values);
    clearMissing(values);
    yield { start, rows: end - start, values };
  }
}

/** Reads rows; the index of the last shard is kept. */
class ChunkRows {
  readonly #store: ZarrStore;
  readonly #matrix: ZarrArray;
  #shard = -1;
  #places: readonly ChunkPlace[] = [];

  constructor(store: ZarrStore, matrix: ZarrArray) {
    this.#store = store;
    this.#matrix = matrix;
  }

  /** Rows `[start, end)` into `values`. */
  async read(start: number, end: number, values: Float32Array): Promise<void> {
    const { shape, chunkShape, sharding, type, fill } = this.#matrix;
    if (type === "string") throw new Error("checked when the file was opened");
    const [, genes = 0] = shape;
    const [shardRows = 1] = chunkShape;
    const [chunkRows = 1] = sharding?.chunkShape ?? chunkShape;
    const rowBytes = genes * cellBytes[type];
    for (let row = start; row < end; ) {
      const shard = Math.floor(row / shardRows);
      if (shard !== this.#shard) await this.#open(shard, chunkRows * rowBytes);
      const first = Math.floor((row - shard * shardRows) / chunkRows);
      const chunkStart = shard * shardRows + first * chunkRows;
      const last = Math.min(end, chunkStart + chunkRows);
      const into = values.subarray((row - start) * genes, (last - start) * genes);
      const place = this.#places[first];
      if (place === undefined) into.fill(fill);
      else {
        const from = place.offset + (row - chunkStart) * rowBytes;
        const bytes = await this.#store.slice(this.#key(shard), from, from + (last - row) * rowBytes);
        if (bytes?.length !== (last - row) * rowBytes) throw this.#damaged(shard, "an inner chunk behind its end");
        readNumbers(bytes, type, into);
      }
      row = last;
    }
  }

  #key(shard: number): string {
    return this.#matrix.keyOf([shard, 0]);
  }

  async #open(shard: number, chunkBytes: number): Promise<void> {
    const bytes = await this.#store.size(this.#key(shard));
    this.#places = bytes === undefined ? [] : await this.#index(shard, { bytes, chunkBytes });
    this.#shard = shard;
  }

  async #index(shard: number, { bytes, chunkBytes }: { readonly bytes: number; readonly chunkBytes: number }) {
    const { sharding, chunkShape } = this.#matrix;
    if (sharding === undefined) {
      if (bytes < chunkBytes) throw this.#damaged(shard, `${bytes} of ${chunkBytes} bytes`);
      return [{ offset: 0, bytes }];
    }
    const chunks = (chunkShape[0] ?? 0) / (sharding.chunkShape[0] ?? 1);
    const length = 16 * chunks + (sharding.hasChecksum ? 4 : 0);
    const at = sharding.indexAt === "end" ? bytes - length : 0;
    const index = at < 0 ? undefined : await this.#store.slice(this.#key(shard), at, at + length);
    if (index?.length !== length) throw this.#damaged(shard, "no whole index");
    const view = new DataView(index.buffer, index.byteOffset, index.byteLength);
    if (sharding.hasChecksum && view.getUint32(16 * chunks, true) !== crc32c(index.subarray(0, 16 * chunks)))
      throw this.#damaged(shard, "an index with a wrong checksum");
    return Array.from({ length: chunks }, (_, chunk): ChunkPlace => {
      const offset = view.getBigUint64(16 * chunk, true);
      const own = Number(view.getBigUint64(16 * chunk + 8, true));
      if (offset === 2n ** 64n - 1n) return undefined;
      if (own < chunkBytes || Number(offset) + own > bytes)
        throw this.#damaged(shard, `an inner chunk of ${own} bytes`);
      return { offset: Number(offset), bytes: own };
    });
  }

  #damaged(shard: number, got: string): AppError {
    const where = `${this.#store.label}, ${this.#key(shard)}`;
    return new AppError("bad-data", { what: "the shard is damaged or cut short", where, got, advice: "Copy it again" });
  }
}
