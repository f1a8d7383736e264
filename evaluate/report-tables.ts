import type { Comparison, ModelScores, OverGenes } from "../schemas/evaluation.ts";
import { Html, type HtmlPart, html } from "./html.ts";
import { type GeneColumns, geneImprovement, type PerGeneTable } from "./per-gene.ts";

const absent = "–";
const fixed = (value: number | undefined, digits = 4) =>
  value === undefined || Number.isNaN(value) ? absent : value.toFixed(digits).replace("-", "−");
const percent = (share: number | undefined, digits = 1) =>
  share === undefined || Number.isNaN(share) ? absent : `${fixed(100 * share, digits)} %`;

/** p to two digits; below what float64 tells from 0, its bound. */
const pValue = (p: number) => {
  if (p < 1e-300) return "< 1e−300";
  return p < 1e-3 ? p.toExponential(1).replace("-", "−") : p.toFixed(3);
};

interface TableRow {
  readonly cells: readonly HtmlPart[];
  readonly best?: boolean;
}

/** A table that scrolls sideways by itself where the page is narrow. */
function table(headers: readonly HtmlPart[], rows: readonly TableRow[]): Html {
  return html`<div class="scroll"><table>
<thead><tr>${headers.map((header) => html`<th scope="col">${header}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ({
    cells,
    best,
  }) => html`<tr${best ? new Html(' class="best"') : undefined}>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
`,
)}</tbody></table></div>`;
}

const named = (name: string, colours: ReadonlyMap<string, string>) =>
  html`<span class="key" style="background:${colours.get(name)}"></span>${name}`;

/** Scores of every model and baseline, the smallest MAE marked; columns that no model has are left out. */
export function scoreTable(scores: readonly ModelScores[], colours: ReadonlyMap<string, string>): Html {
  const best = Math.min(...scores.map(({ mae }) => mae.mean));
  const meanAndSd = (over: OverGenes | undefined) => over && `${fixed(over.mean)} ± ${fixed(over.sd)}`;
  const columns: readonly (readonly [header: string, cell: (score: ModelScores) => string | undefined])[] = [
    ["MAE ± SD", ({ mae }) => meanAndSd(mae)],
    ["median MAE [quartiles]", ({ mae }) => `${fixed(mae.median)} [${fixed(mae.q25)}, ${fixed(mae.q75)}]`],
    ["RMSE", ({ rmse }) => fixed(rmse.mean)],
    ["Pearson", ({ pearson }) => pearson && fixed(pearson.mean)],
    ["Spearman", ({ spearman }) => spearman && fixed(spearman.mean)],
    ["R²", ({ r2 }) => r2 && fixed(r2.mean)],
    ["sd ratio", ({ sdRatio }) => sdRatio && fixed(sdRatio.mean, 3)],
    ["in 90 % interval", ({ coverage90 }) => coverage90 && percent(coverage90.mean)],
  ];
  const used = columns.filter(([, cell]) => scores.some((score) => cell(score) !== undefined));
  return table(
    ["Model", ...used.map(([header]) => header)],
    scores.map((score) => ({
      best: score.mae.mean === best,
      cells: [named(score.model, colours), ...used.map(([, cell]) => cell(score) ?? absent)],
    })),
  );
}

/** Each model against each baseline. */
export function comparisonTable(comparisons: readonly Comparison[], colours: ReadonlyMap<string, string>): Html {
  return table(
    ["Model", "against", "improvement", "95 % interval", "wins (genes)", "Wilcoxon p"],
    comparisons.map(({ model, baseline, improvement, improvementInterval: [low, high], winRate, wilcoxonP }) => ({
      cells: [
        named(model, colours),
        baseline,
        percent(improvement, 2),
        `${percent(low, 2)} to ${percent(high, 2)}`,
        percent(winRate),
        pValue(wilcoxonP),
      ],
    })),
  );
}

/** MAE of every model over all targets and over those that are no landmarks, side by side. */
export function overlapTable(
  all: readonly ModelScores[],
  without: readonly ModelScores[],
  colours: ReadonlyMap<string, string>,
): Html {
  const score = (scores: readonly ModelScores[], name: string) => scores.find(({ model }) => model === name);
  return table(
    ["Model", "MAE, all", "MAE, without", "RMSE, all", "RMSE, without", "Pearson, all", "Pearson, without"],
    all.map(({ model }) => {
      const [every, rest] = [score(all, model), score(without, model)];
      const pair = (figure: (scores: ModelScores | undefined) => OverGenes | undefined) => [
        fixed(figure(every)?.mean),
        fixed(figure(rest)?.mean),
      ];
      return {
        cells: [named(model, colours), ...pair((s) => s?.mae), ...pair((s) => s?.rmse), ...pair((s) => s?.pearson)],
      };
    }),
  );
}

/** The genes that `model` predicts with the smallest and with the largest error, `count` each, as two tables. */
export function extremeGenes(
  { targets, overlap }: PerGeneTable,
  model: GeneColumns,
  { baseline, count }: { baseline: GeneColumns | undefined; count: number },
): { best: Html; worst: Html } {
  const { mae, pearson } = model.metrics;
  const improvement = baseline && geneImprovement(model.metrics, baseline.metrics);
  const order = targets.map((_, g) => g).filter((g) => !Number.isNaN(mae[g]!));
  order.sort((a, b) => mae[a]! - mae[b]! || a - b);
  const rows = (genes: readonly number[]) =>
    table(
      ["Gene", "Symbol", "MAE", ...(baseline ? [`MAE, ${baseline.name}`, "improvement"] : []), "Pearson"],
      genes.map((g) => ({
        cells: [
          html`${targets[g]?.id}${overlap[g] === 1 ? " *" : ""}`,
          targets[g]?.symbol,
          fixed(mae[g]),
          ...(baseline ? [fixed(baseline.metrics.mae[g]), percent(improvement?.[g])] : []),
          fixed(pearson[g], 3),
        ],
      })),
    );
  return { best: rows(order.slice(0, count)), worst: rows(order.slice(-count).toReversed()) };
}
