import * as fc from "fast-check";
import { expect, test } from "vitest";
import { KeptSample } from "../../evaluate/kept-sample.ts";
import { averageRanks, rankCorrelation } from "../../evaluate/rank.ts";
import { rankScores } from "../../evaluate/rank-scores.ts";
import { Products } from "../../runtime/algebra/products.ts";
import { openSession } from "../../runtime/node/open.ts";

test("ties share their mean rank, as scipy 1.17 rankdata gives it", () => {
  expect([...averageRanks(Float32Array.of(1, 2, 2, 3, 3, 3, -1, 0))]).toEqual([3, 4.5, 4.5, 7, 7, 7, 1, 2]);
  expect([...averageRanks(Float32Array.of(0, -0, -1e-45, 1e-45))]).toEqual([2.5, 2.5, 1, 4]);
});

test("ranks match counting the smaller and equal values", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.float({ noNaN: true }), fc.integer({ min: -3, max: 3 }))), (list) => {
      const values = Float32Array.from(list);
      const counted = values.map(
        (value) => values.filter((v) => v < value).length + (values.filter((v) => v === value).length + 1) / 2,
      );
      expect([...averageRanks(values)]).toEqual([...counted]);
    }),
  );
});

/** Spearman's rho of one gene by the whole of {@link rankScores}, from blocks of two rows. */
async function spearman(truth: readonly number[], prediction: readonly number[]): Promise<number | undefined> {
  const kept = new KeptSample({ genes: 1, samples: truth.length, models: 1 });
  for (let start = 0; start < truth.length; start += 2) {
    const block = [truth, prediction].map((values) => Float32Array.from(values.slice(start, start + 2)));
    kept.add(block[0]?.length ?? 0, block, undefined);
  }
  await using products = new Products(openSession);
  const [scores] = await rankScores(kept, ["m"], { genes: 1, products });
  return scores?.spearman[0];
}

test("Spearman's rho matches scipy 1.17 spearmanr, with and without ties", async () => {
  expect(
    await spearman([0.5, -1.25, 2, 0.75, -0.5, 1.5, 3, -2.25], [0.25, -1, 1.5, 1, -0.75, 1.5, 2.25, -1]),
  ).toBeCloseTo(0.9880235200593538, 13);
  expect(await spearman([1, 2, 2, 3, 3, 3, -1, 0], [2, 2, 1, 5, 4, 5, 0, 0])).toBeCloseTo(0.918821785756253, 13);
});

test("cells without a truth are left out of the ranks", async () => {
  expect(await spearman([1, Number.NaN, 2, 3], [1, 100, 2, 3])).toBe(1);
  expect(await spearman([1, Number.NaN, 2, 3], [3, -100, 2, 1])).toBe(-1);
});

test("a prediction that does not vary has no rho, and neither has one sample", async () => {
  expect(await spearman([1, 2, 3], [0, 0, 0])).toBeNaN();
  expect(await spearman([1], [1])).toBeNaN();
  expect(rankCorrelation(new Float64Array(0), new Float64Array(0))).toBeNaN();
});

test("columns of many genes and models come out in their places", async () => {
  const [genes, rows] = [37, 5];
  const truth = Float32Array.from({ length: rows * genes }, (_, i) => Math.floor(i / genes));
  // Model 0 agrees with even genes and reverses odd ones; model 1 is its opposite.
  const model = (sign: number) =>
    Float32Array.from(
      { length: rows * genes },
      (_, i) => sign * ((i % genes) % 2 === 0 ? 1 : -1) * Math.floor(i / genes),
    );
  const kept = new KeptSample({ genes, samples: rows, models: 2 });
  kept.add(rows, [truth, model(1), model(-1)], undefined);
  await using products = new Products(openSession);
  const scores = await rankScores(kept, ["a", "b"], { genes, products });
  const expected = Array.from({ length: genes }, (_, g) => (g % 2 === 0 ? 1 : -1));
  expect(scores.map(({ spearman: rho }) => [...rho])).toEqual([expected, expected.map((r) => -r)]);
});
