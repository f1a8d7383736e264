import type { EvaluationResult } from "./evaluate.ts";
import { Html, type HtmlPart, html } from "./html.ts";
import type { GeneColumns } from "./per-gene.ts";
import type { Figure } from "./plots/chart.ts";
import { errorDensity } from "./plots/error-density.ts";
import { geneScatter } from "./plots/gene-scatter.ts";
import { groupErrorBars } from "./plots/group-errors.ts";
import { improvementBars } from "./plots/improvement-bars.ts";
import { coloursOf } from "./plots/palette.ts";
import { pearsonHistogram } from "./plots/pearson-histogram.ts";
import { reportStyle } from "./report-style.ts";
import { comparisonTable, extremeGenes, overlapTable, scoreTable } from "./report-tables.ts";

/** Genes in each of the tables of best and of worst ones. */
const extremes = 20;

/**
 * The evaluation as one HTML page: style and plots inside, no script, nothing fetched; all names escaped. The same
 * result always gives the same bytes.
 */
export function htmlReport(result: EvaluationResult): string {
  const { evaluation, perGene } = result;
  const { dataset, split, all, withoutOverlap, comparisons } = evaluation;
  const colours = coloursOf(perGene.columns);
  const models = perGene.columns.filter(({ role }) => role === "model").map(({ name }) => name);
  const title = `${models.join(", ") || "Baselines"} on ${dataset.name}, ${split} split`;
  const resampled = comparisons[0];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${reportStyle}</style>
</head>
<body><main>
<h1>${title}</h1>
<p class="faint">Inference of target genes from landmark genes, scored against the measured values. Errors are in z units: standard deviations of the gene over the training samples.</p>
${facts(result)}
${notes(evaluation.notes)}
<h2>Scores</h2>
${scoreTable(all, colours)}
<p class="faint">Means over genes; ± is the standard deviation over genes. The row with the smallest MAE is marked. An sd ratio below 1 means that predictions vary less than the truth (over-smoothing). Coverage of intervals is marginal: over all samples, not for each one.</p>
${section(
  comparisons.length > 0 && "Against the baselines",
  comparisonTable(comparisons, colours),
  html`<p class="faint">Improvement is 1 − MAE(model) / MAE(baseline). Its interval comes from ${resampled && grouped(resampled.resamplings)} bootstrap resamplings of ${resampled?.resampled}. Wilcoxon p (signed ranks, two-sided) is over genes: genes are correlated, so a small p is no proof by itself.</p>`,
)}
${section(
  withoutOverlap && `Without the ${evaluation.overlappingTargets} targets that are landmarks too`,
  withoutOverlap && overlapTable(all, withoutOverlap, colours),
)}
<h2>Plots</h2>
<div class="two">${figures(result).map(figure)}</div>
${geneSection(result)}
</main></body>
</html>
`;
  return page.markup;
}

const section = (heading: string | false | undefined, ...body: readonly HtmlPart[]) =>
  heading ? html`<h2>${heading}</h2>${body}` : undefined;

const figure = ({ title, caption, svg }: Figure) =>
  html`<figure><h3>${title}</h3>${new Html(svg)}<figcaption>${caption}</figcaption></figure>`;

function facts({ evaluation, perGene }: EvaluationResult): Html {
  const { dataset, split, groupField, groups, all, overlappingTargets } = evaluation;
  const entries: readonly (readonly [string, string | undefined])[] = [
    ["Dataset", dataset.name],
    ["Split", split],
    ["Samples", all[0] && grouped(all[0].samples)],
    ["Target genes", grouped(perGene.targets.length)],
    ["of them landmarks too", grouped(overlappingTargets)],
    ["Groups", groups === undefined ? "none" : `${grouped(groups)} (${groupField})`],
  ];
  return html`<dl>${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<p class="faint hash">Dataset hash ${dataset.hash}</p>`;
}

/** 12345 → 12,345. */
const grouped = (count: number) => String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",");

const notes = (texts: readonly string[]) =>
  texts.length === 0
    ? undefined
    : html`<section class="notes"><h2>What to know before reading the figures</h2><ul>${texts.map((text) => html`<li>${text}</li>`)}</ul></section>`;

/** The column of `role` with the smallest mean MAE. */
function strongest({ evaluation, perGene }: EvaluationResult, role: GeneColumns["role"]): GeneColumns | undefined {
  const mean = (column: GeneColumns) => evaluation.all.find(({ model }) => model === column.name)?.mae.mean ?? 0;
  return perGene.columns.filter((column) => column.role === role).toSorted((a, b) => mean(a) - mean(b))[0];
}

/** The report's plots, in the order shown. */
function figures(result: EvaluationResult): Figure[] {
  const { evaluation, perGene, groupErrors } = result;
  const { columns, overlap } = perGene;
  const colours = coloursOf(columns);
  const models = columns.filter(({ role }) => role === "model");
  const baseline = strongest(result, "baseline");
  const compared = [...models, ...(baseline ? [baseline] : [])].map(({ name }) => name);
  // Every model beats the mean by far: drawn on one scale, what matters would not be seen.
  const informative = evaluation.comparisons.filter((comparison) => comparison.baseline !== "mean");
  const optional = [
    improvementBars(informative.length > 0 ? informative : evaluation.comparisons, colours),
    errorDensity(columns, colours),
    ...models.map((model, i) =>
      baseline
        ? geneScatter({ id: `scatter-${i}`, model, baseline, overlap, colour: colours.get(model.name) ?? "" })
        : undefined,
    ),
    pearsonHistogram(columns, colours),
    groupErrors && groupErrorBars(groupErrors, compared, colours),
  ];
  return optional.filter((plot) => plot !== undefined);
}

function geneSection(result: EvaluationResult): Html | undefined {
  const model = strongest(result, "model");
  if (model === undefined) return undefined;
  const baseline = strongest(result, "baseline");
  const { best, worst } = extremeGenes(result.perGene, model, { baseline, count: extremes });
  return html`<h2>Genes that ${model.name} predicts best and worst</h2>
<p class="faint">By MAE${baseline && `, beside ${baseline.name}`}. All genes are in per_gene.tsv.${result.perGene.overlap.includes(1) ? " An asterisk marks a target that is a landmark too." : ""}</p>
<div class="two"><div><h3>Smallest error</h3>${best}</div><div><h3>Largest error</h3>${worst}</div></div>`;
}
