import { averageRanks, rankCorrelation } from "./rank.ts";
import { type RankedItems, type RowMatrix, rowOf, writeRanks } from "./rank-rows.ts";

/** One model's genes, ranked. */
export interface RankedPrediction {
  readonly genes: RankedItems;
  /** Spearman's rho with the truth over the cells that have one, `[genes]`; NaN where one of the two does not vary. */
  readonly spearman: Float64Array;
}

/**
 * Ranks the genes of truth and of every prediction `[genes, rows]` in place, as `rankRows` does, with Spearman's rho by
 * the way: the truth is ranked once for all predictions, a prediction once for rho and recall alike. Predictions are
 * finite; NaN in the truth is missing.
 */
export function rankGenes(
  truth: RowMatrix,
  predictions: readonly RowMatrix[],
): { truth: RankedItems; predictions: RankedPrediction[] } {
  const varying = () => new Uint8Array(truth.items);
  const ranked = { ...truth, varies: varying() };
  const others = predictions.map((matrix) => ({
    genes: { ...matrix, varies: varying() },
    spearman: new Float64Array(truth.items),
  }));
  for (let gene = 0; gene < truth.items; gene++) {
    const measured = rowOf(truth, gene);
    const present = (_: number, row: number) => !Number.isNaN(measured[row]!);
    const isWhole = measured.every(present);
    const trueRanks = averageRanks(measured.filter(present));
    for (const { genes, spearman } of others) {
      const predicted = rowOf(genes, gene);
      const ranks = averageRanks(predicted);
      spearman[gene] = rankCorrelation(trueRanks, isWhole ? ranks : averageRanks(predicted.filter(present)));
      genes.varies[gene] = writeRanks(predicted, ranks);
    }
    ranked.varies[gene] = writeRanks(measured, trueRanks);
  }
  return { truth: ranked, predictions: others };
}
