import { describe, expect, test } from "vitest";
import { gapBetween, withGap } from "../../evaluate/against.ts";
import { blocksOf, shrinking, small, smallEvaluation, truth } from "./small-evaluation.ts";

/** Flags a profile whose first landmark is above 1. */
const flagging = {
  ...shrinking("net:1", 0.75),
  predict: async (z: Float32Array, rows: number) => ({
    targets: z.map((value) => 0.75 * value),
    ood: Float32Array.from({ length: rows }, (_, row) => z[row * small.targets] ?? 0),
  }),
  halfwidths: new Float64Array(small.targets).fill(0.25),
};

/** |error| is |z| / 4: inside where |z| ≤ 1. */
const inside = (values: Float32Array) => values.filter((z) => Math.abs(z) <= 1).length / values.length;
const row = (sample: number) => truth.subarray(sample * small.targets, (sample + 1) * small.targets);
const cellsOf = (chosen: (sample: number) => boolean) =>
  Float32Array.from(
    Array.from({ length: small.samples }, (_, s) => s)
      .filter(chosen)
      .flatMap((s) => [...row(s)]),
  );

test("coverage is counted over all cells, by group, and apart for flagged profiles", async () => {
  const { evaluation } = await smallEvaluation({ models: [flagging] });
  const [intervals, ...others] = evaluation.intervals ?? [];
  expect(others).toEqual([]);
  expect(intervals).toMatchObject({ model: "net:1", nominal: 0.9, guarantee: "marginal", halfwidth: { mean: 0.25 } });
  expect(intervals?.coverage).toBeCloseTo(inside(truth), 12);
  const isFlagged = (sample: number) => (row(sample)[0] ?? 0) > 1;
  const flagged = cellsOf(isFlagged);
  expect(intervals?.flagged?.profiles).toBe(flagged.length / small.targets);
  expect(intervals?.flagged?.coverage).toBeCloseTo(inside(flagged), 12);
  expect(intervals?.unflagged?.coverage).toBeCloseTo(inside(cellsOf((sample) => !isFlagged(sample))), 12);
  const byGroup = [0, 1, 2, 3].map((group) => inside(cellsOf((sample) => sample % 4 === group)));
  expect(intervals?.worstGroup?.coverage).toBeCloseTo(Math.min(...byGroup), 12);
  expect(intervals?.worstGroup?.group).toBe(`S${byGroup.indexOf(Math.min(...byGroup))}`);
});

describe("coverage below the 90 % that were asked for", () => {
  const narrow = (halfwidth: number) => ({
    ...shrinking("net:1", 0.75),
    halfwidths: new Float64Array(small.targets).fill(halfwidth),
  });
  const donors = { field: "donor", of: (sample: number) => `D${sample % 12}` };

  test("is noted with what it lacks where drawing other groups does not explain it", async () => {
    const { evaluation } = await smallEvaluation({ models: [narrow(0.25)], groups: donors });
    const coverage = inside(truth);
    const [low, high] = evaluation.intervals?.[0]?.coverageInterval ?? [];
    expect(low).toBeLessThan(coverage);
    expect(high).toBeGreaterThan(coverage);
    const [note, ...others] = evaluation.notes;
    expect(others).toEqual([]);
    const points = (90 - 100 * coverage).toFixed(1);
    expect(note).toContain(`of net:1 hold ${(100 * coverage).toFixed(1)} % of the cells, ${points} points too few`);
    expect(note).toContain("bootstrap interval over groups");
  });

  test("is judged by whole groups: where two of them differ, the interval ends at their own coverage", async () => {
    const off = (sample: number) => sample % 2 === 1;
    const blocks = blocksOf(truth.map((z, cell) => (off(Math.floor(cell / small.targets)) ? z + 9 : z)));
    const model = { ...narrow(1), predict: async (z: Float32Array) => ({ targets: z.map((v) => (v > 4 ? 0 : v)) }) };
    const groups = { field: "donor", of: (sample: number) => (off(sample) ? "bad" : "good") };
    const { evaluation } = await smallEvaluation({ models: [model], blocks, groups });
    expect(evaluation.intervals?.[0]).toMatchObject({ coverage: 0.5, coverageInterval: [0, 1] });
    expect(evaluation.notes.join()).not.toMatch(/points too few/);
  });

  test("is not where it may be chance, nor with a single profile", async () => {
    const sorted = Array.from(truth, Math.abs).toSorted((a, b) => a - b);
    // Half-widths that hold 89 % of these cells: within what twelve groups allow.
    const almost = narrow(0.25 * (sorted[Math.floor(0.89 * sorted.length)] ?? 0));
    const { evaluation } = await smallEvaluation({ models: [almost], groups: donors });
    expect(evaluation.intervals?.[0]?.coverage).toBeLessThan(0.9);
    expect(evaluation.notes).toEqual([]);
    const one = await smallEvaluation({ models: [narrow(0.01)], samples: 1, blocks: blocksOf(truth, [3]) });
    expect(one.evaluation.intervals?.[0]?.coverageInterval).toBeUndefined();
    expect(one.evaluation.notes.join()).not.toMatch(/too narrow for these/);
  });
});

