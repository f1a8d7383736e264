import { expect, it } from "vitest";
import { clusterCount, clusterWarnings } from "../../../data/dedupe/cluster-count.ts";

it("uses the paper's 100 clusters for the paper's samples, and one where all can be compared", () => {
  expect([0, 65, 1499, 5000, 129_158, 10 ** 6].map((samples) => clusterCount(samples, undefined))).toEqual([
    1, 1, 1, 5, 100, 100,
  ]);
});
it("uses what is asked for down to 10 samples a cluster", () => {
  expect([999, 1000, 129_158].map((samples) => clusterCount(samples, 100))).toEqual([1, 100, 100]);
  expect(clusterWarnings("geo", 1000, 100)).toEqual([]);
  expect(clusterWarnings("geo", 5, 1)).toEqual([]);
  expect(clusterWarnings("geo", 2999, 300).join()).toMatch(
    /geo were sought in 3 clusters instead of 300: 2999 samples/,
  );
});
