import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openDataset } from "../../../data/node/dataset.ts";
import { openSession } from "../../../runtime/node/open.ts";
import { Recipe, RunSelections } from "../../../schemas/index.ts";
import type { GridTable } from "../../../train/outputs/grid-tables.ts";
import { train } from "../../../train/train.ts";
import { searchSmall, smallNet, temporaryFolder } from "./small-search.ts";
import { affineRows, cellOf, npyRows, paperDataset, rowsOf, targetsOf } from "./two-validation-sets.ts";

const longNet = { ...smallNet, optimisation: { ...smallNet.optimisation, epochs: 25 } };

/** Table 1 and 2 of what a search returned. */
const numbered = (tables: readonly GridTable[] = []): (GridTable | undefined)[] =>
  [1, 2].map((table) => tables.find(({ view, chosen }) => chosen && view.table === table));

async function runOf(folder: string, key: RegExp): Promise<string> {
  const names = await readdir(join(folder, "out", "trials"));
  return join(folder, "out", "trials", names.find((name) => key.test(name)) ?? "");
}

const selectionsOf = async (run: string): Promise<RunSelections["selections"]> =>
  RunSelections.parse(JSON.parse(await readFile(join(run, "selections.json"), "utf8"))).selections;

/** The paper's tables: their number, the rows that test, the authors' names of the selection and of the set. */
const paper = [
  { table: 0, cohort: "GEO", selection: "va", set: "te" },
  { table: 1, cohort: "GTEx", selection: "1000G", set: "GTEx" },
] as const;

it("tables 1 and 2 have the errors of the nets' own predictions, of the weights that GEO and 1000G choose", async () => {
  const folder = await temporaryFolder();
  const data = await paperDataset(folder);
  const { grid } = await searchSmall({ hidden: { choice: [[4], [5, 5]] } }, { folder, data, more: { base: longNet } });
  for (const [at, trial] of ["001", "002"].entries()) {
    const run = await runOf(folder, new RegExp(`^${trial}-[0-9a-f]+$`));
    const epochs = new Map(
      (await selectionsOf(run)).map(({ selectedOn, selected }) => [selectedOn, selected["epoch"]]),
    );
    // Otherwise this test could not tell the tables' selections apart.
    expect(epochs.get("validation:GEO")).not.toBe(epochs.get("validation:1000G"));
    for (const { table, cohort, selection, set } of paper) {
      const { y } = await rowsOf(data, "test", cohort);
      const name = `${at === 0 ? "4_H1" : "5_H2"}_0-7_90_best${selection}_Y_${set}_hat.npy`;
      const cell = cellOf(await npyRows(join(run, "dgex", name)), y);
      const row = numbered(grid?.tables)[table]?.rows[at];
      expect(row?.filter((one) => one !== "–").slice(1)).toEqual([cell]);
    }
  }
});

it("a net for each part of the targets is scored in the order of the targets, each part with its own best epoch", async () => {
  const folder = await temporaryFolder();
  const data = await paperDataset(folder);
  const base = { ...longNet, partitions: { count: 2, by: "random", seed: 3 } };
  const { grid } = await searchSmall({ hidden: { choice: [[4]] } }, { folder, data, more: { base } });
  const run = await runOf(folder, /^001-[0-9a-f]+$/);
  const order = await targetsOf(run);
  for (const { table, cohort, selection, set } of paper) {
    const { y, targets } = await rowsOf(data, "test", cohort);
    expect(order).not.toEqual(targets);
    const names = (await readdir(join(run, "dgex"))).filter((name) =>
      name.endsWith(`best${selection}_Y_${set}_hat.npy`),
    );
    const parts = await Promise.all(names.toSorted().map((name) => npyRows(join(run, "dgex", name))));
    const predicted = y.map((_, row) => {
      const cells = parts.flatMap((part) => part[row] ?? []);
      return targets.map((id) => cells[order.indexOf(id)] ?? Number.NaN);
    });
    expect(parts).toHaveLength(2);
    expect(numbered(grid?.tables)[table]?.rows[0]?.[1]).toBe(cellOf(predicted, y));
  }
});

it("the baselines' rows are of the λ and k that either set chooses, as trainings that select on it have them", async () => {
  const folder = await temporaryFolder();
  const data = await paperDataset(folder);
  const { grid } = await searchSmall({ hidden: { choice: [[4]] } }, { folder, data, more: { baselines: true } });
  const families = [
    { name: "LR", key: "lr", draft: { family: "linear", penalty: "none" }, differs: false },
    { name: "LR-L1", key: "lr-l1", draft: { family: "linear", penalty: "l1" }, differs: true },
    { name: "LR-L2", key: "lr-l2", draft: { family: "linear", penalty: "l2" }, differs: true },
    { name: "KNN-GE", key: "knn-ge", draft: { family: "knn" }, differs: true },
  ];
  for (const { name, key, draft, differs } of families) {
    const chosen = await selectionsOf(await runOf(folder, new RegExp(`^${key}-[0-9a-f]+$`)));
    const [, geo, kg] = chosen.map(({ selected }) => JSON.stringify(selected));
    expect([name, geo === kg]).toEqual([name, !differs]);
    for (const [table, [selectOn, cohort]] of [["GEO", "GEO"] as const, ["1000G", "GTEx"] as const].entries()) {
      const own = name === "LR" ? {} : { selectOn };
      const recipe = Recipe.parse({ schemaVersion: 1, name: "own", ...draft, ...own });
      const out = join(folder, `${key}-${selectOn}`);
      await using dataset = await openDataset(data);
      await train({ recipe, dataset, open: openSession, device: "cpu", out, onProgress: () => undefined });
      const { x, y } = await rowsOf(data, "test", cohort);
      const row = numbered(grid?.tables)[table]?.rows.find(([first]) => first === name);
      expect([name, row?.[1]]).toEqual([name, cellOf(await affineRows(out, x), y)]);
    }
  }
});
