import { expect, test } from "vitest";
import { geneImprovement, perGeneTsv } from "../../evaluate/per-gene.ts";
import { shrinking, smallEvaluation, smallOptions } from "./small-evaluation.ts";

const rowsOf = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));

test("the table has a line a target and the same columns everywhere", async () => {
  const { perGene } = await smallEvaluation();
  const [header = [], ...rows] = rowsOf(perGeneTsv(perGene));
  const shared = ["mae", "rmse", "bias", "pearson", "spearman", "r2", "ccc", "cosine", "sd_ratio"];
  expect(header).toEqual([
    "gene",
    "symbol",
    "overlap",
    "n",
    "truth_sd",
    ...[...shared, "recall", "halfwidth90", "coverage90", "bing_like"].map((name) => `net:1.${name}`),
    ...[...shared, "recall", "bing_like"].map((name) => `mean.${name}`),
    ...[...shared, "recall", "bing_like"].map((name) => `ridge.${name}`),
    ...["mean", "ridge"].flatMap((base) => [`net:1.improvement_vs_${base}`, `net:1.win_vs_${base}`]),
  ]);
  expect(rows.map((cells) => cells.length)).toEqual(Array.from({ length: 6 }, () => header.length));
  expect(rows[0]?.slice(0, 4)).toEqual(["G0", "SYM0", "1", "40"]);
});

test("numbers have six digits and say what the metrics say; what is not defined is empty", async () => {
  const { perGene } = await smallEvaluation();
  const [header = [], , row = []] = rowsOf(perGeneTsv(perGene));
  const cell = (name: string) => row[header.indexOf(name)];
  expect(cell("net:1.mae")).toBe(perGene.columns[0]?.metrics.mae[1]?.toPrecision(6));
  expect(cell("net:1.sd_ratio")).toBe("0.750000");
  expect(cell("mean.pearson")).toBe("");
  expect(cell("net:1.improvement_vs_ridge")).toBe("0.500000");
  expect(cell("net:1.win_vs_ridge")).toBe("1");
});

test("the same evaluation gives the same bytes", async () => {
  const texts = await Promise.all([smallEvaluation(), smallEvaluation()]);
  expect(perGeneTsv(texts[0].perGene)).toBe(perGeneTsv(texts[1].perGene));
});

test("a tab in a name does not move the columns", async () => {
  const { targets } = smallOptions();
  const { perGene } = await smallEvaluation({
    models: [shrinking("a\tb", 0.5)],
    targets: targets.map(({ id }) => ({ id, symbol: "x\ty\nz" })),
  });
  const [header = [], row = []] = rowsOf(perGeneTsv(perGene));
  expect(header[5]).toBe("a b.mae");
  expect(row[1]).toBe("x y z");
});

test("there is no improvement over a baseline without error", async () => {
  const { perGene } = await smallEvaluation({ baselines: [shrinking("oracle", 1)] });
  const [model, oracle] = perGene.columns.map(({ metrics }) => metrics);
  expect(model && oracle && geneImprovement(model, oracle).every(Number.isNaN)).toBe(true);
});
