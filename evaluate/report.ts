import type { EvaluationResult } from "./evaluate.ts";
import { differentialTable, gapTable, groupTable, intervalTable, recallTable, stressTable } from "./fidelity-tables.ts";
import { type Html, type HtmlPart, html } from "./html.ts";
import { fixed, grouped, percent } from "./html-table.ts";
import { factCards, figureGrid, htmlPage, noteBox } from "./page.ts";
import { coloursOf } from "./plots/palette.ts";
import { baseColumn, comparedNames, reportFigures } from "./report-figures.ts";
import { agreementTable, comparisonTable, errorTable, extremeGenes, overlapTable } from "./report-tables.ts";

/** Genes in each of the tables of best and of worst ones. */
const extremes = 20;

/** Groups in the table of groups. */
const listedGroups = 15;

/**
 * The evaluation as one HTML page: style and plots inside, no script, nothing fetched; all names escaped. The same
 * result always gives the same bytes.
 */
export function htmlReport(result: EvaluationResult): string {
  const { evaluation, perGene } = result;
  const { all, comparisons, comparisonsWithoutOverlap = [], dataset, split, withoutOverlap } = evaluation;
  const colours = coloursOf(perGene.columns);
  const models = perGene.columns.filter(({ role }) => role === "model").map(({ name }) => name);
  const title = `${models.join(", ") || "Baselines"} on ${dataset.name}, ${split} split`;
  const resampled = comparisons[0];
  const lead =
    "Inference of target genes from landmark genes, scored against the measured values. Errors are in z units: standard deviations of the gene over the training samples.";
  const body = html`${cards(result)}
${facts(result)}
${noteBox("What to know before reading the figures", evaluation.notes)}
<h2>Scores</h2>
${errorTable(all, colours)}
${agreementTable(all, colours)}
<p class="faint">Means over genes; ± is the standard deviation over genes. The row with the smallest MAE is marked. NRMSE is the median over genes of RMSE / mean on the dataset's own scale. An sd ratio below 1 means that predictions vary less than the truth (over-smoothing).</p>
${section(
  comparisons.length > 0 && "Against the baselines and each other",
  comparisonTable(comparisons, colours),
  html`<p class="faint">Improvement is 1 − MAE(model) / MAE(other). Intervals are from ${resampled && grouped(resampled.resamplings)} bootstrap resamplings of ${resampled?.resampledUnits} ${resampled?.resampled}. Wilcoxon p (signed ranks, two-sided) is over genes: genes are correlated, so a small p is no proof by itself.</p>`,
)}
${section(
  withoutOverlap && `Without the ${evaluation.overlappingTargets} targets that are landmarks too`,
  withoutOverlap && overlapTable(all, withoutOverlap, colours),
  comparisonsWithoutOverlap.length > 0 ? comparisonTable(comparisonsWithoutOverlap, colours) : undefined,
)}
<h2>Plots</h2>
${figureGrid(reportFigures(result))}
${fidelity(result, colours)}
${geneSection(result)}`;
  return htmlPage({ title, lead, body });
}

const section = (heading: string | false | undefined, ...body: readonly HtmlPart[]) =>
  heading ? html`<h2>${heading}</h2>${body}` : undefined;

/** The figures that a reader looks for first: of the model with the smallest MAE. */
function cards({ evaluation, perGene }: EvaluationResult): Html | undefined {
  const isModel = (name: string) => perGene.columns.some((column) => column.name === name && column.role === "model");
  const best = evaluation.all.filter(({ model }) => isModel(model)).toSorted((a, b) => a.mae.mean - b.mae.mean)[0];
  if (best === undefined) return undefined;
  const { model, mae, sdRatio } = best;
  const of = <T extends { readonly model: string }>(ones: readonly T[] | undefined) =>
    ones?.find((one) => one.model === model);
  const comparison = evaluation.comparisons.find((one) => one.model === model && one.baseline === perGene.base);
  const recall = of(evaluation.recall)?.genes;
  const intervals = of(evaluation.intervals);
  const shown: readonly (readonly [string, string | undefined, string])[] = [
    [`MAE of ${model}`, fixed(mae.mean), `± ${fixed(mae.sd)} over genes`],
    [
      `against ${perGene.base}`,
      comparison && `${comparison.improvement < 0 ? "+" : ""}${percent(-comparison.improvement, 2)}`,
      comparison ? `MAE; ${percent(comparison.winRate)} of genes won` : "",
    ],
    ["BING-like genes", recall && percent(recall.atLeast95), "R ≥ .95"],
    ["inside 90 % intervals", intervals && percent(intervals.coverage), "of cells"],
    ["sd ratio", sdRatio && fixed(sdRatio.mean, 2), "1 is no over-smoothing"],
  ];
  return html`<div class="cards">${shown
    .map(
      ([name, value, note]) =>
        value !== undefined && html`<div><span>${name}</span><strong>${value}</strong><span>${note}</span></div>`,
    )
    .filter((card) => card !== false)}</div>`;
}

