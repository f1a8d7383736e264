import type { LineSeriesOption } from "echarts/charts";
import type { GeneColumns } from "../per-gene.ts";
import { bingRecall } from "../recall.ts";
import { definedAscending } from "../summary.ts";
import { type Figure, legendAbove, renderSvg, valueAxis } from "./chart.ts";
import { inks } from "./palette.ts";

/** Places of the curve on the axis of R. */
const points = 200;

/** Share of genes with at least each R_gene, one line a model, with the .95 cut; undefined where no gene has one. */
export function recallCurves(
  columns: readonly GeneColumns[],
  colours: ReadonlyMap<string, string>,
): Figure | undefined {
  const curves = columns.flatMap(({ name, role, recall }) => {
    const sorted = recall && definedAscending(recall);
    return sorted && sorted.length > 0 ? [{ name, role, sorted }] : [];
  });
  if (curves.length === 0) return undefined;
  const tenth = Math.min(...curves.map(({ sorted }) => sorted[Math.floor(sorted.length / 20)] ?? 0));
  const start = Math.min(0.9, Math.floor(tenth * 10) / 10);
  const series = curves.map(({ name, role, sorted }): LineSeriesOption => {
    const colour = colours.get(name) ?? "";
    const shareFrom = (r: number) => (100 * sorted.filter((value) => value >= r).length) / sorted.length;
    return {
      type: "line",
      name,
      data: Array.from({ length: points + 1 }, (_, i) => start + ((1 - start) * i) / points).map((r) => [
        r,
        shareFrom(r),
      ]),
      showSymbol: false,
      color: colour,
      lineStyle: { color: colour, width: 2.5, type: role === "model" ? "solid" : "dashed" },
    };
  });
  const cut: LineSeriesOption = {
    type: "line",
    silent: true,
    data: [
      [bingRecall, 0],
      [bingRecall, 100],
    ],
    showSymbol: false,
    color: inks.accent,
    lineStyle: { color: inks.accent, width: 1.5, type: "dashed" },
  };
  const { legend, height } = legendAbove(curves.map(({ name }) => name));
  const id = "recall-curves";
  const svg = renderSvg(
    {
      legend,
      grid: { top: height, left: 62, right: 24, bottom: 52 },
      xAxis: valueAxis("R of a gene", { min: start, max: 1 }),
      yAxis: valueAxis("share of genes with at least R (%)", { min: 0, max: 100 }),
      series: [...series, cut],
    },
    { id },
  );
  return {
    id,
    title: "Recall of genes",
    caption:
      "R is the share of all other true genes that a predicted gene resembles less than its own truth (Spearman); " +
      "higher curves are better. Right of the dashed line (R ≥ .95) a gene counts as BING-like.",
    svg,
  };
}
