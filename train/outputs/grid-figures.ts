import type { Figure } from "../../evaluate/plots/chart.ts";
import type { EpochRow } from "../checkpoint.ts";
import { lineColours, ridgeColour, setLabel } from "./curves.ts";
import { axesOf, baselineOf, cellOf, choosingError, chosenNet, errorOf, type Grid, type GridNet } from "./grid.ts";
import type { GridView } from "./grid-views.ts";
import { type Line, lineFigure } from "./line-figure.ts";

const colourAt = (at: number): string => lineColours[at % lineColours.length] ?? ridgeColour;

/** A baseline's MAE as a dashed line from `start` to `end`. */
function baselineLine(grid: Grid, view: GridView, [start, end]: readonly [number, number]): Line[] {
  const baseline = baselineOf(grid);
  const error = baseline && errorOf(baseline.run, view);
  if (baseline === undefined || error === undefined) return [];
  const points = [
    [start, error.mean],
    [end, error.mean],
  ] as const;
  return [{ name: baseline.name, colour: ridgeColour, dashed: true, points }];
}

/** What the dashed line is, for a caption. */
const dashedNote = (lines: readonly Line[]): string => lines.map(({ name }) => ` Dashed: ${name}.`).join("");

/** Error by architecture at the dropout rate that a view's validation set chooses, a line a number of layers (fig. 1). */
export function architectureFigure(grid: Grid, view: GridView): Figure | undefined {
  const chosen = chosenNet(grid.nets, view);
  if (chosen === undefined) return undefined;
  const nets = grid.nets.filter(({ dropout }) => dropout === chosen.dropout);
  const { layers, units } = axesOf(nets);
  const lines = layers.map((count, at): Line => {
    const points = units.flatMap((width) => {
      const net = cellOf(nets, { layers: count, units: width }, view);
      const error = net && errorOf(net.run, view);
      return error ? [[width, error.mean] as const] : [];
    });
    return { name: `${count} hidden ${count === 1 ? "layer" : "layers"}`, colour: colourAt(at), points, marked: true };
  });
  const dashed = baselineLine(grid, view, [units[0] ?? 0, units.at(-1) ?? 0]);
  return lineFigure(
    {
      id: `architecture-${idOf(view)}`,
      title: `Error by architecture on ${setLabel(view.set)}`,
      caption: `Mean absolute error at ${Number((100 * chosen.dropout).toFixed(2))} % dropout, the rate of the net with the smallest error on ${setLabel(view.selection)}; lower is better.${dashedNote(dashed)}`,
    },
    { x: { name: "units of a hidden layer" }, y: { name: "MAE (z units)" } },
    [...lines, ...dashed],
  );
}

/**
 * The architecture that was trained with the most dropout rates on record for a view's set; of equals the one with the
 * smallest error on the validation set that chooses.
 */
function comparedArchitecture(nets: readonly GridNet[], view: GridView): GridNet[] {
  const measured = nets.filter(({ run }) => run.history.some((epoch) => epoch.mae[view.set] !== undefined));
  const groups = new Map<string, GridNet[]>();
  for (const net of measured) {
    const key = `${net.layers} ${net.units}`;
    groups.set(key, [...(groups.get(key) ?? []), net]);
  }
  const rates = (group: readonly GridNet[]): number => new Set(group.map(({ dropout }) => dropout)).size;
  const error = (group: readonly GridNet[]): number => {
    const net = chosenNet(group, view);
    return (net && choosingError(net.run, view)?.mean) ?? Infinity;
  };
  return [...groups.values()].toSorted((a, b) => rates(b) - rates(a) || error(a) - error(b))[0] ?? [];
}

const curve = (history: readonly EpochRow[], set: string): Line["points"] =>
  history.flatMap((epoch) => {
    const mae = epoch.mae[set];
    return mae === undefined ? [] : [[epoch.epoch, mae] as const];
  });

/** Error by epoch on a view's set, a line a dropout rate of one architecture (fig. 5); undefined where no epoch has it. */
export function dropoutFigure(grid: Grid, view: GridView): Figure | undefined {
  const nets = comparedArchitecture(grid.nets, view);
  const [first] = nets;
  if (first === undefined) return undefined;
  const rates = [...new Set(nets.map(({ dropout }) => dropout))];
  const lines = rates.map((rate, at): Line => {
    const net = chosenNet(
      nets.filter(({ dropout }) => dropout === rate),
      view,
    );
    const name = `${Number((100 * rate).toFixed(2))} % dropout`;
    return { name, colour: colourAt(at), points: curve((net ?? first).run.history, view.set) };
  });
  const last = Math.max(...lines.map(({ points }) => points.at(-1)?.[0] ?? 1));
  const dashed = baselineLine(grid, view, [1, last]);
  return lineFigure(
    {
      id: `dropout-${idOf(view)}`,
      title: `Error by epoch on ${setLabel(view.set)}, ${first.units} × ${first.layers}`,
      caption:
        "Mean absolute error of the weights after each epoch. A curve that rises overfits; more dropout holds it down." +
        dashedNote(dashed),
    },
    { x: { name: "epoch", whole: true }, y: { name: "MAE (z units)" } },
    [...lines, ...dashed],
  );
}

/** A view as part of an id inside an SVG. */
const idOf = ({ selection, set }: GridView): string => `${selection}-${set}`.replaceAll(/[^\w-]/g, "_");
