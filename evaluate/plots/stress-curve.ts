import type { LineSeriesOption } from "echarts/charts";
import type { Stress } from "../../schemas/evaluation.ts";
import { type Figure, legendAbove, renderSvg, valueAxis } from "./chart.ts";

/** MAE against the share of landmarks hidden, one line each of `models`. */
export function stressCurve(
  { shares, mae, sets }: Stress,
  models: readonly string[],
  colours: ReadonlyMap<string, string>,
): Figure {
  const curves = mae.filter(({ model }) => models.includes(model));
  const series = curves.map(({ model, mae: errors }): LineSeriesOption => {
    const colour = colours.get(model) ?? "";
    return {
      type: "line",
      name: model,
      data: errors.map((error, level) => [100 * (shares[level] ?? 0), error]),
      symbol: "circle",
      symbolSize: 7,
      color: colour,
      lineStyle: { color: colour, width: 2.5 },
    };
  });
  const { legend, height } = legendAbove(curves.map(({ model }) => model));
  const id = "stress-curve";
  const svg = renderSvg(
    {
      legend,
      grid: { top: height, left: 66, right: 24, bottom: 52 },
      xAxis: valueAxis("landmarks missing (%)", { min: 0 }),
      yAxis: { ...valueAxis("MAE (z units)"), nameGap: 48, scale: true },
      series,
    },
    { id },
  );
  return {
    id,
    title: "With landmarks missing",
    caption:
      `Error when random landmarks are missing and each model fills them with their conditional mean, over ${sets} ` +
      "random sets; flatter is better. The axis does not begin at 0.",
    svg,
  };
}