test("a gap pairs contestants by key, over the targets of both", async () => {
  const first = await smallEvaluation();
  const fewer = { ...(await smallEvaluation({ models: [shrinking("net:2", 0.9)] })) };
  const targets = fewer.perGene.targets.map((gene, g) => (g === 0 ? { id: "elsewhere", symbol: "" } : gene));
  const second = {
    result: { ...fewer, perGene: { ...fewer.perGene, targets } },
    split: "group:study",
    otherSplit: "random",
    keyOf: (name: string) => (name.startsWith("net") ? "recipe" : name),
  };
  const against = gapBetween(first, second);
  expect(against).toMatchObject({ genes: 5, samples: 40, split: "group:study", otherSplit: "random" });
  const net = against?.gaps[0];
  expect([net?.model, net?.other]).toEqual(["net:1", "net:2"]);
  // |error| is a quarter of |truth| here and a tenth there.
  expect(net?.gap).toBeCloseTo(1.5, 5);
  expect(against?.gaps.slice(1).map(({ gap }) => gap)).toEqual([0, 0]);
  const lonely = withGap(first, { ...second, keyOf: (name) => name }).evaluation;
  expect(lonely.notes.at(-1)).toMatch(/^net:1: no gap to toy/);
  expect(lonely.against?.gaps).toHaveLength(2);
});

test("RMSE / mean is in native units, and left out where the mean is not above 0", async () => {
  const mean = Float64Array.of(10, 10, 10, 10, 10, -10);
  const { perGene, evaluation } = await smallEvaluation({ native: { mean, unit: new Float64Array(6).fill(2) } });
  const [net] = perGene.columns;
  const rmse = net?.metrics.rmse[1] ?? 0;
  const average = (net?.metrics.meanTruth[1] ?? 0) * 2 + 10;
  expect(net?.nrmse?.[1]).toBeCloseTo((2 * rmse) / average, 12);
  expect(net?.nrmse?.[5]).toBeNaN();
  expect(evaluation.all[0]?.nrmse?.mean).toBeGreaterThan(0);
});

test("the base is the last baseline, or who is named; models are then held against it", async () => {
  const models = [shrinking("a", 0.9), shrinking("b", 0.8)];
  expect((await smallEvaluation({ models })).evaluation.base).toBe("ridge");
  const { evaluation } = await smallEvaluation({ models, base: "a" });
  const pairs = evaluation.comparisons.map(({ model, baseline }) => `${model}/${baseline}`);
  expect(pairs).toContain("b/a");
  expect(pairs).not.toContain("a/b");
  await expect(smallEvaluation({ models, base: "z" })).rejects.toMatchObject({ tag: "usage", fault: { got: "z" } });
});
