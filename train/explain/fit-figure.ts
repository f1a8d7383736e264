import type { ScatterSeriesOption } from "echarts/charts";
import { equalityLine, type Figure, renderSvg, valueAxis } from "../../evaluate/plots/chart.ts";
import type { ActivationFit } from "./adjusted-r2.ts";

/** Activations against landmarks, one dot a target, with the diagonal (Chen et al. 2016, 3.4). */
export function fitFigure({ activations, inputs, activationsWin, rows }: ActivationFit): Figure {
  const points = Array.from(inputs.adjusted, (x, t) => [x, activations.adjusted[t] ?? Number.NaN] as const);
  const defined = points.filter(([x, y]) => !Number.isNaN(x) && !Number.isNaN(y));
  const least = defined.flat().reduce((low, value) => Math.min(low, value), 0.9);
  const min = Math.floor(least * 10) / 10;
  const dots: ScatterSeriesOption = {
    type: "scatter",
    data: defined.map(([x, y]) => [x, y]),
    symbol: "rect",
    symbolSize: 2.6,
    large: true,
    largeThreshold: 500,
    itemStyle: { color: "#0072B2", opacity: 0.75 },
  };
  const id = "adjusted-r2";
  const svg = renderSvg(
    {
      grid: { top: 16, left: 66, right: 24, bottom: 52 },
      xAxis: valueAxis("adjusted R², landmarks", { min, max: 1 }),
      yAxis: { ...valueAxis("adjusted R², activations", { min, max: 1 }), nameGap: 44 },
      series: [dots, equalityLine(min, 1)],
    },
    { id, height: 460 },
  );
  return {
    id,
    title: "What the last hidden layer knows of each target",
    caption:
      "One dot a target: how well linear regression on the last hidden layer's activations fits it, against regression " +
      `on the landmarks themselves, over ${rows} training profiles. Above the dashed line activations fit better: ` +
      `${(100 * activationsWin).toFixed(2)} % of the targets.`,
    svg,
  };
}
