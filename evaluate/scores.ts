import type { ModelScores } from "../schemas/evaluation.ts";
import type { GeneColumns } from "./per-gene.ts";
import { overGenes } from "./summary.ts";

/** A model's scores over the genes that `chosen` keeps and that have a truth; undefined where there are none. */
export function modelScores(
  { name, metrics, spearman, nrmse }: GeneColumns,
  samples: number,
  chosen: (gene: number) => boolean = () => true,
): ModelScores | undefined {
  const over = (values: Float64Array | undefined) => values && overGenes(values.filter((_, g) => chosen(g)));
  const mae = over(metrics.mae);
  const rmse = over(metrics.rmse);
  if (mae === undefined || rmse === undefined) return undefined;
  const optional = {
    pearson: over(metrics.pearson),
    spearman: over(spearman),
    r2: over(metrics.r2),
    nrmse: over(nrmse),
    ccc: over(metrics.ccc),
    cosine: over(metrics.cosine),
    bias: over(metrics.bias),
    sdRatio: over(metrics.sdRatio),
    coverage90: over(metrics.coverage),
  };
  return {
    model: name,
    genes: metrics.n.filter((n, g) => n > 0 && chosen(g)).length,
    samples,
    mae,
    rmse,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}
