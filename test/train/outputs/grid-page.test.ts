import { expect, test } from "vitest";
import { gridOf } from "../../../train/outputs/grid.ts";
import { gridPage } from "../../../train/outputs/grid-page.ts";
import { heldOutSets } from "../../../train/outputs/held-out-sets.ts";
import { paperRuns, paperSets } from "./paper-grid.ts";

test("the page tells the paper's improvement and draws figures 1 and 5 with the line of LR", () => {
  const page = gridPage(gridOf(paperRuns, paperSets));
  // Chen et al. 2016: 15.33 % on GEO, 6.57 % on GTEx.
  expect(page).toContain("The best net, 9000 × 3, 10 % dropout, has an MAE 15.33 % smaller than LR.");
  expect(page).toContain("The best net, 9000 × 2, 25 % dropout, has an MAE 6.57 % smaller than LR.");
  const titles = [...page.matchAll(/<figure><h3>(.*?)<\/h3>/g)].map(([, title]) => title);
  // No epoch has the own platform's test MAE: figure 5 is of GTEx alone, of the best architecture there.
  expect(titles).toEqual([
    "Error by architecture on GEO (test)",
    "Error by architecture on GTEx (test)",
    "Error by epoch on GTEx (test), 9000 × 2",
  ]);
  for (const name of ["3 hidden layers", "25 % dropout", ">LR<"]) expect(page).toContain(name);
});

test("a table stands under what it is of; a baseline spans the widths, the smallest error is bold", () => {
  const [, , second = ""] = gridPage(gridOf(paperRuns, paperSets)).split("<h2>");
  expect(second).toContain("GTEx (test), chosen on 1000G (validation)</h2>");
  expect(second).toContain("<h3>Table 2: MAE ± SD over genes, dropout 25 %</h3>");
  expect(second).toContain('<tr class="first"><td>LR</td><td colspan="3">0.4702 ± 0.1200</td></tr>');
  expect(second.match(/<strong>.*?<\/strong>/)?.[0]).toBe("<strong>0.4393 ± 0.1200</strong>");
});

test("the order of the runs does not matter", () => {
  expect(gridPage(gridOf(paperRuns.toReversed(), paperSets))).toEqual(gridPage(gridOf(paperRuns, paperSets)));
});

test("no runs give a page, and what is missing is said first", () => {
  const sets = heldOutSets(() => ["GEO"]);
  const page = gridPage(gridOf([], sets));
  expect(page).toContain("0 nets and 0 baselines");
  expect(page).toContain("there is no table 2");
});
