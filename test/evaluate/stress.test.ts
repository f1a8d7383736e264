import { describe, expect, test } from "vitest";
import type { EvaluatedModel } from "../../evaluate/contestant.ts";
import { blocksOf, shrinking, small, smallEvaluation, truth } from "./small-evaluation.ts";

/** Copies the landmarks, and predicts 0 for a missing one. */
const copying = shrinking("copy", 1);
/** Of six landmarks 0.3 are 1.8: counts are rounded, not cut. */
const stress = { seed: 3, shares: [0.3, 0.5, 1] };
const cells = truth.reduce((sum, value) => sum + Math.abs(value), 0) / truth.length;

describe("landmarks that are missing", () => {
  test("cost a copying model the truth of the hidden cells, and the mean nothing", async () => {
    const { evaluation } = await smallEvaluation({ models: [copying], stress });
    const result = evaluation.stress;
    expect(result).toMatchObject({ seed: 3, sets: 8, shares: [0, 0.3, 0.5, 1], hidden: [0, 2, 3, 6] });
    const of = (name: string) => result?.mae.find(({ model }) => model === name)?.mae ?? [];
    expect(of("copy")[0]).toBe(0);
    expect(of("copy")[3]).toBeCloseTo(cells, 12);
    expect(of("mean").map((error) => error.toFixed(9))).toEqual(of("mean").map(() => cells.toFixed(9)));
  });

  test("are more of the same at a higher share: errors of a copying model never fall", async () => {
    const { evaluation } = await smallEvaluation({ models: [copying], stress });
    const curve = evaluation.stress?.mae[0]?.mae ?? [];
    expect(curve).toEqual(curve.toSorted((a, b) => a - b));
    expect(new Set(curve).size).toBe(4);
  });

  test("are the seed's, not the blocks'", async () => {
    const curve = async (seed: number, blockRows: number) => {
      const order = Array.from({ length: small.samples }, (_, i) => i);
      const blocks = blocksOf(truth, order, blockRows);
      return (await smallEvaluation({ models: [copying], blocks, stress: { seed, shares: [0.5] } })).evaluation.stress;
    };
    expect((await curve(1, 11))?.mae[0]?.mae[1]).toBeCloseTo((await curve(1, 40))?.mae[0]?.mae[1] ?? 0, 12);
    expect((await curve(2, 40))?.mae[0]?.mae[1]).not.toBeCloseTo((await curve(1, 40))?.mae[0]?.mae[1] ?? 0, 6);
  });

  test("leave a prediction that is not finite refused, naming the model", async () => {
    const fragile: EvaluatedModel = { name: "net:7", predict: async (z) => ({ targets: z.slice() }) };
    await expect(smallEvaluation({ models: [fragile], stress })).rejects.toMatchObject({
      tag: "internal",
      fault: { where: "net:7" },
    });
  });
});

describe("of more samples than are to be stressed", () => {
  const few = { seed: 3, shares: [0.5], sets: 2, most: 10 };
  /** Every fourth of the 40 samples. */
  const spaced = Array.from({ length: 10 }, (_, i) => 4 * i + 3);

  test("evenly spaced ones are, which a note and the figures tell", async () => {
    const { evaluation } = await smallEvaluation({ models: [shrinking("net", 0.5)], stress: few });
    expect(evaluation.stress?.samples).toBe(10);
    expect(evaluation.notes).toContain("Landmarks were hidden from 10 evenly spaced samples of 40.");
    // Nothing hidden is over the same samples as everything else, not over all.
    const cellsOf = spaced.flatMap((s) => [...truth.subarray(s * small.targets, (s + 1) * small.targets)]);
    const expected = cellsOf.reduce((sum, value) => sum + 0.5 * Math.abs(value), 0) / cellsOf.length;
    expect(evaluation.stress?.mae[0]?.mae[0]).toBeCloseTo(expected, 12);
    expect(evaluation.all[0]?.mae.mean).not.toBeCloseTo(expected, 3);
  });

  test("every set of hidden landmarks is met, and blocks do not matter", async () => {
    const order = Array.from({ length: small.samples }, (_, i) => i);
    const hidden = new Set<string>();
    const watching: EvaluatedModel = {
      name: "watching",
      predict: async (z, rows) => {
        for (let row = 0; row < rows; row++) {
          const own = z.subarray(row * small.targets, (row + 1) * small.targets);
          if (own.includes(Number.NaN)) hidden.add(Array.from(own, Number.isNaN).join());
        }
        return { targets: z.map((value) => (Number.isNaN(value) ? 0 : value)) };
      },
    };
    const curve = async (blockRows: number) => {
      const blocks = blocksOf(truth, order, blockRows);
      return (await smallEvaluation({ models: [watching], blocks, stress: few })).evaluation.stress?.mae[0]?.mae;
    };
    const [one, other] = [await curve(3), await curve(40)];
    expect(hidden.size).toBe(2);
    expect(one?.[1]).toBeCloseTo(other?.[1] ?? 0, 12);
  });
});

test("all samples are stressed where no limit is given, without a note", async () => {
  const { evaluation } = await smallEvaluation({ stress });
  expect(evaluation.stress?.samples).toBe(small.samples);
  expect(evaluation.notes.join()).not.toMatch(/Landmarks were hidden/);
});

test("without being asked for, nothing is hidden", async () => {
  expect((await smallEvaluation()).evaluation.stress).toBeUndefined();
});