/** Sections beyond errors, each where the evaluation has it. */
function fidelity(result: EvaluationResult, colours: ReadonlyMap<string, string>): HtmlPart {
  const { against, byGroup, differential, groupField = "group", intervals, recall, stress } = result.evaluation;
  const faint = (text: string) => html`<p class="faint">${text}</p>`;
  const models = comparedNames(result);
  const groups = byGroup && byGroup.length > 1 ? byGroup : undefined;
  return [
    section(
      recall && "Recall",
      recall && recallTable(recall, colours),
      faint(
        "Of genes: R is the share of other true genes that a predicted gene correlates with less than with its own " +
          "truth, over samples. Of samples: the same of profiles, over target genes in z units. Spearman throughout.",
      ),
    ),
    section(
      differential && `Differences within ${groupField}`,
      differential && differentialTable(differential, colours),
      faint(
        `Predicted and true deviation from the mean of the ${groupField}: their correlation, and the share of the ` +
          "largest and smallest true deviations of a profile whose predicted sign is right.",
      ),
    ),
    section(
      intervals && "90 % intervals",
      intervals && intervalTable(intervals, colours),
      faint(
        "The guarantee is marginal: 90 % over all profiles like the validation rows, not for each gene, group or " +
          "profile. It does not hold for profiles that the model flags as out of distribution.",
      ),
    ),
    section(
      groups && `By ${groupField}, worst first`,
      groups && groupTable(groups, { models, field: groupField, count: listedGroups }),
      groups && groups.length > listedGroups ? faint(`All ${groups.length} are in metrics.json.`) : undefined,
    ),
    section(
      stress && "With landmarks missing",
      stress && stressTable(stress, colours),
      faint(
        `MAE in z units; share (and number) of landmarks missing, ${stress?.sets} random sets, seed ${stress?.seed}` +
          `${stress?.samples === undefined ? "" : `, over ${grouped(stress.samples)} samples`}.`,
      ),
    ),
    section(
      against && "Gap to another way of splitting",
      against && gapTable(against, colours),
      faint(
        `MAE over the ${against?.genes} targets that both datasets have, each in its own z units. A gap above 0: these ` +
          "test rows are harder, which is what new studies look like when this split is by study and the other is not.",
      ),
    ),
  ];
}

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
  return html`${factCards(entries)}
<p class="faint hash">Dataset hash ${dataset.hash}</p>`;
}

function geneSection(result: EvaluationResult): Html | undefined {
  const mean = (name: string) => result.evaluation.all.find(({ model }) => model === name)?.mae.mean ?? 0;
  const models = result.perGene.columns.filter(({ role }) => role === "model");
  const [model] = models.toSorted((a, b) => mean(a.name) - mean(b.name));
  if (model === undefined) return undefined;
  const base = baseColumn(result);
  const baseline = base === model ? undefined : base;
  const { best, worst } = extremeGenes(result.perGene, model, { baseline, count: extremes });
  return html`<h2>Genes that ${model.name} predicts best and worst</h2>
<p class="faint">By MAE${baseline && `, beside ${baseline.name}`}. All genes are in per_gene.tsv.${result.perGene.overlap.includes(1) ? " An asterisk marks a target that is a landmark too." : ""}</p>
<div class="two"><div><h3>Smallest error</h3>${best}</div><div><h3>Largest error</h3>${worst}</div></div>`;
}
