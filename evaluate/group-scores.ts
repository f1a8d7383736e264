import type { GroupScores } from "../schemas/evaluation.ts";
import type { Contestant } from "./contestant.ts";

/** Errors and coverage of each of `groups`, the one with the first contestant's largest MAE first. */
export function groupScores(contestants: readonly Contestant[], groups: readonly string[]): GroupScores[] {
  const figures = contestants.map(({ name, byGroup }) => ({ name, mae: byGroup.mae(), coverage: byGroup.coverage() }));
  const [first] = figures;
  const defined = (key: "mae" | "coverage", group: number) =>
    Object.fromEntries(
      figures.flatMap((one) => {
        const value = one[key][group] ?? Number.NaN;
        return Number.isNaN(value) ? [] : [[one.name, value] as const];
      }),
    );
  return groups
    .map((group, i) => ({
      order: first?.mae[i] ?? Number.NaN,
      scores: {
        group,
        samples: contestants[0]?.byGroup.rows[i] ?? 0,
        mae: defined("mae", i),
        coverage90: defined("coverage", i),
      },
    }))
    .filter(({ order }) => !Number.isNaN(order))
    .toSorted((a, b) => b.order - a.order || (a.scores.group < b.scores.group ? -1 : 1))
    .map(({ scores }) => scores);
}
