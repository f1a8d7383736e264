import type { EvaluationResult } from "./evaluate.ts";
import type { GeneColumns } from "./per-gene.ts";
import type { Figure } from "./plots/chart.ts";
import { coverageDensity } from "./plots/coverage-density.ts";
import { errorDensity } from "./plots/error-density.ts";
import { geneScatter } from "./plots/gene-scatter.ts";
import { groupErrorBars } from "./plots/group-errors.ts";
import { improvementBars } from "./plots/improvement-bars.ts";
import { coloursOf } from "./plots/palette.ts";
import { pearsonHistogram } from "./plots/pearson-histogram.ts";
import { recallCurves } from "./plots/recall-curves.ts";
import { stressCurve } from "./plots/stress-curve.ts";

/** The column that the others are held against. */
export function baseColumn({ perGene }: EvaluationResult): GeneColumns | undefined {
  return perGene.columns.find(({ name }) => name === perGene.base);
}

/** The models that are in question, and the base: what plots with little room show. */
export function comparedNames(result: EvaluationResult): string[] {
  const base = baseColumn(result);
  return result.perGene.columns.filter((column) => column.role === "model" || column === base).map(({ name }) => name);
}

/** The report's plots, in the order shown. */
export function reportFigures(result: EvaluationResult): Figure[] {
  const { evaluation, perGene } = result;
  const { columns, overlap } = perGene;
  const { byGroup, comparisons, groupField, stress } = evaluation;
  const colours = coloursOf(columns);
  const base = baseColumn(result);
  const compared = comparedNames(result);
  // Every model beats the mean by far: drawn on one scale, what matters would not be seen.
  const informative = comparisons.filter(({ baseline }) => baseline !== "mean");
  const scatters = columns
    .filter((column) => column.role === "model" && column !== base)
    .map((model, i) =>
      base
        ? geneScatter({ id: `scatter-${i}`, model, baseline: base, overlap, colour: colours.get(model.name) ?? "" })
        : undefined,
    );
  const groups = byGroup && groupField !== undefined ? { field: groupField, groups: byGroup } : undefined;
  const optional = [
    improvementBars(informative.length > 0 ? informative : comparisons, colours),
    errorDensity(columns, colours),
    ...scatters,
    pearsonHistogram(columns, colours),
    recallCurves(columns, colours),
    coverageDensity(columns, colours),
    stress && stressCurve(stress, compared, colours),
    groups && groupErrorBars(groups, compared, colours),
  ];
  return optional.filter((plot) => plot !== undefined);
}
