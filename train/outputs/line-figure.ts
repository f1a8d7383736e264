import type { LineSeriesOption } from "echarts/charts";
import { type Figure, legendAbove, renderSvg, valueAxis } from "../../evaluate/plots/chart.ts";

/** A line of `[x, y]` points, x ascending. */
export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly colour: string;
  readonly dashed?: boolean;
  /** Points are marked: for a few measured values, not for a curve. */
  readonly marked?: boolean;
}

/** What an axis says and how it is drawn; a logarithmic one needs positive values. */
export interface AxisOfLines {
  readonly name: string;
  readonly log?: boolean;
  /** Counts: no ticks between whole numbers. */
  readonly whole?: boolean;
  /** Begins at 0: for quantities whose ratio is what one looks for. */
  readonly fromZero?: boolean;
}

/** A logarithmic axis that spans less would have next to no ticks. */
const leastRatio = 4;

/** 1, 2 and 5 times powers of ten from the last one not above `low` to the first not below `high`. */
export function logTicks(low: number, high: number): number[] {
  const ticks: number[] = [];
  const last = Math.ceil(Math.log10(high)) + 1;
  for (let power = Math.floor(Math.log10(low)) - 1; power <= last; power++)
    for (const step of [1, 2, 5]) ticks.push(Number(`${step}e${power}`));
  const first = ticks.findLastIndex((tick) => tick <= low);
  return ticks.slice(first, ticks.findIndex((tick) => tick >= high) + 1);
}

/** Every n-th tick of a long axis has a label, powers of ten in any case first. */
function labelled(ticks: readonly number[]): number[] {
  const isPower = (tick: number): boolean => tick.toExponential().startsWith("1e");
  return ticks.length <= 7 ? [...ticks] : ticks.filter(isPower);
}

/** 0.0005 as it is, 1e-7 and 2e+6 short. */
const tickText = (value: number): string =>
  (value >= 1e-4 && value < 1e5) || value === 0 ? String(value) : value.toExponential().replace("e+", "e");

function axisOf({ name, log = false, whole = false, fromZero = false }: AxisOfLines, values: readonly number[]) {
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const axis = valueAxis(name);
  if (!log || !(low > 0) || high / low < leastRatio)
    return {
      ...axis,
      scale: !fromZero,
      ...(whole && { minInterval: 1, min: "dataMin" as const, max: "dataMax" as const }),
    };
  const ticks = logTicks(low, high);
  return {
    ...axis,
    type: "log" as const,
    min: ticks[0] ?? low,
    max: ticks.at(-1) ?? high,
    axisLabel: { ...axis.axisLabel, customValues: labelled(ticks), formatter: tickText },
    axisTick: { ...axis.axisTick, customValues: ticks },
  };
}

/** Lines in one plot with a legend; undefined where no line has a point. */
export function lineFigure(
  { id, title, caption }: Omit<Figure, "svg">,
  { x, y }: { readonly x: AxisOfLines; readonly y: AxisOfLines },
  lines: readonly Line[],
): Figure | undefined {
  const drawn = lines.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return undefined;
  const all = drawn.flatMap(({ points }) => points);
  const { legend, height } = legendAbove(drawn.map(({ name }) => name));
  const svg = renderSvg(
    {
      ...(drawn.length > 1 && { legend }),
      grid: { top: drawn.length > 1 ? height : 16, left: 70, right: 24, bottom: 52 },
      xAxis: axisOf(
        x,
        all.map(([at]) => at),
      ),
      yAxis: {
        ...axisOf(
          y,
          all.map(([, value]) => value),
        ),
        nameGap: 50,
      },
      series: drawn.map(
        ({ name, points, colour, dashed = false, marked = false }): LineSeriesOption => ({
          type: "line",
          name,
          data: points.map(([at, value]) => [at, value]),
          // A single point has no line to be seen by.
          showSymbol: marked || points.length === 1,
          symbol: "circle",
          symbolSize: 7,
          clip: true,
          color: colour,
          lineStyle: { color: colour, width: 2.2, type: dashed ? "dashed" : "solid" },
        }),
      ),
    },
    { id },
  );
  return { id, title, caption, svg };
}
