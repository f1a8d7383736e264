import { expect, test } from "vitest";
import { Recipe } from "../../../schemas/index.ts";
import { type GridRun, gridOf } from "../../../train/outputs/grid.ts";
import { gridTables, gridTsv } from "../../../train/outputs/grid-tables.ts";
import { heldOutSets } from "../../../train/outputs/held-out-sets.ts";
import { paperKnn, paperNet, paperRuns, paperSets, scoredNet } from "./paper-grid.ts";

const grid = gridOf(paperRuns, paperSets);

test("tables 1 and 2 are the paper's: layers by units at the best dropout, of what the own platform chooses", () => {
  const numbered = gridTables(grid).filter(({ view, chosen }) => chosen && view.table !== undefined);
  expect(numbered.map(({ title }) => title)).toEqual([
    "Table 1: MAE ± SD over genes on GEO (test), chosen on GEO (validation), dropout 10 %",
    "Table 2: MAE ± SD over genes on GTEx (test), chosen on 1000G (validation), dropout 25 %",
  ]);
  expect(numbered[0]).toMatchObject({
    headers: ["", "3000 units", "6000 units", "9000 units"],
    rows: [
      ["1 hidden layer", "0.3421 ± 0.0858", "0.3337 ± 0.0858", "0.3300 ± 0.0858"],
      ["2 hidden layers", "0.3377 ± 0.0858", "0.3280 ± 0.0858", "0.3224 ± 0.0858"],
      ["3 hidden layers", "0.3362 ± 0.0858", "0.3252 ± 0.0858", "0.3204 ± 0.0858"],
      ["LR", "0.3784 ± 0.0858"],
      ["LR-L2", "0.3784 ± 0.0858"],
      ["KNN-GE", "0.5866 ± 0.0858"],
    ],
    best: [2, 3],
  });
  expect(numbered[1]?.rows.slice(1, 4)).toEqual([
    ["2 hidden layers", "0.4586 ± 0.1200", "0.4446 ± 0.1200", "0.4393 ± 0.1200"],
    ["3 hidden layers", "0.5160 ± 0.1200", "0.4595 ± 0.1200", "0.4492 ± 0.1200"],
    ["LR", "0.4702 ± 0.1200"],
  ]);
  expect(numbered[1]?.best).toEqual([1, 3]);
  expect(grid.notes).toEqual([]);
});

test("the other dropout rates of a view follow its first table, without a number", () => {
  const titles = gridTables(grid).flatMap(({ view, title }) => (view.table === 1 ? [title] : []));
  expect(titles.map((title) => title.replace(/MAE.*, /, ""))).toEqual([
    "Table 1: dropout 10 %",
    "dropout 0 %",
    "dropout 25 %",
  ]);
});

test("the TSV has a line a run, selection and set, also those that no table shows", () => {
  const lines = gridTsv(grid).trimEnd().split("\n");
  expect(lines[0]).toBe("method\tlayers\tunits\tdropout\tselected_on\tselected\tset\tmae\tsd\trecipe");
  expect(lines).toHaveLength(1 + 3 * 4 * (27 + 3));
  expect(lines).toContain("D-GEX\t3\t9000\t0.1\tvalidation:GEO\tepoch = 3\ttest:GEO\t0.3204\t0.0858\t9000x3-0.1");
  expect(lines).toContain("KNN-GE\t\t\t\tvalidation:1000G\tk = 2\ttest:GTEx\t0.652\t0.12\tknn");
});

test("with one validation set there is no table 2, and it is said why; the other test set is shown for what it is", () => {
  const sets = heldOutSets((split) => (split === "test" ? ["GEO", "GTEx"] : ["GEO"]));
  const single: GridRun = {
    ...paperNet(1, 3000, 0.1),
    selections: [
      {
        selectedOn: "validation",
        selected: { epoch: 1 },
        mae: {
          validation: { mean: 0.3, sd: 0.1 },
          "test:GEO": { mean: 0.3, sd: 0.1 },
          "test:GTEx": { mean: 0.5, sd: 0.1 },
        },
      },
    ],
  };
  const one = gridOf([single], sets);
  expect(gridTables(one).map(({ title }) => title)).toEqual([
    "Table 1: MAE ± SD over genes on GEO (test), chosen on validation, dropout 10 %",
    "MAE ± SD over genes on GTEx (test), chosen on validation, dropout 10 %",
    "MAE ± SD over genes on validation, dropout 10 %",
  ]);
  expect(one.notes).toEqual([
    "there is no table 2, whose weights are chosen on a validation set of the other platform: validation is the only validation set",
    "no validation set belongs to GTEx (test): it is shown with what validation chooses",
  ]);
});

