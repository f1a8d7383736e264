import type { BarSeriesOption } from "echarts/charts";
import type { GroupScores } from "../../schemas/evaluation.ts";
import { type Figure, legendAbove, nameAxis, renderSvg, shortened, valueAxis } from "./chart.ts";

/** Groups that are drawn; the largest ones where there are more. */
const drawn = 24;

/** Mean |error| by group, one bar a model of `models`, in the groups' order: worst of the first model on top. */
export function groupErrorBars(
  { field, groups }: { field: string; groups: readonly GroupScores[] },
  models: readonly string[],
  colours: ReadonlyMap<string, string>,
): Figure {
  const largest = new Set(
    groups.toSorted((a, b) => b.samples - a.samples || (a.group < b.group ? -1 : 1)).slice(0, drawn),
  );
  const chosen = groups.filter((group) => largest.has(group));
  const names = nameAxis(chosen.map(({ group, samples }) => `${shortened(group, 24)} (${samples})`));
  const above = legendAbove(models);
  const barHeight = models.length > 3 ? 5 : 8;
  const id = "group-errors";
  const svg = renderSvg(
    {
      legend: above.legend,
      grid: { top: above.height, left: names.left, right: 28, bottom: 52 },
      yAxis: names.axis,
      xAxis: valueAxis("MAE (z units)", { min: 0 }),
      series: models.map(
        (model): BarSeriesOption => ({
          type: "bar",
          name: model,
          data: chosen.map(({ mae }) => mae[model] ?? Number.NaN),
          barWidth: barHeight,
          barGap: "10%",
          color: colours.get(model) ?? "",
        }),
      ),
    },
    { id, height: above.height + 60 + Math.max(2, chosen.length) * (models.length * barHeight * 1.1 + 12) },
  );
  const omitted = groups.length - chosen.length;
  return {
    id,
    title: `Error by ${field}`,
    caption:
      `Mean absolute error over the samples (their number in brackets) and genes of each ${field}; shorter is ` +
      `better.${omitted > 0 ? ` The ${chosen.length} largest of ${groups.length} are shown.` : ""}`,
    svg,
  };
}
