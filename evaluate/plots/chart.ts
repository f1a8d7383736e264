import type { LineSeriesOption, ScatterSeriesOption } from "echarts/charts";
import { BarChart, type BarSeriesOption, LineChart, ScatterChart } from "echarts/charts";
import type { GridComponentOption, LegendComponentOption, MarkLineComponentOption } from "echarts/components";
import { GridComponent, LegendComponent, MarkLineComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { inks } from "./palette.ts";

/** The series and components that the report's plots are made of. */
export type ChartOption = echarts.ComposeOption<
  | BarSeriesOption
  | LineSeriesOption
  | ScatterSeriesOption
  | GridComponentOption
  | LegendComponentOption
  | MarkLineComponentOption
>;

/** A plot of the report. */
export interface Figure {
  /** Prefix of every id inside the SVG; unique in a report. */
  readonly id: string;
  readonly title: string;
  /** How to read it. */
  readonly caption: string;
  readonly svg: string;
}

/** Width of a plot in CSS pixels: small enough that its text can still be read when it is scaled to a phone. */
const chartWidth = 560;

const usualHeight = 360;
const fontFamily = "DejaVu Sans, Verdana, sans-serif";

/** Width of a character in ems, on the safe side for DejaVu Sans, the widest of the font family. */
const characterEms = 0.63;

/** Stands in for a canvas, which Node has not: without it legends are laid out for a narrower font and overlap. */
const measureText = (text: string, font?: string) => ({
  width: text.length * characterEms * Number(/(\d+(?:\.\d+)?)px/.exec(font ?? "")?.[1] ?? 12),
});

/** Draws a chart as an SVG text without DOM; the same option always gives the same bytes. */
export function renderSvg(option: ChartOption, { id, height = usualHeight }: { id: string; height?: number }): string {
  // Idempotent, and here rather than at import time, so that importing this file does nothing.
  echarts.setPlatformAPI({ measureText });
  echarts.use([BarChart, LineChart, ScatterChart, GridComponent, LegendComponent, MarkLineComponent, SVGRenderer]);
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: chartWidth, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: "transparent",
      textStyle: { fontFamily, fontSize: 13, color: inks.text },
      ...option,
    } satisfies ChartOption);
    return stable(chart.renderToSVGString({ useViewBox: true }), id);
  } finally {
    chart.dispose();
  }
}

/** Takes out what counts up with every chart of the process (class and clip ids) and what only a pointer needs. */
function stable(svg: string, id: string): string {
  return svg
    .replaceAll(/<style\s*>[^]*?<\/style>\s*/g, "")
    .replaceAll(/ (?:class|ecmeta_[a-z_]+|pointer-events|xml:space)="[^"]*"/g, "")
    .replaceAll(/ id="zr\d+-/g, ` id="${id}-`)
    .replaceAll(/="url\(#zr\d+-/g, `="url(#${id}-`)
    .replaceAll(/ d="[^"]*"/g, (path) =>
      path.replaceAll(/\d+\.\d\d+/g, (number) => String(Number(Number(number).toFixed(1)))),
    );
}

/** An axis of numbers with its name along it. */
export function valueAxis(name: string, range: { min?: number; max?: number } = {}) {
  return {
    type: "value" as const,
    name,
    nameLocation: "middle" as const,
    nameGap: 34,
    nameTextStyle: { color: inks.text, fontSize: 13 },
    axisLabel: { color: inks.text, fontSize: 12, hideOverlap: true },
    axisLine: { show: true, onZero: false, lineStyle: { color: inks.axis } },
    axisTick: { show: true, lineStyle: { color: inks.axis } },
    splitLine: { lineStyle: { color: inks.grid } },
    splitNumber: 5,
    ...range,
  };
}

/** The dashed line y = x from one value to another. */
export function equalityLine(from: number, to: number): LineSeriesOption {
  return {
    type: "line",
    silent: true,
    data: [
      [from, from],
      [to, to],
    ],
    showSymbol: false,
    color: inks.accent,
    lineStyle: { color: inks.accent, width: 1.5, type: "dashed" },
  };
}

/** An axis of names, the first one on top; `left` is the room that they take. */
export function nameAxis(names: readonly string[]) {
  const lines = names.flatMap((name) => name.split("\n"));
  const left = 16 + 12 * characterEms * Math.max(...lines.map((line) => line.length));
  const axis = {
    type: "category" as const,
    data: [...names],
    inverse: true,
    axisLabel: { color: inks.text, fontSize: 12, interval: 0, lineHeight: 16 },
    axisLine: { lineStyle: { color: inks.axis } },
    axisTick: { show: false },
  };
  return { axis, left };
}

/** A legend above the plot, with the room that its lines take. */
export function legendAbove(names: readonly string[]): { legend: LegendComponentOption; height: number } {
  let [lines, used] = [1, 0];
  for (const name of names) {
    const width = 44 + 13 * characterEms * shortened(name).length;
    if (used > 0 && used + width > chartWidth - 20) [lines, used] = [lines + 1, 0];
    used += width;
  }
  const legend: LegendComponentOption = {
    top: 4,
    left: "center",
    width: chartWidth - 20,
    data: [...names],
    icon: "roundRect",
    itemWidth: 16,
    itemHeight: 8,
    itemGap: 16,
    formatter: (name: string) => shortened(name),
    textStyle: { color: inks.text, fontSize: 13 },
  };
  return { legend, height: 14 + 24 * lines };
}

/** A name that fits beside an axis. */
export function shortened(name: string, characters = 28): string {
  return name.length <= characters ? name : `${name.slice(0, characters - 1)}…`;
}
