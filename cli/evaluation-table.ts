import type { Evaluation, ModelScores } from "../schemas/index.ts";
import { textTable } from "./table.ts";

const optional = (value: { mean: number } | undefined): string => (value === undefined ? "" : value.mean.toFixed(3));

function scoreRows(scores: readonly ModelScores[]): string {
  return textTable(
    ["model", "MAE (z units)", "± SD", "RMSE", "Pearson", "R2", "sd ratio", "90 % covered"],
    scores.map(({ model, mae, rmse, pearson, r2, sdRatio, coverage90 }) => [
      model,
      mae.mean.toFixed(4),
      mae.sd.toFixed(4),
      rmse.mean.toFixed(4),
      optional(pearson),
      optional(r2),
      optional(sdRatio),
      coverage90 === undefined ? "" : `${(100 * coverage90.mean).toFixed(1)} %`,
    ]),
  );
}

const percent = (share: number): string => `${share > 0 ? "+" : ""}${(100 * share).toFixed(2)} %`;

/** An evaluation for people: scores, scores without overlapping targets, comparisons with the baselines. */
export function evaluationTables(evaluation: Evaluation): string {
  const { dataset, split, all, withoutOverlap, comparisons, overlappingTargets } = evaluation;
  const [first] = all;
  const parts = [
    `${dataset.name}, ${split}: ${first?.samples ?? 0} profiles, ${first?.genes ?? 0} targets, averages over targets`,
    scoreRows(all),
  ];
  if (withoutOverlap !== undefined)
    parts.push(`\nwithout the ${overlappingTargets} targets that are landmarks too`, scoreRows(withoutOverlap));
  if (comparisons.length > 0)
    parts.push(
      "",
      textTable(
        ["model against baseline", "MAE lower by", "95 % interval", "genes won", "Wilcoxon p"],
        comparisons.map((c) => [
          `${c.model} against ${c.baseline}`,
          percent(c.improvement),
          `${percent(c.improvementInterval[0])} to ${percent(c.improvementInterval[1])} (${c.resampled})`,
          `${(100 * c.winRate).toFixed(1)} %`,
          c.wilcoxonP < 1e-300 ? "< 1e-300" : c.wilcoxonP.toExponential(1),
        ]),
      ),
    );
  return parts.join("\n");
}
