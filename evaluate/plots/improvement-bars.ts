import type { Comparison } from "../../schemas/evaluation.ts";
import { type Figure, nameAxis, renderSvg, shortened, valueAxis } from "./chart.ts";
import { inks } from "./palette.ts";

const percent = (share: number) => 100 * share;

/** Ends of the axis, in per cent: whole intervals are seen, and 0. */
function rangeOf(comparisons: readonly Comparison[]): { min: number; max: number } {
  const ends = comparisons.flatMap(({ improvement, improvementInterval }) => [improvement, ...improvementInterval]);
  const [low, high] = [percent(Math.min(0, ...ends)), percent(Math.max(0, ...ends))];
  const step = 10 ** Math.floor(Math.log10(high - low || 1)) / 2;
  return { min: step * Math.floor(low / step), max: step * Math.ceil(high / step) };
}

/** Improvement over each baseline with its interval, one bar a comparison; undefined where there are none. */
export function improvementBars(
  comparisons: readonly Comparison[],
  colours: ReadonlyMap<string, string>,
): Figure | undefined {
  const [first] = comparisons;
  if (first === undefined) return undefined;
  const names = nameAxis(
    comparisons.map(
      ({ model, baseline, winRate }) =>
        `${shortened(`${model} vs ${baseline}`, 30)}\nwins ${percent(winRate).toFixed(1)} % of genes`,
    ),
  );
  const id = "improvement";
  const svg = renderSvg(
    {
      grid: { top: 16, left: names.left, right: 28, bottom: 52 },
      yAxis: { ...names.axis, axisLine: { show: false } },
      xAxis: valueAxis("improvement of the MAE (%)", rangeOf(comparisons)),
      series: [
        {
          type: "bar",
          barWidth: 16,
          data: comparisons.map(({ model, improvement }) => ({
            value: percent(improvement),
            itemStyle: { color: colours.get(model) ?? "", opacity: 0.75 },
          })),
          markLine: {
            silent: true,
            symbol: ["none", "none"],
            label: { show: false },
            lineStyle: { color: inks.text, width: 2, type: "solid" },
            data: [
              ...comparisons.map(
                ({ improvementInterval: [low, high] }, i): [{ coord: number[] }, { coord: number[] }] => [
                  { coord: [percent(low), i] },
                  { coord: [percent(high), i] },
                ],
              ),
              { xAxis: 0, lineStyle: { color: inks.axis, width: 1 } },
            ],
          },
        },
      ],
    },
    { id, height: 80 + 52 * comparisons.length },
  );
  return {
    id,
    title: "Improvement over each other",
    caption:
      "1 − MAE(model) / MAE(baseline); to the right of 0 the model is better. The dark line is the 95 % bootstrap " +
      `interval over ${first.resampled}: where it crosses 0, the data do not settle which one is better.`,
    svg,
  };
}
