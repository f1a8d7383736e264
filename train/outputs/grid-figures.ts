import type { Figure } from "../../evaluate/plots/chart.ts";
import type { EpochRow } from "../checkpoint.ts";
import { lineColours, ridgeColour, setLabel } from "./curves.ts";
import { axesOf, baselineOf, bestNet, cellOf, type Grid, type GridNet } from "./grid.ts";
import { type Line, lineFigure } from "./line-figure.ts";

const colourAt = (at: number): string => lineColours[at % lineColours.length] ?? ridgeColour;

/** A baseline's MAE as a dashed line from `start` to `end`. */
function baselineLine(grid: Grid, set: string, [start, end]: readonly [number, number]): Line[] {
  const baseline = baselineOf(grid);
  const error = baseline?.run.scores[set];
  if (baseline === undefined || error === undefined) return [];
  const points = [
    [start, error.mean],
    [end, error.mean],
  ] as const;
  return [{ name: baseline.name, colour: ridgeColour, dashed: true, points }];
}

/** What the dashed line is, for a caption. */
const dashedNote = (lines: readonly Line[]): string => lines.map(({ name }) => ` Dashed: ${name}.`).join("");

/** Error by architecture at the set's best dropout rate, a line a number of layers (Chen et al. 2016, fig. 1). */
export function architectureFigure(grid: Grid, set: string): Figure | undefined {
  const best = bestNet(grid.nets, set);
  if (best === undefined) return undefined;
  const nets = grid.nets.filter(({ dropout }) => dropout === best.dropout);
  const { layers, units } = axesOf(nets);
  const lines = layers.map((count, at): Line => {
    const points = units.flatMap((width) => {
      const error = cellOf(nets, { layers: count, units: width }, set)?.run.scores[set];
      return error ? [[width, error.mean] as const] : [];
    });
    return { name: `${count} hidden ${count === 1 ? "layer" : "layers"}`, colour: colourAt(at), points, marked: true };
  });
  const dashed = baselineLine(grid, set, [units[0] ?? 0, units.at(-1) ?? 0]);
  return lineFigure(
    {
      id: `architecture-${idOf(set)}`,
      title: `Error by architecture on ${setLabel(set)}`,
      caption: `Mean absolute error at ${Number((100 * best.dropout).toFixed(2))} % dropout, the rate with the smallest error on this set; lower is better.${dashedNote(dashed)}`,
    },
    { x: { name: "units of a hidden layer" }, y: { name: "MAE (z units)" } },
    [...lines, ...dashed],
  );
}

/** The architecture that was trained with the most dropout rates on record for a set; of equals the best. */
function comparedArchitecture(nets: readonly GridNet[], set: string): GridNet[] {
  const measured = nets.filter(({ run }) => run.history.some((epoch) => epoch.mae[set] !== undefined));
  const groups = new Map<string, GridNet[]>();
  for (const net of measured) {
    const key = `${net.layers} ${net.units}`;
    groups.set(key, [...(groups.get(key) ?? []), net]);
  }
  const rates = (group: readonly GridNet[]): number => new Set(group.map(({ dropout }) => dropout)).size;
  const error = (group: readonly GridNet[]): number => bestNet(group, set)?.run.scores[set]?.mean ?? Infinity;
  return [...groups.values()].toSorted((a, b) => rates(b) - rates(a) || error(a) - error(b))[0] ?? [];
}

const curve = (history: readonly EpochRow[], set: string): Line["points"] =>
  history.flatMap((epoch) => {
    const mae = epoch.mae[set];
    return mae === undefined ? [] : [[epoch.epoch, mae] as const];
  });

/** Error by epoch on a set, a line a dropout rate of one architecture (fig. 5); undefined where no epoch has it. */
export function dropoutFigure(grid: Grid, set: string): Figure | undefined {
  const nets = comparedArchitecture(grid.nets, set);
  const [first] = nets;
  if (first === undefined) return undefined;
  const rates = [...new Set(nets.map(({ dropout }) => dropout))];
  const lines = rates.map((rate, at): Line => {
    const net = bestNet(
      nets.filter(({ dropout }) => dropout === rate),
      set,
    );
    const name = `${Number((100 * rate).toFixed(2))} % dropout`;
    return { name, colour: colourAt(at), points: curve((net ?? first).run.history, set) };
  });
  const last = Math.max(...lines.map(({ points }) => points.at(-1)?.[0] ?? 1));
  const dashed = baselineLine(grid, set, [1, last]);
  return lineFigure(
    {
      id: `dropout-${idOf(set)}`,
      title: `Error by epoch on ${setLabel(set)}, ${first.units} × ${first.layers}`,
      caption:
        "Mean absolute error of the weights after each epoch. A curve that rises overfits; more dropout holds it down." +
        dashedNote(dashed),
    },
    { x: { name: "epoch", whole: true }, y: { name: "MAE (z units)" } },
    [...lines, ...dashed],
  );
}

/** A set's key as part of an id inside an SVG. */
const idOf = (set: string): string => set.replaceAll(/\W/g, "_");
