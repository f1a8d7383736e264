import type { ModelScores } from "../schemas/evaluation.ts";
import type { GeneMetrics } from "./accumulate.ts";
import { overGenes } from "./summary.ts";

/**
 * A model's scores over the genes that `chosen` keeps and that have a truth; undefined where there are none.
 * `spearman` `[genes]` is absent where the rows were not kept.
 */
export function modelScores(
  scored: { name: string; metrics: GeneMetrics; spearman: Float64Array | undefined; samples: number },
  chosen: (gene: number) => boolean = () => true,
): ModelScores | undefined {
  const { name, metrics, samples } = scored;
  const over = (values: Float64Array | undefined) => values && overGenes(values.filter((_, g) => chosen(g)));
  const mae = over(metrics.mae);
  const rmse = over(metrics.rmse);
  if (mae === undefined || rmse === undefined) return undefined;
  const optional = {
    pearson: over(metrics.pearson),
    spearman: over(scored.spearman),
    r2: over(metrics.r2),
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
