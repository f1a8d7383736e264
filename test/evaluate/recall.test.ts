import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { averageRanks, rankCorrelation } from "../../evaluate/rank.ts";
import { rankRows } from "../../evaluate/rank-rows.ts";
import { itemRecall, recallShares } from "../../evaluate/recall.ts";
import { Products } from "../../runtime/algebra/products.ts";
import { openSession } from "../../runtime/node/open.ts";

const products = new Products(openSession);
afterAll(() => products[Symbol.asyncDispose]());

/** R of every row of `[items, length]` matrices, which are not changed. */
async function recallOf(predicted: Float32Array, truth: Float32Array, length: number) {
  const ranked = (from: Float32Array) => rankRows({ values: from.slice(), items: from.length / length, length });
  return itemRecall(products, { predicted: ranked(predicted), truth: ranked(truth) });
}

/** The definition, pair by pair: R of i is the share of j ≠ i with rho(predicted i, true j) < rho(predicted i, true i). */
function byDefinition(predicted: Float32Array, truth: Float32Array, length: number): number[] {
  const items = truth.length / length;
  const ranks = (from: Float32Array, i: number) => averageRanks(from.subarray(i * length, (i + 1) * length));
  return Array.from({ length: items }, (_, i) => {
    const rho = Array.from({ length: items }, (__, j) => rankCorrelation(ranks(predicted, i), ranks(truth, j)));
    const others = rho.filter((r, j) => j !== i && !Number.isNaN(r));
    if (Number.isNaN(rho[i] ?? Number.NaN) || others.length === 0) return Number.NaN;
    return others.filter((r) => r < (rho[i] ?? 0) - 1e-6).length / others.length;
  });
}

test("R matches its definition, pair by pair, ties and constant rows included", async () => {
  const length = 7;
  const matrix = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 5 * length, maxLength: 5 * length });
  await fc.assert(
    fc.asyncProperty(matrix, matrix, async (p, t) => {
      const [predicted, truth] = [Float32Array.from(p), Float32Array.from(t)];
      const { recall } = await recallOf(predicted, truth, length);
      const expected = byDefinition(predicted, truth, length);
      for (const [i, r] of recall.entries()) expect(r).toBe(expected[i]);
    }),
    { numRuns: 40 },
  );
});

test("a rising transform of predictions changes no R, and samples may come in any order", async () => {
  const [items, length] = [6, 9];
  const values = Float32Array.from({ length: items * length }, (_, i) => Math.sin(12.9898 * i));
  const noisy = values.map((value, i) => value + 0.8 * Math.cos(78.233 * i));
  const { recall } = await recallOf(noisy, values, length);
  expect(
    (
      await recallOf(
        noisy.map((value) => 3 * Math.exp(value)),
        values,
        length,
      )
    ).recall,
  ).toEqual(recall);
  const reversed = (from: Float32Array) =>
    from.map((_, i) => from[i - (i % length) + (length - 1 - (i % length))] ?? Number.NaN);
  expect((await recallOf(reversed(noisy), reversed(values), length)).recall).toEqual(recall);
});

test("a row is its ranks, centred and of length 1; a missing cell is the middle, a constant row nothing", () => {
  const values = Float32Array.of(3, 1, 2, 5, Number.NaN, 1, 2, 2, 2);
  const { varies } = rankRows({ values, items: 3, length: 3 });
  expect([...varies]).toEqual([1, 1, 0]);
  const half = Math.fround(Math.SQRT1_2);
  expect([...values]).toEqual([half, -half, 0, half, 0, -half, 0, 0, 0]);
});

test("shares count what reaches .95 and .99; without any R there are none", () => {
  const recall = Float64Array.of(1, 0.95, 0.96, 0.5, Number.NaN);
  const shares = recallShares({ recall, similarity: Float64Array.of(0.9, 0.8, 0.7, 0.1, Number.NaN) });
  expect(shares).toEqual({ tested: 4, medianSimilarity: 0.75, median: 0.955, atLeast95: 0.75, atLeast99: 0.25 });
  const none = Float64Array.of(Number.NaN);
  expect(recallShares({ recall: none, similarity: none })).toBeUndefined();
});

test("it stops when it is told to", async () => {
  const matrix = { values: Float32Array.of(1, 2, 2, 1), items: 2, length: 2, varies: Uint8Array.of(1, 1) };
  const signal = AbortSignal.abort();
  const stopped = itemRecall(products, { predicted: matrix, truth: matrix, signal });
  await expect(stopped).rejects.toMatchObject({ tag: "cancelled" });
});
