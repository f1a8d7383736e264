import type { Products } from "../runtime/algebra/products.ts";
import type { Differential, Recall } from "../schemas/evaluation.ts";
import { differential, type Scratch } from "./differential.ts";
import type { KeptSample } from "./kept-sample.ts";
import { rankGenes } from "./rank-genes.ts";
import { type RowMatrix, rankRows } from "./rank-rows.ts";
import { itemRecall, recallShares } from "./recall.ts";

/** What one model's kept rows tell. */
export interface RankScores {
  /** Spearman's rho over the cells that have a truth and R_gene, `[genes]`; NaN where not defined. */
  readonly spearman: Float64Array;
  readonly recall: Float64Array;
  readonly recallScores: Recall;
  readonly differential: Differential | undefined;
}

/**
 * Scores that need a gene's, or a profile's, values all at once. Works inside the kept matrices: afterwards they hold
 * ranks. Beside them it takes two matrices of their size and 32 MiB; {@link KeptSample} has counted all of these.
 */
export async function rankScores(
  kept: KeptSample,
  names: readonly string[],
  { genes, products, signal }: { genes: number; products: Products; signal?: AbortSignal | undefined },
): Promise<RankScores[]> {
  const { matrices, rows, groups } = kept;
  const [truth, ...predictions] = matrices;
  if (truth === undefined || rows === 0) return [];
  const scratch: Scratch = { truth: new Float32Array(genes * rows), prediction: new Float32Array(genes * rows) };
  const asRows = (values: Float32Array): RowMatrix => ({ values, items: rows, length: genes });
  const asGenes = (values: Float32Array): RowMatrix => ({ values, items: genes, length: rows });
  const differentials = predictions.map(
    (prediction, m) => differential(names[m] ?? "", { truth, prediction, groups, genes }, scratch)?.scores,
  );
  transpose(truth, scratch.truth, { genes, rows });
  const trueProfiles = rankRows(asRows(scratch.truth));
  const samples = [];
  for (const prediction of predictions) {
    transpose(prediction, scratch.prediction, { genes, rows });
    const predicted = rankRows(asRows(scratch.prediction));
    samples.push(recallShares(await itemRecall(products, { predicted, truth: trueProfiles, signal })));
  }
  const ranked = rankGenes(asGenes(truth), predictions.map(asGenes));
  const scores: RankScores[] = [];
  for (const [m, { genes: predicted, spearman }] of ranked.predictions.entries()) {
    const ofGenes = await itemRecall(products, { predicted, truth: ranked.truth, signal });
    const shares = { genes: recallShares(ofGenes), samples: samples[m] };
    scores.push({
      spearman,
      recall: ofGenes.recall,
      recallScores: {
        model: names[m] ?? "",
        ...(shares.genes && { genes: shares.genes }),
        ...(shares.samples && { samples: shares.samples }),
      },
      differential: differentials[m],
    });
  }
  return scores;
}

/** `[genes, rows]` → `[rows, genes]`. */
function transpose(from: Float32Array, to: Float32Array, { genes, rows }: { genes: number; rows: number }): void {
  for (let g = 0; g < genes; g++) for (let r = 0; r < rows; r++) to[r * genes + g] = from[g * rows + r]!;
}
