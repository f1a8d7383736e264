import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countSplits, planSplit } from "../../../data/dataset/split.ts";
import { parseSplit } from "../../../data/dataset/split-recipe.ts";
import type { SplitRecipe } from "../../../schemas/index.ts";

const random = (fractions: [number, number, number], seed = 1): SplitRecipe => ({ kind: "random", fractions, seed });
const grouped = (fractions: [number, number, number], seed = 1): SplitRecipe => ({
  kind: "group",
  field: "study",
  fractions,
  seed,
});

/** Fractions in whole percents, train above 0. */
const anyFractions = fc
  .tuple(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 0, max: 100 }))
  .map(([train, share]): [number, number, number] => {
    const validation = Math.round(((100 - train) * share) / 100);
    return [train / 100, validation / 100, (100 - train - validation) / 100];
  });
const anyGroups = fc.array(fc.stringMatching(/^[a-j]$/), { minLength: 1, maxLength: 200 });
const anySeed = fc.integer();

describe("random split", () => {
  it("puts every sample into one split, in numbers within one sample of the fractions", () => {
    fc.assert(
      fc.property(anyFractions, fc.integer({ min: 3, max: 500 }), anySeed, (fractions, count, seed) => {
        const { codes } = planSplit(random(fractions, seed), { count });
        const counts = Object.values(countSplits(codes));
        expect(counts.reduce((sum, n) => sum + n)).toBe(count);
        counts.forEach((n, split) => {
          const share = fractions[split] ?? 0;
          expect(n > 0).toBe(share > 0);
          // A split is raised to one sample where its share is less; that may cost another split up to two.
          expect(Math.abs(n - share * count)).toBeLessThanOrEqual(2 + 1e-9);
        });
      }),
    );
  });
  it("is the same for the same seed, and another for another seed", () => {
    const split = (seed: number): string => planSplit(random([0.8, 0.1, 0.1], seed), { count: 200 }).codes.join("");
    expect(split(5)).toBe(split(5));
    expect(split(5)).not.toBe(split(6));
  });
  it("refuses fewer samples than splits", () => {
    expect(() => planSplit(random([0.8, 0.1, 0.1]), { count: 2 })).toThrow(/too few samples/);
    expect(countSplits(planSplit(random([0.5, 0, 0.5]), { count: 2 }).codes)).toEqual({
      train: 1,
      validation: 0,
      test: 1,
    });
  });
});

describe("group split", () => {
  it("never divides a group, fills every wanted split and exceeds no share by more than the largest group", () => {
    fc.assert(
      fc.property(anyFractions, anyGroups, anySeed, (fractions, groups, seed) => {
        fc.pre(new Set(groups).size >= fractions.filter((share) => share > 0).length);
        const { codes } = planSplit(grouped(fractions, seed), { count: groups.length, groups });
        const splitOf = new Map(groups.map((group, sample) => [group, codes[sample]]));
        expect([...codes]).toEqual(groups.map((group) => splitOf.get(group)));
        const largest = Math.max(...[...splitOf.keys()].map((group) => groups.filter((g) => g === group).length));
        Object.values(countSplits(codes)).forEach((n, split) => {
          const share = fractions[split] ?? 0;
          expect(n > 0).toBe(share > 0);
          expect(n - share * groups.length).toBeLessThanOrEqual(largest);
        });
      }),
    );
  });
  it("approaches the fractions where groups are many and small", () => {
    const groups = Array.from({ length: 1000 }, (_, sample) => `g${sample % 200}`);
    const { codes } = planSplit(grouped([0.7, 0.2, 0.1]), { count: 1000, groups });
    const { train, validation, test } = countSplits(codes);
    expect(Math.abs(train - 700)).toBeLessThanOrEqual(5);
    expect(Math.abs(validation - 200)).toBeLessThanOrEqual(5);
    expect(Math.abs(test - 100)).toBeLessThanOrEqual(5);
  });
  it("gives a group the same split whatever the order of the samples", () => {
    fc.assert(
      fc.property(anyGroups, anySeed, (groups, seed) => {
        fc.pre(new Set(groups).size >= 3);
        const bySample = (order: readonly string[]): Map<string, number | undefined> => {
          const { codes } = planSplit(grouped([0.6, 0.2, 0.2], seed), { count: order.length, groups: order });
          return new Map(order.map((group, sample) => [group, codes[sample]]));
        };
        const reversed = bySample(groups.toReversed());
        for (const [group, code] of bySample(groups)) expect(reversed.get(group)).toBe(code);
      }),
    );
  });
  it("refuses fewer groups than splits, and says how many there are", () => {
    expect(() => planSplit(grouped([0.8, 0.1, 0.1]), { count: 4, groups: ["a", "a", "b", "b"] })).toThrow(
      /too few groups in study to split \(expected at least 3, one for each part, got 2\)/,
    );
  });
});

