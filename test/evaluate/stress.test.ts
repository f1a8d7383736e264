import { describe, expect, test } from "vitest";
import type { EvaluatedModel } from "../../evaluate/contestant.ts";
import { blocksOf, shrinking, small, smallEvaluation, truth } from "./small-evaluation.ts";

/** Copies the landmarks, and predicts 0 for a missing one. */
const copying = shrinking("copy", 1);
const stress = { seed: 3, shares: [0.2, 0.5, 1] };
const cells = truth.reduce((sum, value) => sum + Math.abs(value), 0) / truth.length;

describe("landmarks that are missing", () => {
  test("cost a copying model the truth of the hidden cells, and the mean nothing", async () => {
    const { evaluation } = await smallEvaluation({ models: [copying], stress });
    const result = evaluation.stress;
    expect(result).toMatchObject({ seed: 3, sets: 8, shares: [0, 0.2, 0.5, 1], hidden: [0, 1, 3, 6] });
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

test("without being asked for, nothing is hidden", async () => {
  expect((await smallEvaluation()).evaluation.stress).toBeUndefined();
});
