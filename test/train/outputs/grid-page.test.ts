import { expect, test } from "vitest";
import { gridOf } from "../../../train/outputs/grid.ts";
import { gridPage } from "../../../train/outputs/grid-page.ts";
import { heldOutSets } from "../../../train/outputs/held-out-sets.ts";
import { paperRuns, paperSets, scoredNet } from "./paper-grid.ts";

test("the page tells the paper's improvement and draws figures 1 and 5 with the line of LR", () => {
  const page = gridPage(gridOf(paperRuns, paperSets));
  // Chen et al. 2016: 15.33 % on GEO, 6.57 % on GTEx.
  expect(page).toContain(
    "The chosen net, 9000 × 3, 10 % dropout, with the smallest error on GEO (validation), has an MAE 15.33 % smaller than LR.",
  );
  expect(page).toContain(
    "The chosen net, 9000 × 2, 25 % dropout, with the smallest error on 1000G (validation), has an MAE 6.57 % smaller than LR.",
  );
  const titles = [...page.matchAll(/<figure><h3>(.*?)<\/h3>/g)].map(([, title]) => title);
  // No epoch has the own platform's test MAE: figure 5 is of GTEx alone, of the best architecture there.
  expect(titles).toEqual([
    "Error by architecture on GEO (test)",
    "Error by architecture on GTEx (test)",
    "Error by epoch on GTEx (test), 9000 × 2",
    "Error by architecture on GEO (validation)",
    "Error by architecture on 1000G (validation)",
  ]);
  for (const name of ["3 hidden layers", "25 % dropout", ">LR<"]) expect(page).toContain(name);
});

test("figures and the gain are of what the validation set chooses where the test set would choose otherwise", () => {
  const nets = [
    scoredNet({ units: 10, dropout: 0.1, geo: [0.3, 0.4], kg: [0.5, 0.7] }),
    scoredNet({ units: 10, dropout: 0.25, geo: [0.33, 0.38], kg: [0.55, 0.65] }),
    scoredNet({ units: 20, dropout: 0.1, geo: [0.32, 0.36], kg: [0.53, 0.62] }),
    scoredNet({ units: 20, dropout: 0.25, geo: [0.31, 0.37], kg: [0.54, 0.61] }),
  ];
  const page = gridPage(gridOf([...nets, ...paperRuns.filter(({ recipe }) => recipe.name === "lr-none")], paperSets));
  expect(page).toContain("The chosen net, 10 × 1, 10 % dropout, with the smallest error on GEO (validation),");
  // LR has 0.3784 on GEO's test rows and 0.4702 on GTEx.
  expect(page).toContain("has an MAE 5.71 % larger than LR.");
  expect(page).toContain("has an MAE 48.87 % larger than LR.");
  expect(page).toContain("at 10 % dropout, the rate of the net with the smallest error on 1000G (validation);");
  // Figure 5: on GTEx 20 × 1 has the smaller errors.
  expect(page).toContain("Error by epoch on GTEx (test), 10 × 1");
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
