import { expect, test } from "vitest";
import { Recipe } from "../../../schemas/index.ts";
import { type GridRun, gridOf } from "../../../train/outputs/grid.ts";
import { gridTables, gridTsv } from "../../../train/outputs/grid-tables.ts";
import { heldOutSets } from "../../../train/outputs/held-out-sets.ts";
import { paperKnn, paperNet, paperRuns, paperSets } from "./paper-grid.ts";

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
  expect(lines).toHaveLength(1 + 3 * 2 * (27 + 3));
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
        mae: { "test:GEO": { mean: 0.3, sd: 0.1 }, "test:GTEx": { mean: 0.5, sd: 0.1 } },
      },
    ],
  };
  const one = gridOf([single], sets);
  expect(gridTables(one).map(({ title }) => title)).toEqual([
    "Table 1: MAE ± SD over genes on GEO (test), chosen on validation, dropout 10 %",
    "MAE ± SD over genes on GTEx (test), chosen on validation, dropout 10 %",
  ]);
  expect(one.notes).toEqual([
    "there is no table 2, whose weights are chosen on a validation set of the other platform: validation is the only validation set",
    "no validation set belongs to GTEx (test): it is shown with what validation chooses",
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
