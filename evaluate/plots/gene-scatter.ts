import type { ScatterSeriesOption } from "echarts/charts";
import type { GeneColumns } from "../per-gene.ts";
import { equalityLine, type Figure, legendAbove, renderSvg, shortened, valueAxis } from "./chart.ts";
import { inks } from "./palette.ts";

/** Per-gene MAE of a model against a baseline's, one dot a gene, with the diagonal (D-GEX, figs. 3 and 4). */
export function geneScatter(options: {
  id: string;
  model: GeneColumns;
  baseline: GeneColumns;
  overlap: Uint8Array;
  colour: string;
}): Figure {
  const { id, model, baseline, overlap, colour } = options;
  const points = Array.from(model.metrics.mae, (mae, g) => [mae, baseline.metrics.mae[g] ?? Number.NaN] as const);
  const defined = points.flat().filter((mae) => !Number.isNaN(mae));
  const max = niceCeiling(defined.reduce((largest, mae) => Math.max(largest, mae), 0));
  const dots = (name: string, flag: 0 | 1): ScatterSeriesOption => ({
    type: "scatter",
    name,
    data: points
      .filter(([mae], g) => !Number.isNaN(mae) && (overlap[g] === 1 ? 1 : 0) === flag)
      .map(([x, y]) => [x, y]),
    symbol: "rect",
    symbolSize: 2.6,
    large: true,
    largeThreshold: 500,
    // Ink, not a colour: targets that are landmarks too must not look like another model's.
    itemStyle: { color: flag === 1 ? inks.text : colour, opacity: 0.75 },
  });
  const overlapping = overlap.includes(1);
  const names = ["other targets", "also a landmark"] as const;
  const above = legendAbove(names);
  const short = shortened(model.name);
  const svg = renderSvg(
    {
      ...(overlapping && { legend: above.legend }),
      grid: { top: overlapping ? above.height : 16, left: 66, right: 24, bottom: 52 },
      xAxis: valueAxis(`MAE of ${short} (z units)`, { min: 0, max }),
      yAxis: { ...valueAxis(`MAE of ${shortened(baseline.name)} (z units)`, { min: 0, max }), nameGap: 44 },
      series: [dots(names[0], 0), ...(overlapping ? [dots(names[1], 1)] : []), equalityLine(0, max)],
    },
    { id, height: 460 },
  );
  return {
    id,
    title: `Gene by gene: ${model.name} and ${baseline.name}`,
    caption:
      `One dot a gene. Above the dashed line ${model.name} has the smaller error, below it ${baseline.name} has.` +
      (overlapping ? " Targets that are landmarks too are in the input already and say little of inference." : ""),
    svg,
  };
}

/** The smallest of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 or 10 times a power of ten that is not below `value`; 1 for 0. */
function niceCeiling(value: number): number {
  if (value === 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8].find((step) => step * power >= value) ?? 10) * power;
}
