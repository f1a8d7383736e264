import type { Comparison } from "../schemas/evaluation.ts";
import { improvementInterval } from "./bootstrap.ts";
import type { Contestant } from "./contestant.ts";
import { overGenes } from "./summary.ts";
import { wilcoxonP } from "./wilcoxon.ts";

/** What the interval of a comparison is drawn from. */
export interface Resampling {
  readonly units: Comparison["resampled"];
  readonly resamplings: number;
  readonly seed: number;
}

/**
 * A model against a baseline, gene by gene, both scored on the same cells. Genes without a truth are left out.
 * Undefined where the baseline has no error at all: there is no ratio to report.
 */
export function compare(model: Contestant, baseline: Contestant, resampling: Resampling): Comparison | undefined {
  const modelMae = model.metrics().mae;
  const baselineMae = baseline.metrics().mae;
  const differences = modelMae.map((mae, g) => mae - baselineMae[g]!).filter((difference) => !Number.isNaN(difference));
  const [meanModel, meanBaseline] = [overGenes(modelMae)?.mean ?? 0, overGenes(baselineMae)?.mean ?? 0];
  if (meanBaseline === 0) return undefined;
  const { units, resamplings, seed } = resampling;
  const totals = (contestant: Contestant) => (units === "groups" ? contestant.byGroup : contestant.bySample).absolute;
  return {
    model: model.name,
    baseline: baseline.name,
    improvement: 1 - meanModel / meanBaseline,
    winRate: differences.filter((difference) => difference < 0).length / differences.length,
    wilcoxonP: wilcoxonP(differences),
    improvementInterval: improvementInterval(
      { model: totals(model), baseline: totals(baseline) },
      { resamplings, seed },
    ),
    resampled: units,
    resamplings,
  };
}
