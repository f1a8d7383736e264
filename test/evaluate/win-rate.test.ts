import { afterAll, expect, test } from "vitest";
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
  expect(await winRateInterval(products, { differences, order, scored }, often)).toEqual([1 / 3, 2 / 3]);
});

test("genes without a truth do not count", async () => {
  const order = Int32Array.of(0, 1);
  const some = { differences, order, scored: Uint8Array.of(1, 0, 0) };
  expect(await winRateInterval(products, some, often)).toEqual([1, 1]);
});

test("the order in which groups were met does not matter", async () => {
  const turned = Float32Array.of(-1, 1, 1, -1, -2, 1);
  const few = { resamplings: 9, seed: 3 };
  expect(await winRateInterval(products, { differences: turned, order: Int32Array.of(1, 0), scored }, few)).toEqual(
    await winRateInterval(products, { differences, order: Int32Array.of(0, 1), scored }, few),
  );
});

test("errors are summed by unit and gene; units past 1,000 share, and a missing truth adds nothing", () => {
  const [model, other] = [new GeneErrors(2), new GeneErrors(2)];
  const truth = Float32Array.of(0, Number.NaN, 1, 1);
  model.add({ truth, prediction: Float32Array.of(2, 9, 4, 1), rows: 2 }, Int32Array.of(1, 1001));
  other.add({ truth, prediction: Float32Array.of(1, 9, 1, 3), rows: 2 }, Int32Array.of(1, 1001));
  expect([...model.less(other)]).toEqual([0, 0, 4, -2]);
});
