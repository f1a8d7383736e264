/**
 * The runs of D-GEX's grid, layers × units × dropout, beside the baselines (Chen et al. 2016, tables 1 and 2).
 * @module
 */
import type { Recipe, SelectionScores, SetScores } from "../../schemas/index.ts";
import type { EpochRow } from "../checkpoint.ts";
import { setLabel } from "./curves.ts";
import { type GridView, gridViews, viewNotes } from "./grid-views.ts";
import type { HeldOutSet } from "./held-out-sets.ts";

/** MAE (z units) over the target genes: mean and population sd, as the paper's ±. */
export type GeneError = SetScores[string];

/** A finished run with its scores. */
export interface GridRun {
  readonly recipe: Recipe;
  /** What each validation set has chosen, and its errors by set. */
  readonly selections: readonly SelectionScores[];
  /** Empty for a closed form. */
  readonly history: readonly EpochRow[];
}

/** A net of the grid; hidden layers are equally wide. */
export interface GridNet {
  readonly kind: "net";
  readonly layers: number;
  readonly units: number;
  readonly dropout: number;
  readonly run: GridRun;
}

/** LR, LR-L1, LR-L2 or KNN-GE. */
export interface GridBaseline {
  readonly kind: "baseline";
  readonly name: string;
  readonly run: GridRun;
}

/** The runs in the order of the paper's tables. */
export interface Grid {
  readonly nets: readonly GridNet[];
  readonly baselines: readonly GridBaseline[];
  /** Those with a score, tables 1 and 2 among them, in the order of the validation sets. */
  readonly views: readonly GridView[];
  /** What a reader of the tables must know. */
  readonly notes: readonly string[];
}

const baselineOrder = ["LR", "LR-L1", "LR-L2", "KNN-GE"];

/** The paper's name of a closed form; undefined for other families. */
function baselineName(recipe: Recipe): string | undefined {
  if (recipe.family === "knn") return "KNN-GE";
  if (recipe.family !== "linear") return undefined;
  return recipe.penalty === "none" ? "LR" : `LR-${recipe.penalty.toUpperCase()}`;
}

function placeOf(run: GridRun): GridNet | GridBaseline | undefined {
  const { recipe } = run;
  const name = baselineName(recipe);
  if (name !== undefined) return { kind: "baseline", name, run };
  if (recipe.family !== "dgex") return undefined;
  const { hidden, dropout } = recipe;
  const [units = 0] = hidden;
  if (hidden.some((width) => width !== units)) return undefined;
  return { kind: "net", layers: hidden.length, units, dropout, run };
}

const rankOf = (name: string): number => {
  const rank = baselineOrder.indexOf(name);
  return rank < 0 ? baselineOrder.length : rank;
};

const selects = ({ selections }: GridRun, selection: string): boolean =>
  selections.some(({ selectedOn }) => selectedOn === selection);

/** `before NAMES after` of some runs; nothing of none. */
function runsNote(before: string, runs: readonly GridRun[], after: string): string[] {
  const names = runs.map(({ recipe }) => recipe.name).toSorted();
  return names.length === 0 ? [] : [`${before} ${names.join(", ")}: ${after}`];
}

/** Runs that lack what a validation set would have chosen, and nets that lack its error, by which they are chosen. */
function lackingNotes(runs: readonly GridRun[], views: readonly GridView[]): string[] {
  return [...new Set(views.map(({ selection }) => selection))].flatMap((selection) => {
    const set = setLabel(selection);
    const unscored = runs.filter((run) => !selects(run, selection));
    const unranked = runs.filter(
      (run) =>
        run.recipe.family === "dgex" && selects(run, selection) && choosingError(run, { selection }) === undefined,
    );
    return [
      ...runsNote(`no scores of what ${set} chooses, of`, unscored, "train anew to have them"),
      ...runsNote(`no error on ${set}, which chooses, of`, unranked, "left out; train anew to have it"),
    ];
  });
}

/** Sorts runs into the grid: by dropout, layers, units. `sets`: the dataset's held-out sets. */
export function gridOf(runs: readonly GridRun[], sets: readonly HeldOutSet[]): Grid {
  const placed = runs.map((run) => placeOf(run));
  const nets = placed.filter((one) => one?.kind === "net");
  const baselines = placed.filter((one) => one?.kind === "baseline");
  const left = runs.filter((_, at) => placed[at] === undefined).map(({ recipe }) => recipe.name);
  const views = gridViews(sets);
  const used = runs.filter((_, at) => placed[at] !== undefined);
  return {
    nets: nets.toSorted((a, b) => a.dropout - b.dropout || a.layers - b.layers || a.units - b.units),
    baselines: baselines.toSorted((a, b) => rankOf(a.name) - rankOf(b.name) || a.name.localeCompare(b.name, "en")),
    views: views.filter((view) => used.some((run) => errorOf(run, view) !== undefined)),
    notes: [
      ...viewNotes(views),
      ...lackingNotes(used, views),
      ...left.map((name) => `${name} is neither a net of equally wide layers nor a baseline: left out`),
    ],
  };
}

/** Error of a run in a view; undefined where the run keeps no such selection, or was not scored on the set. */
export function errorOf({ selections }: GridRun, { selection, set }: GridView): GeneError | undefined {
  return selections.find(({ selectedOn }) => selectedOn === selection)?.mae[set];
}

/** Dropout rates of the grid, ascending. */
export const dropoutsOf = ({ nets }: Grid): number[] => [...new Set(nets.map(({ dropout }) => dropout))];

/** Layer counts and widths of some nets, ascending. */
export function axesOf(nets: readonly GridNet[]): { layers: number[]; units: number[] } {
  const ascending = (values: readonly number[]): number[] => [...new Set(values)].toSorted((a, b) => a - b);
  return { layers: ascending(nets.map(({ layers }) => layers)), units: ascending(nets.map(({ units }) => units)) };
}

/** Error of a run on the validation set that chooses in a view, of what that set chooses. */
export const choosingError = (run: GridRun, { selection }: Pick<GridView, "selection">): GeneError | undefined =>
  errorOf(run, { selection, set: selection });

/**
 * The net with the smallest MAE on the validation set that chooses in a view, never on the view's test set: an error
 * that chooses is too small by chance. Undefined where no net has one.
 */
export function chosenNet(nets: readonly GridNet[], view: GridView): GridNet | undefined {
  const error = ({ run }: GridNet): number => choosingError(run, view)?.mean ?? Number.POSITIVE_INFINITY;
  const [first, ...rest] = nets.filter((net) => error(net) < Number.POSITIVE_INFINITY);
  return first && rest.reduce((best, net) => (error(net) < error(best) ? net : best), first);
}

/** The baseline that the paper's figures draw a line for: LR, or else the first. */
export const baselineOf = ({ baselines }: Grid): GridBaseline | undefined => baselines[0];

/** The net of a cell: {@link chosenNet} of those that share an architecture (seeds, rates). */
export function cellOf(
  nets: readonly GridNet[],
  { layers, units }: { readonly layers: number; readonly units: number },
  view: GridView,
): GridNet | undefined {
  return chosenNet(
    nets.filter((net) => net.layers === layers && net.units === units),
    view,
  );
}

/** `9000 × 3, 10 % dropout`. */
export function netName({ units, layers, dropout }: Omit<GridNet, "kind" | "run">): string {
  return `${units} × ${layers}, ${Number((100 * dropout).toFixed(2))} % dropout`;
}
