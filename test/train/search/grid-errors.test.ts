import { expect, test } from "vitest";
import { gridOf } from "../../../train/outputs/grid.ts";
import { gridTables } from "../../../train/outputs/grid-tables.ts";
import { gridErrors } from "../../../train/search/grid-errors.ts";
import { paperNet, paperRuns, paperSets, scoredNet } from "../outputs/paper-grid.ts";

/** Two seeds share a place, and each validation set prefers another one; of six places two have no net. */
const seeds = [
  scoredNet({ units: 10, seed: 1, geo: [0.32, 0.38], kg: [0.51, 0.66] }),
  scoredNet({ units: 10, seed: 2, geo: [0.31, 0.39], kg: [0.53, 0.64] }),
  scoredNet({ units: 20, seed: 1, geo: [0.33, 0.37], kg: [0.52, 0.65] }),
];

test.each([
  ["the paper's grid", paperRuns],
  ["runs that share a place, and places without a run", [...seeds, paperNet(2, 6000, 0.1), ...paperRuns.slice(0, 1)]],
])("the numbers of %s are those of its tables, what is missing left out", (_name, runs) => {
  const grid = gridOf(runs, paperSets);
  const tables = gridTables(grid);
  const errors = gridErrors(grid, tables);
  expect(errors).toHaveLength(tables.length);
  for (const [at, { view, dropout, chosen, rows }] of tables.entries()) {
    const { nets = [], baselines = [], ...about } = errors[at] ?? {};
    expect(about).toEqual({
      ...(view.table !== undefined && { table: view.table }),
      selectedOn: view.selection,
      set: view.set,
      dropout,
      chosen,
    });
    const told = [...nets, ...baselines].map(({ mae, sd }) => `${mae.toFixed(4)} ± ${sd.toFixed(4)}`);
    expect(told).toEqual(rows.flatMap(([, ...cells]) => cells.filter((cell) => cell !== "–")));
    expect(baselines.map(({ name }) => name)).toEqual(rows.slice(-baselines.length).map(([name]) => name));
  }
});

test("of runs that share a place either validation set takes its own", () => {
  const grid = gridOf(seeds, paperSets);
  const maes = gridErrors(grid, gridTables(grid)).filter(({ table }) => table !== undefined);
  expect(maes.map(({ table, nets }) => [table, nets.map(({ units, mae }) => [units, mae])])).toEqual([
    [
      1,
      [
        [10, 0.39],
        [20, 0.37],
      ],
    ],
    [
      2,
      [
        [10, 0.66],
        [20, 0.65],
      ],
    ],
  ]);
});
