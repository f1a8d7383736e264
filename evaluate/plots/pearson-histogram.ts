import type { LineSeriesOption } from "echarts/charts";
import { type Curve, histogram } from "../density.ts";
import type { GeneColumns } from "../per-gene.ts";
import { type Figure, legendAbove, renderSvg, valueAxis } from "./chart.ts";

/** Width of a bin of correlation. */
const binWidth = 0.05;

/** Corners of the bins, in per cent: each bin's left edge, and the right edge of the last one. */
function outline(shares: Curve): number[][] {
  const left = shares.map(([middle, share]) => [middle - binWidth / 2, 100 * share]);
  return [...left, [1, left.at(-1)?.[1] ?? 0]];
}

/** Histogram over genes of the correlation of prediction and truth; undefined where no gene has one. */
export function pearsonHistogram(
  columns: readonly GeneColumns[],
  colours: ReadonlyMap<string, string>,
): Figure | undefined {
  const correlated = columns.filter(({ metrics }) => metrics.pearson.some((r) => !Number.isNaN(r)));
  if (correlated.length === 0) return undefined;
  const smallest = correlated
    .flatMap(({ metrics }) => metrics.pearson.reduce((least, r) => (r < least ? r : least), 1))
    .reduce((least, r) => Math.min(least, r), 0);
  const bins = Math.round((1 - Math.floor(smallest / binWidth) * binWidth) / binWidth);
  const start = 1 - bins * binWidth;
  const series = correlated.map(({ name, role, metrics }): LineSeriesOption => {
    const colour = colours.get(name) ?? "";
    return {
      type: "line",
      name,
      step: "end",
      data: outline(histogram(metrics.pearson, { start, end: 1, bins })),
      showSymbol: false,
      clip: true,
      color: colour,
      lineStyle: { color: colour, width: 2.5, type: role === "model" ? "solid" : "dashed" },
    };
  });
  const { legend, height } = legendAbove(correlated.map(({ name }) => name));
  const id = "pearson-histogram";
  const svg = renderSvg(
    {
      legend,
      grid: { top: height, left: 62, right: 20, bottom: 52 },
      xAxis: valueAxis("Pearson correlation of a gene", { min: Number(start.toFixed(2)), max: 1 }),
      yAxis: { ...valueAxis("share of genes (%)"), min: 0 },
      series,
    },
    { id },
  );
  return {
    id,
    title: "Correlation over genes",
    caption:
      "How many genes are predicted with which correlation over samples, in steps of 0.05; further right is better. " +
      "A model that ranks samples well but shrinks towards the mean still scores here: see the sd ratio.",
    svg,
  };
}
