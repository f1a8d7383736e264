import type { ScatterSeriesOption } from "echarts/charts";
import { type Figure, nameAxis, renderSvg, shortened, valueAxis } from "../../evaluate/plots/chart.ts";
import { lineColours, ridgeColour } from "../outputs/curves.ts";
import { logTicks } from "../outputs/line-figure.ts";
import type { Leaderboard, LeaderboardRow } from "./leaderboard.ts";

/** Trials with more than this many times the smallest error are left out: they would press all others together. */
const shownTimesBest = 3;
/** Values that span more are drawn on a logarithmic axis. */
const logRatio = 20;

interface Point {
  readonly value: NonNullable<LeaderboardRow["fields"][string]>;
  readonly mae: number;
  readonly isBest: boolean;
}

function pointsOf({ rows }: Leaderboard, field: string): Point[] {
  return rows.flatMap(({ fields, validationMae, place }) => {
    const value = fields[field];
    if (value === undefined || value === null || validationMae === undefined) return [];
    return [{ value, mae: validationMae, isBest: place === 1 }];
  });
}

/** Ends of an axis on whole multiples of 1, 2 or 5 times a power of ten, about four of them between. */
function maeRange(maes: readonly number[]): { min: number; max: number } {
  const [low, high] = [Math.min(...maes), Math.max(...maes)];
  const quarter = (high - low || low || 1) / 4;
  const coarse = logTicks(quarter, quarter).at(-1) ?? quarter;
  const multiple = (count: number): number => Number((count * coarse).toPrecision(6));
  return { min: multiple(Math.floor(low / coarse)), max: multiple(Math.ceil(high / coarse)) };
}

const ridgeLine = (ridge: number | undefined, axis: "xAxis" | "yAxis"): Pick<ScatterSeriesOption, "markLine"> =>
  ridge === undefined
    ? {}
    : {
        markLine: {
          silent: true,
          symbol: "none",
          label: {
            formatter: "ridge",
            color: ridgeColour,
            fontSize: 12,
            position: axis === "xAxis" ? "start" : "insideEndTop",
          },
          lineStyle: { color: ridgeColour, width: 2, type: "dashed" },
          data: [{ [axis]: ridge }],
        },
      };

/** A dot a trial; the best is larger and has a colour of its own. */
function dots(points: readonly { readonly at: readonly (number | string)[]; readonly isBest: boolean }[]) {
  const [colour, bestColour] = [lineColours[0], lineColours[1]];
  return {
    type: "scatter" as const,
    data: points.map(({ at, isBest }) => ({
      value: [...at],
      symbolSize: isBest ? 12 : 8,
      itemStyle: { color: isBest ? bestColour : colour, opacity: isBest ? 1 : 0.7 },
    })),
  };
}

/** From tick to tick; where there are many, those at powers of ten have labels. */
function logAxis(field: string, low: number, high: number) {
  const ticks = logTicks(low, high);
  const axis = valueAxis(field, { min: ticks[0] ?? low, max: ticks.at(-1) ?? high });
  const labels = ticks.length <= 7 ? ticks : ticks.filter((tick) => tick.toExponential().startsWith("1e"));
  return {
    ...axis,
    type: "log" as const,
    axisLabel: { ...axis.axisLabel, customValues: labels, formatter: String },
    axisTick: { ...axis.axisTick, customValues: ticks },
  };
}

/** Numbers along x, validation MAE along y. */
function numbersSvg(points: readonly (Point & { readonly value: number })[], about: Drawn): string {
  const values = points.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const isLog = low > 0 && high / low >= logRatio;
  const xAxis = isLog ? logAxis(about.field, low, high) : { ...valueAxis(about.field), scale: true };
  return renderSvg(
    {
      grid: { top: 16, left: 74, right: 24, bottom: 52 },
      xAxis,
      yAxis: { ...valueAxis(maeName, about.range), nameGap: 54 },
      series: [
        {
          ...dots(points.map(({ value, mae, isBest }) => ({ at: [value, mae], isBest }))),
          ...ridgeLine(about.ridge, "yAxis"),
        },
      ],
    },
    { id: about.id },
  );
}

/** Choices by name down the left, validation MAE along x. */
function choicesSvg(points: readonly Point[], about: Drawn): string {
  const text = ({ value }: Point): string => shortened(typeof value === "string" ? value : JSON.stringify(value));
  const names = [...new Set(points.map(text))].toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const { axis, left } = nameAxis(names);
  return renderSvg(
    {
      grid: { top: 28, left, right: 24, bottom: 52 },
      xAxis: valueAxis(maeName, about.range),
      yAxis: axis,
      series: [
        {
          ...dots(points.map((point) => ({ at: [point.mae, text(point)], isBest: point.isBest }))),
          ...ridgeLine(about.ridge, "xAxis"),
        },
      ],
    },
    { id: about.id, height: 112 + 30 * Math.max(3, names.length) },
  );
}

const maeName = "validation MAE (z units)";

interface Drawn {
  readonly id: string;
  readonly field: string;
  readonly range: { readonly min: number; readonly max: number };
  readonly ridge: number | undefined;
}

const isNumber = (point: Point): point is Point & { readonly value: number } => typeof point.value === "number";

/** Validation MAE of the trials by each field that they differ in, a figure a field. */
export function fieldFigures(board: Leaderboard): Figure[] {
  return board.fields.flatMap((field, at) => {
    const all = pointsOf(board, field);
    const best = Math.min(...all.map(({ mae }) => mae));
    const points = all.filter(({ mae }) => mae <= shownTimesBest * best);
    if (new Set(points.map(({ value }) => JSON.stringify(value))).size < 2) return [];
    const range = maeRange([
      ...points.map(({ mae }) => mae),
      ...(board.ridgeMae === undefined ? [] : [board.ridgeMae]),
    ]);
    const about = { id: `field-${at}`, field, range, ridge: board.ridgeMae };
    const svg = points.every(isNumber) ? numbersSvg(points, about) : choicesSvg(points, about);
    const left = all.length - points.length;
    const hidden = left > 0 ? ` ${left} with more than ${shownTimesBest} times the smallest error are not drawn.` : "";
    const caption = `A dot a trial, the best one large; all other fields vary too. Dashed: ridge on the same rows.${hidden}`;
    return [{ id: about.id, title: `Validation error by ${field}`, caption, svg }];
  });
}
