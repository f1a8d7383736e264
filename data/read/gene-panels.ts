/**
 * A gene-major matrix in memory, handed out sample-major.
 * @module
 */
import { AppError } from "../../schemas/index.ts";
import type { Block, BlockRange } from "../source.ts";
import { betweenBlocks } from "./between-blocks.ts";
import { blockGrid } from "./block-grid.ts";

/** Genes a panel: one cache line of a sample's row on either side of the transposition. */
const panelGenes = 64;

/** 8 GiB of float32. */
const cellLimit = 2 ** 31;

/**
 * Refuses a gene-major matrix that would not fit in memory; sample-major files stream and know no such limit.
 * @throws AppError `bad-data`
 */
export function checkResidentCells(label: string, { genes, samples }: { genes: number; samples: number }): void {
  if (genes * samples <= cellLimit) return;
  throw new AppError("bad-data", {
    what: "the matrix is too large to be read with genes in rows",
    where: label,
    expected: `at most ${cellLimit} cells`,
    got: `${genes} genes x ${samples} samples`,
    advice: "Store it as GCTX, or as text with samples in rows: those are streamed",
  });
}

/** Rows of genes in, blocks `[samples, genes]` out; keeps the values once, in panels `[64 genes, samples]`. */
export class GenePanels {
  readonly #label: string;
  readonly #samples: number;
  readonly #panels: Float32Array[] = [];
  #genes = 0;

  constructor(label: string, samples: number) {
    this.#label = label;
    this.#samples = samples;
  }

  get genes(): number {
    return this.#genes;
  }

  /**
   * Where to put the next gene's values, one a sample: a view into this matrix.
   * @throws AppError `bad-data` when the matrix becomes too large for memory
   */
  nextGene(): Float32Array {
    const inPanel = this.#genes % panelGenes;
    if (inPanel === 0) {
      checkResidentCells(this.#label, { genes: this.#genes + 1, samples: this.#samples });
      this.#panels.push(new Float32Array(panelGenes * this.#samples));
    }
    this.#genes++;
    const panel = this.#panels[this.#panels.length - 1] as Float32Array;
    return panel.subarray(inPanel * this.#samples, (inPanel + 1) * this.#samples);
  }

  /** The rows of `range`, transposed block by block. */
  async *blocks(range: BlockRange = {}): AsyncGenerator<Block, void, undefined> {
    const { start, end, blockRows } = blockGrid(range, { samples: this.#samples, genes: this.#genes });
    const turn = betweenBlocks(range.signal, this.#label);
    for (let first = start; first < end; first += blockRows) {
      await turn();
      const rows = Math.min(blockRows, end - first);
      yield { start: first, rows, values: this.#transposed(first, rows) };
    }
  }

  #transposed(first: number, rows: number): Float32Array {
    const genes = this.#genes;
    const samples = this.#samples;
    const values = new Float32Array(rows * genes);
    for (const [index, panel] of this.#panels.entries()) {
      const firstGene = index * panelGenes;
      const count = Math.min(panelGenes, genes - firstGene);
      for (let row = 0; row < rows; row++) {
        const target = row * genes + firstGene;
        const source = first + row;
        for (let gene = 0; gene < count; gene++) values[target + gene] = panel[gene * samples + source] as number;
      }
    }
    return values;
  }
}
