import type { Comparison, Evaluation, ModelScores } from "../schemas/index.ts";
import { textTable } from "./table.ts";

const optional = (value: { mean: number } | undefined): string => (value === undefined ? "" : value.mean.toFixed(3));
const share = (value: number | undefined): string => (value === undefined ? "" : `${(100 * value).toFixed(1)} %`);
const percent = (value: number): string => `${value > 0 ? "+" : ""}${(100 * value).toFixed(2)} %`;

/** Groups named as the worst ones. */
const worstGroups = 5;

function scoreRows(scores: readonly ModelScores[]): string {
  return textTable(
    ["model", "MAE (z units)", "± SD", "RMSE", "Pearson", "R2", "sd ratio"],
    scores.map(({ model, mae, rmse, pearson, r2, sdRatio }) => [
      model,
      mae.mean.toFixed(4),
      mae.sd.toFixed(4),
      rmse.mean.toFixed(4),
      optional(pearson),
      optional(r2),
      optional(sdRatio),
    ]),
  );
}

function comparisonRows(comparisons: readonly Comparison[]): string {
  return textTable(
    ["model against another", "MAE lower by", "95 % interval", "genes won", "95 % interval", "Wilcoxon p"],
    comparisons.map((c) => [
      `${c.model} against ${c.baseline}`,
      percent(c.improvement),
      `${percent(c.improvementInterval[0])} to ${percent(c.improvementInterval[1])} (${c.resampled})`,
      share(c.winRate),
      c.winRateInterval ? `${share(c.winRateInterval[0])} to ${share(c.winRateInterval[1])}` : "",
      c.wilcoxonP < 1e-300 ? "< 1e-300" : c.wilcoxonP.toExponential(1),
    ]),
  );
}

/** Recall, differences within groups and intervals, a line a model: what errors alone do not say. */
function fidelityRows({ all, recall, differential, intervals }: Evaluation): string {
  const of = <T extends { readonly model: string }>(ones: readonly T[] | undefined, name: string) =>
    ones?.find(({ model }) => model === name);
  return textTable(
    ["model", "genes R ≥ .95", "samples R ≥ .95", "r within group", "sign right", "in 90 % interval", "flagged"],
    all.map(({ model }) => {
      const [recalled, differences] = [of(recall, model), of(differential, model)];
      const interval = of(intervals, model);
      return [
        model,
        share(recalled?.genes?.atLeast95),
        share(recalled?.samples?.atLeast95),
        optional(differences?.profile),
        share(differences && (differences.signTop + differences.signBottom) / 2),
        share(interval?.coverage),
        interval?.flagged ? `${share(interval.flagged.coverage) || "-"} of ${interval.flagged.profiles}` : "",
      ];
    }),
  );
}

function groupRows({ byGroup = [], all, groupField = "group" }: Evaluation): string {
  const models = all.map(({ model }) => model);
  return textTable(
    [`worst by ${groupField}`, "profiles", ...models],
    byGroup
      .slice(0, worstGroups)
      .map(({ group, samples, mae }) => [
        group,
        String(samples),
        ...models.map((model) => mae[model]?.toFixed(4) ?? ""),
      ]),
  );
}

const stressRows = ({ shares, mae }: NonNullable<Evaluation["stress"]>): string =>
  textTable(
    ["landmarks missing", ...shares.map((one) => `${(100 * one).toFixed(0)} %`)],
    mae.map(({ model, mae: errors }) => [model, ...errors.map((error) => error.toFixed(4))]),
  );

const gapRows = ({ split, otherSplit, gaps }: NonNullable<Evaluation["against"]>): string =>
  textTable(
    ["gap", `MAE, ${split}`, `MAE, ${otherSplit}`, "scored there", "gap"],
    gaps.map(({ model, other, mae, otherMae, gap }) => [
      model,
      mae.toFixed(4),
      otherMae.toFixed(4),
      other,
      percent(gap),
    ]),
  );

/** An evaluation for people: scores with and without overlapping targets, comparisons, fidelity, groups, stress, gap. */
export function evaluationTables(evaluation: Evaluation): string {
  const {
    against,
    all,
    byGroup = [],
    comparisons,
    comparisonsWithoutOverlap = [],
    dataset,
    overlappingTargets,
    split,
    stress,
    withoutOverlap,
  } = evaluation;
  const [first] = all;
  const parts = [
    `${dataset.name}, ${split}: ${first?.samples ?? 0} profiles, ${first?.genes ?? 0} targets, averages over targets`,
    scoreRows(all),
  ];
  if (withoutOverlap !== undefined)
    parts.push(`\nwithout the ${overlappingTargets} targets that are landmarks too`, scoreRows(withoutOverlap));
  if (comparisons.length > 0) parts.push("", comparisonRows(comparisons));
  if (comparisonsWithoutOverlap.length > 0)
    parts.push(
      `\nwithout the ${overlappingTargets} targets that are landmarks too`,
      comparisonRows(comparisonsWithoutOverlap),
    );
  parts.push("", fidelityRows(evaluation));
  if (byGroup.length > 1) parts.push("", groupRows(evaluation));
  if (stress !== undefined) parts.push("", stressRows(stress));
  if (against !== undefined) parts.push("", gapRows(against));
  return parts.join("\n");
}
