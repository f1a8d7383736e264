import type { LineSeriesOption } from "echarts/charts";
import { kernelDensity, silvermanBandwidth } from "../density.ts";
import type { GeneColumns } from "../per-gene.ts";
import { definedAscending, quantile } from "../summary.ts";
import { type Figure, legendAbove, renderSvg, valueAxis } from "./chart.ts";
import { inks } from "./palette.ts";

/** Density over genes of the coverage of 90 % intervals, with the nominal line; undefined where there are none. */
export function coverageDensity(
  columns: readonly GeneColumns[],
  colours: ReadonlyMap<string, string>,
): Figure | undefined {
  const covered = columns.flatMap(({ name, metrics }) => {
    const percent = metrics.coverage?.map((share) => 100 * share);
    const bandwidth = percent && silvermanBandwidth(percent);
    return percent && bandwidth !== undefined ? [{ name, percent, bandwidth }] : [];
  });
  if (covered.length === 0) return undefined;
  const lowest = Math.min(...covered.map(({ percent }) => quantile(definedAscending(percent), 0.005)));
  const start = Math.max(0, 10 * Math.floor(Math.min(80, lowest) / 10));
  const curves = covered.map(({ name, percent, bandwidth }) => ({
    name,
    curve: kernelDensity(percent, bandwidth, { start, end: 100 }).map(([x, y]) => [x, y] as [number, number]),
  }));
  const top = Math.max(...curves.flatMap(({ curve }) => curve.map(([, y]) => y)));
  const line = (
    points: [number, number][],
    { colour, width, name }: { colour: string; width: number; name?: string },
  ): LineSeriesOption => ({
    type: "line",
    ...(name !== undefined && { name }),
    data: points,
    showSymbol: false,
    color: colour,
    lineStyle: { color: colour, width, type: name === undefined ? "dashed" : "solid" },
  });
  const { legend, height } = legendAbove(covered.map(({ name }) => name));
  const id = "coverage-density";
  const svg = renderSvg(
    {
      legend,
      grid: { top: height, left: 62, right: 24, bottom: 52 },
      xAxis: valueAxis("profiles inside the interval of a gene (%)", { min: start, max: 100 }),
      yAxis: valueAxis("density of genes", { min: 0 }),
      series: [
        ...curves.map(({ name, curve }) => line(curve, { colour: colours.get(name) ?? "", width: 2.5, name })),
        line(
          [
            [90, 0],
            [90, top],
          ],
          { colour: inks.accent, width: 1.5 },
        ),
      ],
    },
    { id },
  );
  return {
    id,
    title: "Coverage of the 90 % intervals",
    caption:
      "How many genes have which share of their true values inside the interval; the dashed line is the 90 % that was " +
      "asked for. Left of it intervals are too narrow for these profiles, which happens where they differ from the " +
      "validation rows.",
    svg,
  };
}
