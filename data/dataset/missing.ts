import { AppError } from "../../schemas/index.ts";
import { counted } from "./counted.ts";
import type { GeneMoments } from "./moments.ts";

/** What to do about missing values: refuse them, or put the training mean of the gene in the cohort. */
export type Missing = "refuse" | "mean";

/** Counts missing values of the genes in use, and fills them where a mean is given. */
export class MissingValues {
  readonly #geneIds: readonly string[];
  readonly #countOfGene: Float64Array;
  readonly #unfilledOfGene: Float64Array;

  constructor(geneIds: readonly string[]) {
    this.#geneIds = geneIds;
    this.#countOfGene = new Float64Array(geneIds.length);
    this.#unfilledOfGene = new Float64Array(geneIds.length);
  }

  /** Cells that were missing. */
  get cells(): number {
    return this.#countOfGene.reduce((sum, count) => sum + count, 0);
  }

  /** Counts the NaN of `values` `[rows, genes]` and replaces them by `fill` `[genes]`, in place. */
  add(values: Float32Array, fill?: Pick<GeneMoments, "mean">): void {
    const genes = this.#geneIds.length;
    for (let start = 0; start < values.length; start += genes) {
      for (let gene = 0; gene < genes; gene += 1) {
        const x = values[start + gene] as number;
        if (x === x) continue;
        this.#countOfGene[gene] = (this.#countOfGene[gene] as number) + 1;
        const mean = fill?.mean[gene] ?? Number.NaN;
        if (mean === mean) values[start + gene] = mean;
        else this.#unfilledOfGene[gene] = (this.#unfilledOfGene[gene] as number) + 1;
      }
    }
  }

  /**
   * Makes sure that nothing is missing any more.
   * @throws AppError `bad-data` naming the genes.
   */
  check(missing: Missing): void {
    const genes = this.#geneIds.flatMap((id, gene) => {
      const count = this.#unfilledOfGene[gene] ?? 0;
      return count > 0 ? [`${id} in ${counted(count, "sample")}`] : [];
    });
    if (genes.length === 0) return;
    const unfilled = this.#unfilledOfGene.reduce((sum, count) => sum + count, 0);
    throw new AppError("bad-data", {
      what: `${counted(unfilled, "value")} missing, in ${genes.length} of the ${counted(this.#geneIds.length, "gene")} in use`,
      expected: missing === "mean" ? "a measured value in the training rows of each cohort" : "no missing values",
      examples: genes,
      advice:
        missing === "mean"
          ? "Take these genes out of the landmarks and targets"
          : "Take these genes out of the landmarks and targets, or fill in each cohort's training mean with --missing mean",
    });
  }
}
