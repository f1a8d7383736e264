import { AppError } from "../../schemas/index.ts";
import type { Block } from "../source.ts";
import { counted } from "./counted.ts";

/** How rows that carry the same gene become one: not at all, their mean, or their maximum. */
export type Duplicates = "error" | "mean" | "max";

/** Which columns of a file make up each gene in use. */
export interface GenePicks {
  /** Genes of the file. */
  readonly sourceGenes: number;
  /** Gene g is made of `columns[offsets[g]]` to `columns[offsets[g + 1] − 1]`; `[genes + 1]`. */
  readonly offsets: Int32Array;
  readonly columns: Int32Array;
}

/** What happens to a value on its way from the file to the dataset, in this order. */
export interface GatherSteps {
  /** Offset of `log2`; absent: values stay as they are. */
  readonly log2?: number | undefined;
  /** How several columns of one gene become one. */
  readonly merge: Exclude<Duplicates, "error">;
}

/** Makes picks of the columns that each gene in use is found in. */
export function genePicks(sourceGenes: number, columnsOfGene: readonly (readonly number[])[]): GenePicks {
  const offsets = new Int32Array(columnsOfGene.length + 1);
  columnsOfGene.forEach((columns, gene) => {
    offsets[gene + 1] = (offsets[gene] ?? 0) + columns.length;
  });
  return { sourceGenes, offsets, columns: Int32Array.from(columnsOfGene.flat()) };
}

/** The values of the genes in use, `[rows, genes]`, newly made; NaN where every column of a gene is NaN. */
export function gatherGenes({ values, rows }: Block, picks: GenePicks, steps: GatherSteps): Float32Array {
  const { sourceGenes, offsets, columns } = picks;
  const genes = offsets.length - 1;
  const gathered = new Float32Array(rows * genes);
  for (let row = 0; row < rows; row += 1) {
    const source = row * sourceGenes;
    const target = row * genes;
    for (let gene = 0; gene < genes; gene += 1) {
      const start = offsets[gene] as number;
      const end = offsets[gene + 1] as number;
      if (end - start === 1) gathered[target + gene] = values[source + (columns[start] as number)] as number;
      else gathered[target + gene] = mergeColumns({ values, source, picks, gene, steps });
    }
  }
  // Genes of one column are logged here, all at once; merged ones were logged before they were merged.
  if (steps.log2 !== undefined) logSingles(gathered, offsets, steps.log2);
  return gathered;
}

interface Merge {
  readonly values: Float32Array;
  /** Where the sample starts in `values`. */
  readonly source: number;
  readonly picks: GenePicks;
  readonly gene: number;
  readonly steps: GatherSteps;
}

/** Mean or maximum over the columns of one gene, NaN left out. */
function mergeColumns({ values, source, picks: { offsets, columns }, gene, steps: { log2, merge } }: Merge): number {
  let sum = 0;
  let count = 0;
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = offsets[gene] as number; index < (offsets[gene + 1] as number); index += 1) {
    const raw = values[source + (columns[index] as number)] as number;
    const x = log2 === undefined ? raw : log2Of(raw, log2);
    if (Number.isNaN(x)) continue;
    sum += x;
    count += 1;
    if (x > largest) largest = x;
  }
  if (count === 0) return Number.NaN;
  return merge === "mean" ? sum / count : largest;
}

function logSingles(gathered: Float32Array, offsets: Int32Array, offset: number): void {
  const genes = offsets.length - 1;
  for (let start = 0; start < gathered.length; start += genes) {
    for (let gene = 0; gene < genes; gene += 1) {
      if ((offsets[gene + 1] as number) - (offsets[gene] as number) !== 1) continue;
      gathered[start + gene] = log2Of(gathered[start + gene] as number, offset);
    }
  }
}

/**
 * log2 of a linear value: with offset 0 log2(max(x, 1)), the microarray custom; else log2(max(x, 0) + offset),
 * such as log2(TPM + 1). NaN stays NaN.
 */
export function log2Of(x: number, offset: number): number {
  return Math.log2(offset === 0 ? Math.max(x, 1) : Math.max(x, 0) + offset);
}

/**
 * Refuses several rows of one gene unless the user said how to merge them.
 * @throws AppError `bad-data` naming the genes.
 */
export function checkDuplicates(repeated: readonly string[], duplicates: Duplicates, label: string): void {
  if (repeated.length === 0 || duplicates !== "error") return;
  throw new AppError("bad-data", {
    what: `several rows for each of ${counted(repeated.length, "gene")} in use`,
    where: label,
    expected: "one row a gene",
    examples: repeated,
    advice: "Choose how to merge them with --duplicates mean or --duplicates max",
  });
}
