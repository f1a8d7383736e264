import type { Comparison, IntervalScores } from "../schemas/evaluation.ts";
import type { Contestant } from "./contestant.ts";

/** Fewer units than this make a bootstrap interval too narrow to be trusted. */
const fewUnits = 10;

/** What must be said of an evaluation beside its figures, from the scores themselves. */
export function scoreNotes(options: {
  contestants: readonly Contestant[];
  samples: number;
  rankedSamples: number;
  stressedSamples: number | undefined;
  notComparable: readonly string[];
}): string[] {
  const { contestants, samples, rankedSamples, stressedSamples = samples, notComparable } = options;
  const metrics = contestants[0]?.metrics();
  const counts = metrics?.n ?? new Float64Array(0);
  const missing = counts.reduce((sum, n) => sum + samples - n, 0);
  const noTruth = counts.filter((n) => n === 0).length;
  const constant = metrics?.sdTruth.filter((sd) => sd === 0).length ?? 0;
  return [
    ...(missing > 0
      ? [
          `${missing} truth cells are missing: each gene is scored on the cells it has, and the intervals of ` +
            "improvement weigh cells, not genes.",
        ]
      : []),
    ...(noTruth > 0 ? [`${noTruth} target genes have no truth at all and are not scored.`] : []),
    ...(constant > 0
      ? [`${constant} target genes do not vary in the truth: they have no correlation, R² or sd ratio.`]
      : []),
    ...(rankedSamples === samples ? [] : [rankNote(rankedSamples, samples)]),
    ...(stressedSamples === samples
      ? []
      : [`Landmarks were hidden from ${stressedSamples} evenly spaced samples of ${samples}.`]),
    ...notComparable.map((baseline) => `The baseline ${baseline} makes no error at all: there is no ratio to it.`),
  ];
}

const rankNote = (ranked: number, samples: number): string =>
  ranked === 0
    ? "Spearman correlations, recall and differential fidelity were left out: no row fits the memory set aside for ranks."
    : `Spearman correlations, recall and differential fidelity are from ${ranked} evenly spaced samples of ${samples}.`;

/** What must be said of the units that the intervals are drawn from; `groups` is undefined where there are none. */
export function resamplingNotes({ groups, samples }: { groups: number | undefined; samples: number }): string[] {
  if (groups === 1)
    return ["There is only one group: intervals come from resampling samples and are too narrow; win-rates have none."];
  if (groups !== undefined && groups < fewUnits)
    return [
      `There are only ${groups} groups: bootstrap intervals from so few are too narrow (their ends are at most the best ` +
        "and the worst group's own figure), and an interval that excludes 0 settles little.",
    ];
  if (groups === undefined && samples < fewUnits) return [`There are only ${samples} samples: intervals are rough.`];
  return [];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Says so where the 90 % intervals hold fewer cells than they promise, by more than drawing other units explains. */
export function coverageNotes(
  { model, coverage, coverageInterval, nominal }: IntervalScores,
  units: Comparison["resampled"],
): string[] {
  if (coverageInterval === undefined || coverageInterval[1] >= nominal) return [];
  const [low, high] = coverageInterval;
  const points = (100 * (nominal - coverage)).toFixed(1);
  return [
    `The ${percent(nominal).replace(".0", "")} intervals of ${model} hold ${percent(coverage)} of the cells, ${points} ` +
      `points too few (95 % bootstrap interval over ${units}: ${percent(low)} to ${percent(high)}): they are too narrow for these profiles.`,
  ];
}
