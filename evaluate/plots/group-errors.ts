import type { BarSeriesOption } from "echarts/charts";
import type { GroupErrors } from "../evaluate.ts";
import { type Figure, legendAbove, nameAxis, renderSvg, shortened, valueAxis } from "./chart.ts";

/** Groups that are drawn; the largest ones where there are more. */
const drawn = 24;

/** Mean |error| by group, one bar a model of `models`, worst group of the first model on top. */
export function groupErrorBars(
  groups: GroupErrors,
  models: readonly string[],
  colours: ReadonlyMap<string, string>,
): Figure {
  const series = groups.mae.filter(({ model }) => models.includes(model));
  const errorOf = (group: number) => series[0]?.values[group] ?? Number.NaN;
  const chosen = groups.names
    .map((name, group) => ({ name, group, samples: groups.samples[group] ?? 0 }))
    .filter(({ group }) => !Number.isNaN(errorOf(group)))
    .toSorted((a, b) => b.samples - a.samples || (a.name < b.name ? -1 : 1))
    .slice(0, drawn)
    .toSorted((a, b) => errorOf(b.group) - errorOf(a.group));
  const names = nameAxis(chosen.map(({ name, samples }) => `${shortened(name, 24)} (${samples})`));
  const above = legendAbove(series.map(({ model }) => model));
  const barHeight = series.length > 3 ? 5 : 8;
  const id = "group-errors";
  const svg = renderSvg(
    {
      legend: above.legend,
      grid: { top: above.height, left: names.left, right: 28, bottom: 52 },
      yAxis: names.axis,
      xAxis: valueAxis("MAE (z units)", { min: 0 }),
      series: series.map(
        ({ model, values }): BarSeriesOption => ({
          type: "bar",
          name: model,
          data: chosen.map(({ group }) => values[group] ?? Number.NaN),
          barWidth: barHeight,
          barGap: "10%",
          color: colours.get(model) ?? "",
        }),
      ),
    },
    { id, height: above.height + 60 + Math.max(2, chosen.length) * (series.length * barHeight * 1.1 + 12) },
  );
  const omitted = groups.names.length - chosen.length;
  return {
    id,
    title: `Error by ${groups.field}`,
    caption:
      `Mean absolute error over the samples (their number in brackets) and genes of each ${groups.field}; shorter is ` +
      `better.${omitted > 0 ? ` The ${chosen.length} largest of ${groups.names.length} are shown.` : ""}`,
    svg,
  };
}
