import { afterAll, expect, test } from "vitest";
import { Random } from "../../data/random.ts";
import { winRateInterval } from "../../evaluate/bootstrap.ts";
import { GeneErrors } from "../../evaluate/gene-errors.ts";
import { Products } from "../../runtime/algebra/products.ts";
import { openSession } from "../../runtime/node/open.ts";

const products = new Products(openSession);
afterAll(() => products[Symbol.asyncDispose]());
const often = { resamplings: 2_000, seed: 1 };

/** Two groups: gene 0 is won in both, gene 1 in the first by more than it is lost in the second, gene 2 in none. */
const differences = Float32Array.of(-1, -2, 1, -1, 1, 1);
const scored = Uint8Array.of(1, 1, 1);

test("two groups give the rates of their three draws", async () => {
  // First twice: genes 0 and 1; one of each: 0 and 1; second twice: gene 0. A quarter each of the pure draws.
  const order = Int32Array.of(0, 1);
  const [low, high] = await winRateInterval(products, { differences, order, scored, winRate: 2 / 3 }, often);
  expect([low * 3, high * 3]).toEqual([expect.closeTo(1, 9), expect.closeTo(2, 9)]);
});

test("genes without a truth do not count", async () => {
  const order = Int32Array.of(0, 1);
  const some = { differences, order, scored: Uint8Array.of(1, 0, 0), winRate: 1 };
  expect(await winRateInterval(products, some, often)).toEqual([1, 1]);
});

test("the order in which groups were met does not matter", async () => {
  const turned = Float32Array.of(-1, 1, 1, -1, -2, 1);
  const few = { resamplings: 9, seed: 3 };
  const [one, other] = [
    { differences: turned, order: Int32Array.of(1, 0), scored, winRate: 2 / 3 },
    { differences, order: Int32Array.of(0, 1), scored, winRate: 2 / 3 },
  ];
  expect(await winRateInterval(products, one, few)).toEqual(await winRateInterval(products, other, few));
});

/** Differences of 60 units: the same small mean for every gene, and noise. */
function noisy(mean: number, genes = 400, units = 60) {
  const random = new Random(5);
  const values = Float32Array.from({ length: units * genes }, () => mean + random.normal());
  const sums = Array.from({ length: genes }, (_, g) =>
    Array.from({ length: units }, (_unit, u) => values[u * genes + g] ?? 0).reduce((sum, value) => sum + value, 0),
  );
  return {
    differences: values,
    order: Int32Array.from({ length: units }, (_, u) => u),
    scored: new Uint8Array(genes).fill(1),
    winRate: sums.filter((sum) => sum < 0).length / genes,
  };
}

test.each([-0.3, -0.2, 0, 0.2, 0.3])(
  "is about the share, not about the noisier draws (mean difference %d)",
  async (mean) => {
    const of = noisy(mean);
    const [low, high] = await winRateInterval(products, of, { resamplings: 500, seed: 2 });
    expect(low).toBeLessThan(of.winRate);
    expect(high).toBeGreaterThan(of.winRate);
    expect(low).toBeGreaterThanOrEqual(0);
    expect(high).toBeLessThanOrEqual(1);
    // Genes are independent: the spread of a binomial share, with the draws' own noise on top.
    const sd = Math.sqrt((of.winRate * (1 - of.winRate)) / 400);
    expect((high - low) / (2 * 1.96 * sd)).toBeGreaterThan(0.6);
    expect((high - low) / (2 * 1.96 * sd)).toBeLessThan(1.6);
  },
);

test("errors are summed by unit and gene; units past 1,000 share, and a missing truth adds nothing", () => {
  const [model, other] = [new GeneErrors(2), new GeneErrors(2)];
  const truth = Float32Array.of(0, Number.NaN, 1, 1);
  model.add({ truth, prediction: Float32Array.of(2, 9, 4, 1), rows: 2 }, Int32Array.of(1, 1001));
  other.add({ truth, prediction: Float32Array.of(1, 9, 1, 3), rows: 2 }, Int32Array.of(1, 1001));
  expect([...model.less(other)]).toEqual([0, 0, 4, -2]);
});
