import type { LineSeriesOption } from "echarts/charts";
import { kernelDensity, silvermanBandwidth } from "../density.ts";
import type { GeneColumns } from "../per-gene.ts";
import { definedAscending, quantile } from "../summary.ts";
import { type Figure, legendAbove, renderSvg, valueAxis } from "./chart.ts";

/** Share of genes, in each model, that the axis shows: a few hopeless genes would squeeze all others. */
const shown = 0.995;

/** Density over genes of per-gene MAE, one line a model (D-GEX, fig. 2); undefined where no model's varies. */
export function errorDensity(
  columns: readonly GeneColumns[],
  colours: ReadonlyMap<string, string>,
): Figure | undefined {
  const end = Math.max(...columns.map(({ metrics }) => quantile(definedAscending(metrics.mae), shown)));
  const series = columns.flatMap(({ name, role, metrics }): LineSeriesOption[] => {
    const bandwidth = silvermanBandwidth(metrics.mae);
    if (bandwidth === undefined) return [];
    const colour = colours.get(name) ?? "";
    return [
      {
        type: "line",
        name,
        data: kernelDensity(metrics.mae, bandwidth, { start: 0, end }).map(([x, y]) => [x, y]),
        showSymbol: false,
        clip: true,
        color: colour,
        lineStyle: { color: colour, width: 2.5, type: role === "model" ? "solid" : "dashed" },
      },
    ];
  });
  if (series.length === 0) return undefined;
  const { legend, height } = legendAbove(series.map(({ name }) => String(name)));
  const id = "error-density";
  const svg = renderSvg(
    {
      legend,
      grid: { top: height, left: 62, right: 20, bottom: 52 },
      xAxis: valueAxis("MAE of a gene (z units)", { min: 0, max: end }),
      yAxis: valueAxis("density of genes"),
      series,
    },
    { id },
  );
  return {
    id,
    title: "Distribution of the error over genes",
    caption:
      "Each curve shows how many genes have which mean absolute error; further left is better. The area under each " +
      "curve is 1. Dashed: baselines. Of each model at most 0.5 % of the genes lie outside.",
    svg,
  };
}
