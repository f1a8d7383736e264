import { expect, test } from "vitest";
import { Recipe } from "../../../schemas/index.ts";
import { type GridRun, gridOf } from "../../../train/outputs/grid.ts";
import { gridReport } from "../../../train/outputs/grid-report.ts";

/** Test MAE of the paper's table 1 (GEO, 10 % dropout) and 2 (GTEx, 25 %) by layers and width; the ± is made up. */
const paper = {
  test: [
    [0.3421, 0.3337, 0.33],
    [0.3377, 0.328, 0.3224],
    [0.3362, 0.3252, 0.3204],
  ],
  "test:GTEx": [
    [0.4507, 0.4428, 0.4394],
    [0.4586, 0.4446, 0.4393],
    [0.516, 0.4595, 0.4492],
  ],
} as const;

const widths = [3000, 6000, 9000];

function net(layers: number, units: number, dropout: number): GridRun {
  const recipe = Recipe.parse({
    schemaVersion: 1,
    name: `${units}x${layers}-${dropout}`,
    family: "dgex",
    hidden: Array.from({ length: layers }, () => units),
    dropout,
  });
  const at = (set: keyof typeof paper, best: number) =>
    (paper[set][layers - 1]?.[widths.indexOf(units)] ?? 0) + (dropout === best ? 0 : 0.01);
  const history = [1, 2, 3].map((epoch) => ({
    epoch,
    loss: 1,
    monitorMae: 0.3,
    learningRate: 1e-4,
    seconds: 1,
    samplesPerSecond: 1,
    mae: { "test:GTEx": 0.5 - dropout / epoch },
  }));
  return {
    recipe,
    scores: { test: { mean: at("test", 0.1), sd: 0.0858 }, "test:GTEx": { mean: at("test:GTEx", 0.25), sd: 0.12 } },
    history,
  };
}

const linear = (penalty: "none" | "l2", mean: number, other: number): GridRun => ({
  recipe: Recipe.parse({ schemaVersion: 1, name: `lr-${penalty}`, family: "linear", penalty }),
  scores: { test: { mean, sd: 0.0851 }, "test:GTEx": { mean: other, sd: 0.1234 } },
  history: [],
});

const knn: GridRun = {
  recipe: Recipe.parse({ schemaVersion: 1, name: "knn", family: "knn" }),
  scores: { test: { mean: 0.5866, sd: 0.0698 }, "test:GTEx": { mean: 0.652, sd: 0.0982 } },
  history: [],
};

const runs = [
  knn,
  ...[0.25, 0, 0.1].flatMap((dropout) => [3, 1, 2].flatMap((l) => widths.map((w) => net(l, w, dropout)))),
  linear("l2", 0.3784, 0.4702),
  linear("none", 0.3784, 0.4702),
];

test("the first table of a set is the paper's: layers by units at the best dropout, baselines below", () => {
  const { text } = gridReport(runs);
  const [first = ""] = text.split("\n\n");
  expect(first.split("\n")).toEqual([
    "MAE ± SD over genes on test, dropout 10 %",
    "                 3000 units       6000 units       9000 units",
    "1 hidden layer   0.3421 ± 0.0858  0.3337 ± 0.0858  0.3300 ± 0.0858",
    "2 hidden layers  0.3377 ± 0.0858  0.3280 ± 0.0858  0.3224 ± 0.0858",
    "3 hidden layers  0.3362 ± 0.0858  0.3252 ± 0.0858  0.3204 ± 0.0858 *",
    "LR               0.3784 ± 0.0851",
    "LR-L2            0.3784 ± 0.0851",
    "KNN-GE           0.5866 ± 0.0698",
  ]);
  expect(text.match(/^MAE.*$/gm)).toEqual([
    "MAE ± SD over genes on test, dropout 10 %",
    "MAE ± SD over genes on test, dropout 0 %",
    "MAE ± SD over genes on test, dropout 25 %",
    "MAE ± SD over genes on GTEx (test), dropout 25 %",
    "MAE ± SD over genes on GTEx (test), dropout 0 %",
    "MAE ± SD over genes on GTEx (test), dropout 10 %",
  ]);
});

test("the page tells the paper's improvement and draws figures 1 and 5 with the line of LR", () => {
  const { html } = gridReport(runs);
  // Chen et al. 2016: 15.33 % on GEO, 6.57 % on GTEx.
  expect(html).toContain("the best net, 9000 × 3, 10 % dropout, has an MAE 15.33 % smaller than LR.");
  expect(html).toContain("the best net, 9000 × 2, 25 % dropout, has an MAE 6.57 % smaller than LR.");
  const titles = [...html.matchAll(/<figure><h3>(.*?)<\/h3>/g)].map(([, title]) => title);
  // No epoch has the own platform's test MAE: figure 5 is of GTEx alone, of the best architecture there.
  expect(titles).toEqual([
    "Error by architecture on test",
    "Error by architecture on GTEx (test)",
    "Error by epoch on GTEx (test), 9000 × 2",
  ]);
  for (const name of ["3 hidden layers", "25 % dropout", ">LR<"]) expect(html).toContain(name);
});

test("the TSV has a line a run and set", () => {
  const lines = gridReport(runs).tsv.trimEnd().split("\n");
  expect(lines).toHaveLength(1 + 2 * (27 + 3));
  expect(lines).toContain("D-GEX\t3\t9000\t0.1\ttest\t0.3204\t0.0858\t9000x3-0.1");
  expect(lines).toContain("KNN-GE\t\t\t\ttest:GTEx\t0.652\t0.0982\tknn");
});

test("the order of the runs does not matter", () => {
  expect(gridReport(runs.toReversed())).toEqual(gridReport(runs));
});

test("runs without a place are named, an unfinished grid has gaps, no runs give a page", () => {
  const odd: GridRun = {
    ...knn,
    recipe: Recipe.parse({ schemaVersion: 1, name: "odd", family: "dgex", hidden: [30, 20] }),
  };
  expect(gridOf([odd]).left).toEqual(["odd"]);
  expect(gridReport([odd]).html).toContain("odd is neither a net of equally wide layers nor a baseline");
  const gap = gridReport([net(1, 3000, 0.1), net(2, 6000, 0.1)]).text.split("\n");
  expect(gap[2]).toBe("1 hidden layer   0.3421 ± 0.0858  –");
  expect(gap[3]).toMatch(/^2 hidden layers {2}– +0\.3280/);
  expect(gridReport([]).html).toContain("0 nets and 0 baselines");
});