/** Title, rows and the smallest error of a numbered table. */
const tableOf = (runs: readonly GridRun[], number: number) =>
  gridTables(gridOf(runs, paperSets))
    .filter(({ view, chosen }) => chosen && view.table === number)
    .map(({ dropout, rows, best }) => ({ dropout, rows, best }))[0];

test("a table's dropout rate is of the net that its validation set finds best, not its test set", () => {
  const runs = [
    scoredNet({ units: 10, dropout: 0.1, geo: [0.3, 0.42], kg: [0.6, 0.61] }),
    scoredNet({ units: 20, dropout: 0.1, geo: [0.33, 0.39], kg: [0.62, 0.63] }),
    scoredNet({ units: 10, dropout: 0.25, geo: [0.31, 0.4], kg: [0.51, 0.7] }),
    scoredNet({ units: 20, dropout: 0.25, geo: [0.32, 0.38], kg: [0.52, 0.65] }),
  ];
  // 20 × 1 with 25 % has the smallest error on GEO's test rows; both nets with 10 % have smaller ones on GTEx.
  expect(tableOf(runs, 1)).toEqual({
    dropout: 0.1,
    rows: [["1 hidden layer", "0.4200 ± 0.1000", "0.3900 ± 0.1000"]],
    best: [0, 2],
  });
  expect(tableOf(runs, 2)).toMatchObject({
    dropout: 0.25,
    rows: [["1 hidden layer", "0.7000 ± 0.1000", "0.6500 ± 0.1000"]],
  });
});

test("of runs that share a place the table shows the one that its validation set finds best, either set its own", () => {
  const runs = [
    scoredNet({ seed: 1, geo: [0.32, 0.38], kg: [0.51, 0.66] }),
    scoredNet({ seed: 2, geo: [0.31, 0.39], kg: [0.53, 0.64] }),
    scoredNet({ seed: 3, geo: [0.33, 0.37], kg: [0.52, 0.65] }),
  ];
  for (const given of [runs, runs.toReversed()]) {
    expect(tableOf(given, 1)?.rows).toEqual([["1 hidden layer", "0.3900 ± 0.1000"]]);
    expect(tableOf(given, 2)?.rows).toEqual([["1 hidden layer", "0.6600 ± 0.1000"]]);
  }
});

test("a net without an error on the validation set that chooses is a gap, and it is named", () => {
  const known = scoredNet({ units: 10, geo: [0.32, 0.38], kg: [0.5, 0.6] });
  const { recipe, history, selections } = scoredNet({ units: 20, seed: 7, geo: [0.3, 0.36], kg: [0.5, 0.6] });
  const unknown: GridRun = {
    recipe,
    history,
    selections: selections.map((one) => {
      const { "validation:GEO": _, ...mae } = one.mae;
      return { ...one, mae };
    }),
  };
  expect(tableOf([known, unknown], 1)?.rows).toEqual([["1 hidden layer", "0.3800 ± 0.1000", "–"]]);
  expect(gridOf([known, unknown], paperSets).notes).toEqual([
    "no error on GEO (validation), which chooses, of 20x1-0.1-7: left out; train anew to have it",
  ]);
});

test("a run that lacks a selection is a gap in its table, not filled with another's error, and it is named", () => {
  const old = paperNet(1, 6000, 0.25);
  const lacking = { ...old, selections: old.selections.filter(({ selectedOn }) => selectedOn !== "validation:1000G") };
  const some = gridOf([paperNet(1, 3000, 0.25), lacking], paperSets);
  const [second] = gridTables(some).filter(({ view }) => view.table === 2);
  expect(second?.rows).toEqual([["1 hidden layer", "0.4507 ± 0.1200", "–"]]);
  expect(some.notes).toEqual(["no scores of what 1000G (validation) chooses, of 6000x1-0.25: train anew to have them"]);
});

test("runs without a place are named, an unfinished grid has gaps", () => {
  const odd: GridRun = {
    ...paperKnn,
    recipe: Recipe.parse({ schemaVersion: 1, name: "odd", family: "dgex", hidden: [30, 20] }),
  };
  expect(gridOf([odd], paperSets).notes).toEqual([
    "odd is neither a net of equally wide layers nor a baseline: left out",
  ]);
  const [first] = gridTables(gridOf([paperNet(1, 3000, 0.1), paperNet(2, 6000, 0.1)], paperSets));
  expect(first?.rows).toEqual([
    ["1 hidden layer", "0.3421 ± 0.0858", "–"],
    ["2 hidden layers", "–", "0.3280 ± 0.0858"],
  ]);
});
