import { setLabel } from "./curves.ts";
import { axesOf, bestNet, cellOf, dropoutsOf, type GeneError, type Grid, type GridNet } from "./grid.ts";

/** Rows and columns of one table: architectures of one dropout rate on one set, then the baselines. */
export interface GridTable {
  readonly set: string;
  readonly dropout: number;
  /** True for the dropout rate with the set's smallest MAE: what the paper prints. */
  readonly chosen: boolean;
  readonly title: string;
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Row and column of the smallest MAE of all. */
  readonly best: readonly [row: number, column: number] | undefined;
}

const meanAndSd = (error: GeneError | undefined): string =>
  error === undefined ? "–" : `${error.mean.toFixed(4)} ± ${error.sd.toFixed(4)}`;

const percent = (share: number): string => `${Number((100 * share).toFixed(2))} %`;

function tableOf({ baselines }: Grid, nets: readonly GridNet[], of: { set: string; dropout: number; chosen: boolean }) {
  const { layers, units } = axesOf(nets);
  const errors = layers.map((count) =>
    units.map((width) => cellOf(nets, { layers: count, units: width }, of.set)?.run.scores[of.set]),
  );
  const netRows = errors.map((row, at) => [
    `${layers[at]} hidden ${layers[at] === 1 ? "layer" : "layers"}`,
    ...row.map(meanAndSd),
  ]);
  const scored = baselines.filter(({ run }) => run.scores[of.set] !== undefined);
  const baselineRows = scored.map(({ name, run }) => [name, meanAndSd(run.scores[of.set])]);
  const flat = [...errors, ...scored.map(({ run }) => [run.scores[of.set]])].flatMap((row, r) =>
    row.flatMap((error, c) => (error === undefined ? [] : [{ mean: error.mean, place: [r, c + 1] as const }])),
  );
  const [first, ...rest] = flat;
  const best = first && rest.reduce((a, b) => (b.mean < a.mean ? b : a), first);
  return {
    ...of,
    title: `MAE ± SD over genes on ${setLabel(of.set)}, dropout ${percent(of.dropout)}`,
    headers: ["", ...units.map((width) => `${width} units`)],
    rows: [...netRows, ...baselineRows],
    best: best?.place,
  } satisfies GridTable;
}

/**
 * Tables of every set and dropout rate (the paper's supplement); the first of a set is at its best rate (tables 1 and 2
 * of Chen et al. 2016: 10 % on the own platform, 25 % on the other).
 */
export function gridTables(grid: Grid): GridTable[] {
  return grid.sets.flatMap((set) => {
    const best = bestNet(grid.nets, set)?.dropout;
    const tables = dropoutsOf(grid).map((dropout) =>
      tableOf(
        grid,
        grid.nets.filter((net) => net.dropout === dropout),
        { set, dropout, chosen: dropout === best },
      ),
    );
    return tables.toSorted((a, b) => Number(b.chosen) - Number(a.chosen));
  });
}

/** The tables as plain text, for a terminal; an asterisk marks the smallest MAE. */
export function gridText(grid: Grid): string {
  return gridTables(grid)
    .map(({ title, headers, rows, best }) => {
      const marked = rows.map((row, r) =>
        row.map((cell, c) => (best?.[0] === r && best[1] === c ? `${cell} *` : cell)),
      );
      const lines = [headers, ...marked];
      const widths = headers.map((_, c) => Math.max(...lines.map((line) => line[c]?.length ?? 0)));
      const text = lines.map((line) =>
        line
          .map((cell, c) => cell.padEnd(widths[c] ?? 0))
          .join("  ")
          .trimEnd(),
      );
      return `${title}\n${text.join("\n")}\n`;
    })
    .join("\n");
}

/** One line a run and set: method, layers, units, dropout, set, MAE, SD. Tab-separated, header first. */
export function gridTsv({ nets, baselines, sets }: Grid): string {
  const lines = sets.flatMap((set) => [
    ...nets.flatMap(({ layers, units, dropout, run }) => {
      const error = run.scores[set];
      return error ? [["D-GEX", layers, units, dropout, set, error.mean, error.sd, run.recipe.name]] : [];
    }),
    ...baselines.flatMap(({ name, run }) => {
      const error = run.scores[set];
      return error ? [[name, "", "", "", set, error.mean, error.sd, run.recipe.name]] : [];
    }),
  ]);
  const header = ["method", "layers", "units", "dropout", "set", "mae", "sd", "recipe"];
  return [header, ...lines].map((cells) => `${cells.join("\t").replaceAll(/[\r\n]+/g, " ")}\n`).join("");
}
