import type { Comparison, ModelScores, OverGenes } from "../schemas/evaluation.ts";
import { type Html, html } from "./html.ts";
import { fixed, type ModelColumn, modelTable, named, percent, table } from "./html-table.ts";
import { type GeneColumns, geneImprovement, type PerGeneTable } from "./per-gene.ts";

/** p to two digits; below what float64 tells from 0, its bound. */
const pValue = (p: number) => {
  if (p < 1e-300) return "< 1e−300";
  return p < 1e-3 ? p.toExponential(1).replace("-", "−") : p.toFixed(3);
};

type Colours = ReadonlyMap<string, string>;

/** Errors of every model and baseline, the smallest MAE marked; columns that no model has are left out. */
export function errorTable(scores: readonly ModelScores[], colours: Colours): Html {
  const best = Math.min(...scores.map(({ mae }) => mae.mean));
  const columns: readonly ModelColumn<ModelScores>[] = [
    ["MAE ± SD", ({ mae }) => `${fixed(mae.mean)} ± ${fixed(mae.sd)}`],
    ["median MAE [quartiles]", ({ mae }) => `${fixed(mae.median)} [${fixed(mae.q25)}, ${fixed(mae.q75)}]`],
    ["RMSE", ({ rmse }) => fixed(rmse.mean)],
    ["NRMSE", ({ nrmse }) => nrmse && fixed(nrmse.median)],
    ["bias", ({ bias }) => bias && fixed(bias.mean)],
  ];
  return modelTable(scores, columns, { colours, isBest: ({ mae }) => mae.mean === best });
}

/** Agreement of prediction and truth, whatever its measure: means over genes. */
export function agreementTable(scores: readonly ModelScores[], colours: Colours): Html {
  const columns: readonly ModelColumn<ModelScores>[] = [
    ["Pearson", ({ pearson }) => pearson && fixed(pearson.mean, 3)],
    ["Spearman", ({ spearman }) => spearman && fixed(spearman.mean, 3)],
    ["R²", ({ r2 }) => r2 && fixed(r2.mean, 3)],
    ["CCC", ({ ccc }) => ccc && fixed(ccc.mean, 3)],
    ["cosine", ({ cosine }) => cosine && fixed(cosine.mean, 3)],
    ["sd ratio", ({ sdRatio }) => sdRatio && fixed(sdRatio.mean, 3)],
  ];
  return modelTable(scores, columns, { colours });
}

const interval = (ends: readonly [number, number] | undefined, digits: number) =>
  ends && `${percent(ends[0], digits)} to ${percent(ends[1], digits)}`;

/** Each model against each baseline and every other model. */
export function comparisonTable(comparisons: readonly Comparison[], colours: Colours): Html {
  return table(
    ["Model", "against", "improvement", "95 % interval", "wins (genes)", "95 % interval", "Wilcoxon p"],
    comparisons.map(({ model, baseline, improvement, improvementInterval, winRate, winRateInterval, wilcoxonP }) => ({
      cells: [
        named(model, colours),
        baseline,
        percent(improvement, 2),
        interval(improvementInterval, 2),
        percent(winRate),
        interval(winRateInterval, 1),
        pValue(wilcoxonP),
      ],
    })),
  );
}

/** MAE of every model over all targets and over those that are no landmarks, side by side. */
export function overlapTable(all: readonly ModelScores[], without: readonly ModelScores[], colours: Colours): Html {
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