describe("k-fold split", () => {
  const kfold = (testFold: number, field?: string): SplitRecipe => ({
    kind: "kfold",
    folds: 5,
    testFold,
    seed: 3,
    ...(field === undefined ? {} : { field }),
  });
  it("holds out each sample as test in one of the folds, and as validation in one other", () => {
    const groups = Array.from({ length: 83 }, (_, sample) => `g${sample % 17}`);
    for (const ofGroups of [undefined, groups]) {
      const field = ofGroups && "study";
      const splits = [0, 1, 2, 3, 4].map((fold) => planSplit(kfold(fold, field), { count: 83, groups: ofGroups }));
      for (let sample = 0; sample < 83; sample += 1) {
        const codes = splits.map((split) => split.codes[sample]);
        expect(codes.toSorted((a, b) => Number(a) - Number(b))).toEqual([0, 0, 0, 1, 2]);
        // The validation fold is the one after the test fold, so it is validation when the fold before it is test.
        expect((codes.indexOf(1) + 1) % 5).toBe(codes.indexOf(2));
        expect(splits[0]?.folds?.[sample]).toBe(codes.indexOf(2));
      }
    }
  });
  it("makes folds of equal size, within one sample", () => {
    const { folds } = planSplit(kfold(0), { count: 83 });
    const sizes = [0, 1, 2, 3, 4].map((fold) => folds?.filter((one) => one === fold).length);
    expect(sizes.toSorted((a, b) => Number(a) - Number(b))).toEqual([16, 16, 17, 17, 17]);
  });
  it("keeps groups whole", () => {
    const groups = Array.from({ length: 60 }, (_, sample) => `g${sample % 7}`);
    const { folds } = planSplit(kfold(0, "study"), { count: 60, groups });
    for (const group of new Set(groups))
      expect(new Set(folds?.filter((_, sample) => groups[sample] === group)).size).toBe(1);
  });
});

describe("split grammar", () => {
  const request = { fractions: [0.8, 0.1, 0.1], seed: 4, testFold: 1 } as const;
  it("reads random, group and kfold", () => {
    const fractions = [0.8, 0.1, 0.1];
    expect(parseSplit({ ...request, split: "random" })).toEqual({ kind: "random", fractions, seed: 4 });
    expect(parseSplit({ ...request, split: "group:a:b" })).toEqual({ kind: "group", field: "a:b", fractions, seed: 4 });
    expect(parseSplit({ ...request, split: "kfold:5" })).toEqual({ kind: "kfold", folds: 5, testFold: 1, seed: 4 });
    expect(parseSplit({ ...request, split: "kfold:5:donor" })).toMatchObject({ folds: 5, field: "donor" });
  });
  it.each(["", "randomly", "random:x", "group", "group:", "kfold", "kfold:x", "kfold:2", "kfold:256", "kfold:-3"])(
    "refuses %j as a usage error",
    (split) => {
      expect(() => parseSplit({ ...request, split })).toThrow(expect.objectContaining({ tag: "usage" }));
    },
  );
  it("refuses fractions that do not add up to 1, a train share of 0, and a fold that is not there", () => {
    for (const fractions of [
      [0.8, 0.1, 0.2],
      [0, 0.5, 0.5],
      [1.2, -0.1, -0.1],
    ] as const)
      expect(() => parseSplit({ ...request, split: "random", fractions })).toThrow(/fractions/);
    for (const testFold of [-1, 5, 0.5])
      expect(() => parseSplit({ ...request, split: "kfold:5", testFold })).toThrow(/no such fold/);
  });
});
