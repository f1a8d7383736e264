import { axesOf, cellOf, chosenNet, dropoutsOf, errorOf, type GeneError, type Grid, type GridNet } from "./grid.ts";
import { type GridView, viewName } from "./grid-views.ts";

/** Rows and columns of one table: architectures of one dropout rate in one view, then the baselines. */
export interface GridTable {
  readonly view: GridView;
  readonly dropout: number;
  /** True for the dropout rate of the net with the smallest MAE on the validation set that chooses. */
  readonly chosen: boolean;
  /** With the view, for where nothing else says it. */
  readonly title: string;
  /** Without it, for a place that has it in a heading. */
  readonly heading: string;
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Row and column of the smallest MAE that is shown. */
  readonly best: readonly [row: number, column: number] | undefined;
}

const meanAndSd = (error: GeneError | undefined): string =>
  error === undefined ? "–" : `${error.mean.toFixed(4)} ± ${error.sd.toFixed(4)}`;

const percent = (share: number): string => `${Number((100 * share).toFixed(2))} %`;

function titlesOf({ view, dropout, chosen }: Pick<GridTable, "view" | "dropout" | "chosen">) {
  const what = `${view.table !== undefined && chosen ? `Table ${view.table}: ` : ""}MAE ± SD over genes`;
  const rate = `dropout ${percent(dropout)}`;
  return { title: `${what} on ${viewName(view)}, ${rate}`, heading: `${what}, ${rate}` };
}

function tableOf(
  { baselines }: Grid,
  nets: readonly GridNet[],
  of: Pick<GridTable, "view" | "dropout" | "chosen">,
): GridTable {
  const { view } = of;
  const { layers, units } = axesOf(nets);
  const errors = layers.map((count) =>
    units.map((width) => {
      const net = cellOf(nets, { layers: count, units: width }, view);
      return net && errorOf(net.run, view);
    }),
  );
  const netRows = errors.map((row, at) => [
    `${layers[at]} hidden ${layers[at] === 1 ? "layer" : "layers"}`,
    ...row.map(meanAndSd),
  ]);
  const scored = baselines.flatMap(({ name, run }) => {
    const error = errorOf(run, view);
    return error === undefined ? [] : [{ name, error }];
  });
  const flat = [...errors, ...scored.map(({ error }) => [error])].flatMap((row, r) =>
    row.flatMap((error, c) => (error === undefined ? [] : [{ mean: error.mean, place: [r, c + 1] as const }])),
  );
  const [first, ...rest] = flat;
  return {
    ...of,
    ...titlesOf(of),
    headers: ["", ...units.map((width) => `${width} units`)],
    rows: [...netRows, ...scored.map(({ name, error }) => [name, meanAndSd(error)])],
    best: (first && rest.reduce((a, b) => (b.mean < a.mean ? b : a), first))?.place,
  };
}

/**
 * Tables of every view and dropout rate (the paper's supplement); the first of a view is at the rate of the net
 * that its validation set chooses. Tables 1 and 2 of Chen et al. 2016 are at the rates that are best on the test sets:
 * 10 % on the own platform, 25 % on the other.
 */
export function gridTables(grid: Grid): GridTable[] {
  return grid.views.flatMap((view) => {
    const best = chosenNet(grid.nets, view)?.dropout;
    const tables = dropoutsOf(grid).map((dropout) =>
      tableOf(
        grid,
        grid.nets.filter((net) => net.dropout === dropout),
        { view, dropout, chosen: dropout === best },
      ),
    );
    return tables.toSorted((a, b) => Number(b.chosen) - Number(a.chosen));
  });
}

/** `epoch = 12`. */
const chosenText = (selected: Readonly<Record<string, number>>): string =>
  Object.entries(selected)
    .map(([name, value]) => `${name} = ${value}`)
    .join(", ");

/**
 * One line a run, selection and set, whether a table shows them together or not: method, layers, units, dropout, the
 * validation set that chose, what it chose, set, MAE, SD, recipe. Tab-separated, header first.
 */
export function gridTsv({ nets, baselines }: Grid): string {
  const placed = [
    ...nets.map(({ layers, units, dropout, run }) => ({ place: ["D-GEX", layers, units, dropout], run })),
    ...baselines.map(({ name, run }) => ({ place: [name, "", "", ""], run })),
  ];
  const lines = placed.flatMap(({ place, run: { selections, recipe } }) =>
    selections.flatMap(({ selectedOn, selected, mae }) =>
      Object.entries(mae).map(([set, { mean, sd }]) => [
        ...place,
        selectedOn,
        chosenText(selected),
        set,
        mean,
        sd,
        recipe.name,
      ]),
    ),
  );
  const header = ["method", "layers", "units", "dropout", "selected_on", "selected", "set", "mae", "sd", "recipe"];
  return [header, ...lines].map((cells) => `${cells.join("\t").replaceAll(/[\r\n]+/g, " ")}\n`).join("");
}
