import * as fc from "fast-check";
import { expect, test } from "vitest";
import { KeptRows } from "../../evaluate/kept-rows.ts";
import { averageRanks, rankCorrelation } from "../../evaluate/rank.ts";

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

/** Spearman's rho through the rows that are kept, in blocks of two rows. */
function spearman(truth: readonly number[], prediction: readonly number[]): number | undefined {
  const kept = new KeptRows(1);
  for (let start = 0; start < truth.length; start += 2) {
    const block = [truth, prediction].map((values) => Float32Array.from(values.slice(start, start + 2)));
    kept.add(block[0]?.length ?? 0, block);
  }
  return kept.spearman()[0]?.[0];
}

test("Spearman's rho matches scipy 1.17 spearmanr, with and without ties", () => {
  expect(spearman([0.5, -1.25, 2, 0.75, -0.5, 1.5, 3, -2.25], [0.25, -1, 1.5, 1, -0.75, 1.5, 2.25, -1])).toBeCloseTo(
    0.9880235200593538,
    13,
  );
  expect(spearman([1, 2, 2, 3, 3, 3, -1, 0], [2, 2, 1, 5, 4, 5, 0, 0])).toBeCloseTo(0.918821785756253, 13);
});

test("cells without a truth are left out of the ranks", () => {
  expect(spearman([1, Number.NaN, 2, 3], [1, 100, 2, 3])).toBe(1);
  expect(spearman([1, Number.NaN, 2, 3], [3, -100, 2, 1])).toBe(-1);
});

test("a prediction that does not vary has no rho, and neither has one sample", () => {
  expect(spearman([1, 2, 3], [0, 0, 0])).toBeNaN();
  expect(spearman([1], [1])).toBeNaN();
  expect(rankCorrelation(new Float64Array(0), new Float64Array(0))).toBeNaN();
});

test("columns of many genes and models come out in their places", () => {
  const [genes, rows] = [37, 5];
  const truth = Float32Array.from({ length: rows * genes }, (_, i) => Math.floor(i / genes));
  // Model 0 agrees with even genes and reverses odd ones; model 1 is its opposite.
  const model = (sign: number) =>
    Float32Array.from(
      { length: rows * genes },
      (_, i) => sign * ((i % genes) % 2 === 0 ? 1 : -1) * Math.floor(i / genes),
    );
  const kept = new KeptRows(genes);
  kept.add(rows, [truth, model(1), model(-1)]);
  const expected = Array.from({ length: genes }, (_, g) => (g % 2 === 0 ? 1 : -1));
  expect(kept.spearman().map((rho) => [...rho])).toEqual([expected, expected.map((r) => -r)]);
});

test("past the memory limit everything is dropped", () => {
  const kept = new KeptRows(2, 40);
  kept.add(2, [new Float32Array(4), new Float32Array(4)]);
  expect(kept.complete).toBe(true);
  kept.add(1, [new Float32Array(2), new Float32Array(2)]);
  expect(kept.complete).toBe(false);
  expect(kept.spearman()).toEqual([]);
});
