import type { TrainingRun } from "../schemas/index.ts";
import { textTable } from "./table.ts";

/** Signed change against a baseline, in percent of it. */
const change = (value: number, base: number): string => {
  const percent = 100 * (value / base - 1);
  return `${percent > 0 ? "+" : ""}${percent.toFixed(1)} %`;
};

/** MAE in z units of a run's model beside its baselines, a line a split. */
export function scoreTable(scores: TrainingRun["scores"]): string {
  const rows = Object.entries(scores).flatMap(([split, score]) => {
    if (score === undefined) return [];
    const { model, mean, ridge } = score.mae;
    return [
      [
        split,
        String(score.samples),
        model.toFixed(4),
        mean.toFixed(4),
        change(model, mean),
        ridge === undefined ? "" : ridge.toFixed(4),
        ridge === undefined ? "" : change(model, ridge),
      ],
    ];
  });
  return textTable(["MAE (z units)", "profiles", "model", "mean", "vs mean", "ridge", "vs ridge"], rows);
}
