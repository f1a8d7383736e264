/**
 * Blocks of rows out of an HDF5 matrix, every chunk read once.
 * @module
 */
import type { Block, BlockRange } from "../source.ts";
import { betweenBlocks } from "./between-blocks.ts";
import { type BlockGrid, blockBytesLimit, blockGrid } from "./block-grid.ts";
import type { Hdf5Dataset } from "./hdf5.ts";
import { clearMissing } from "./missing.ts";

/**
 * Blocks of `range` of a number matrix `[samples, genes]`. HDF5 keeps no chunk between two reads, so slabs that end
 * where chunks end are read and cut into blocks; memory is one slab and one block, each ≤ 64 MiB of float32. (A matrix
 * whose chunks span more rows than that is inflated repeatedly: slow, but bounded.)
 */
export async function* hdf5Blocks(
  matrix: Hdf5Dataset,
  { label, range }: { readonly label: string; readonly range: BlockRange },
): AsyncGenerator<Block, void, undefined> {
  const [samples = 0, genes = 0] = matrix.shape;
  const grid = blockGrid(range, { samples, genes });
  const turn = betweenBlocks(range.signal, label);
  const slabs = new Slabs(matrix, grid);
  for (let start = grid.start; start < grid.end; start += grid.blockRows) {
    await turn();
    const end = Math.min(grid.end, start + grid.blockRows);
    yield { start, rows: end - start, values: slabs.take(start, end) };
  }
}

/** Rows taken in order, each once. */
class Slabs {
  readonly #matrix: Hdf5Dataset;
  readonly #genes: number;
  readonly #end: number;
  readonly #chunkRows: number;
  readonly #slabRows: number;
  #slab: Float32Array = new Float32Array(0);
  #slabStart: number;
  #slabEnd: number;

  constructor(matrix: Hdf5Dataset, { start, end, blockRows }: BlockGrid) {
    this.#matrix = matrix;
    this.#genes = matrix.shape[1] ?? 0;
    this.#end = end;
    this.#chunkRows = matrix.chunk?.[0] ?? 1;
    this.#slabRows = slabRows(blockRows, { chunkRows: this.#chunkRows, genes: this.#genes });
    this.#slabStart = start;
    this.#slabEnd = start;
  }

  /** The rows `[start, end)`, which begin where the last ones ended; the caller owns them. */
  take(start: number, end: number): Float32Array {
    if (start === this.#slabEnd) this.#load();
    if (start === this.#slabStart && end === this.#slabEnd) return this.#release();
    const rows = new Float32Array((end - start) * this.#genes);
    for (let row = start; row < end; ) {
      if (row === this.#slabEnd) this.#load();
      const last = Math.min(end, this.#slabEnd);
      const part = this.#slab.subarray((row - this.#slabStart) * this.#genes, (last - this.#slabStart) * this.#genes);
      rows.set(part, (row - start) * this.#genes);
      row = last;
    }
    return rows;
  }

  /** The whole slab, which from now on belongs to the caller. */
  #release(): Float32Array {
    const slab = this.#slab;
    this.#slab = new Float32Array(0);
    this.#slabStart = this.#slabEnd;
    return slab;
  }

  #load(): void {
    const start = this.#slabEnd;
    const full = start + this.#slabRows;
    // A range may begin inside a chunk; from its first slab on, slabs end where chunks do, if they reach that far.
    const whole = full - (full % this.#chunkRows);
    const end = Math.min(this.#end, whole > start ? whole : full);
    this.#slab = this.#matrix.rows(start, end);
    clearMissing(this.#slab);
    this.#slabStart = start;
    this.#slabEnd = end;
  }
}

/** Rows a read: a block's, rounded up to whole chunks, but at most 64 MiB. */
function slabRows(blockRows: number, { chunkRows, genes }: { chunkRows: number; genes: number }): number {
  const wanted = Math.ceil(blockRows / chunkRows) * chunkRows;
  const inLimit = Math.max(1, Math.floor(blockBytesLimit / (4 * Math.max(1, genes))));
  if (wanted <= inLimit) return wanted;
  return inLimit >= chunkRows ? inLimit - (inLimit % chunkRows) : inLimit;
}
