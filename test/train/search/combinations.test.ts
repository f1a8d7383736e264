import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FieldValues, type RecipeDraft, SearchSpace } from "../../../schemas/index.ts";
import { combinations } from "../../../train/search/combinations.ts";

const space = (fields: Readonly<Record<string, FieldValues>>, more: object = {}): SearchSpace =>
  SearchSpace.parse({ schemaVersion: 1, name: "s", base: {}, space: fields, strategy: "random", trials: 100, ...more });

const column = (trials: readonly RecipeDraft[], field: string): number[] => trials.map((one) => Number(one[field]));

/** Largest distance of the empirical distribution of values in [0, 1] from the uniform one (Kolmogorov–Smirnov). */
function distanceFromUniform(values: readonly number[]): number {
  const n = values.length;
  const ascending = values.toSorted((a, b) => a - b);
  return Math.max(...ascending.map((value, at) => Math.max(value - at / n, (at + 1) / n - value)));
}

/** Exceeded by one in a billion samples of this size (Massart 1990): 2·exp(−2nD²) = 1e-9. */
const bound = (n: number): number => Math.sqrt(Math.log(2e9) / (2 * n));

const seeds = fc.integer({ min: 0, max: 1e9 });
const ends = fc
  .tuple(fc.double({ min: 1e-6, max: 1e3, noNaN: true }), fc.double({ min: 1.5, max: 1e4, noNaN: true }))
  .map(([low, ratio]): [number, number] => [low, low * ratio]);

describe("random draws", () => {
  it("of a uniform range stay inside and spread evenly (Kolmogorov–Smirnov)", () => {
    fc.assert(
      fc.property(seeds, ends, (seed, [low, high]) => {
        const values = column(combinations(space({ a: { uniform: [low, high] } }, { seed, trials: 300 })), "a");
        expect(values.every((value) => value >= low && value <= high)).toBe(true);
        expect(distanceFromUniform(values.map((v) => (v - low) / (high - low)))).toBeLessThan(bound(300));
      }),
      { numRuns: 40 },
    );
  });

  it("of a log-uniform range stay inside and their logarithms spread evenly (Kolmogorov–Smirnov)", () => {
    fc.assert(
      fc.property(seeds, ends, (seed, [low, high]) => {
        const values = column(combinations(space({ a: { "log-uniform": [low, high] } }, { seed, trials: 300 })), "a");
        expect(values.every((value) => value >= low && value <= high)).toBe(true);
        const shares = values.map((v) => Math.log(v / low) / Math.log(high / low));
        expect(distanceFromUniform(shares)).toBeLessThan(bound(300));
      }),
      { numRuns: 40 },
    );
  });

  it("of integers meet both ends and every value about equally often, choices too", () => {
    const fields = {
      n: { integer: [-2, 3] as [number, number] },
      c: { choice: ["a", "b", [1]] },
      // Makes every draw distinct.
      x: { uniform: [0, 1] as [number, number] },
    };
    const trials = combinations(space(fields, { trials: 3000 }));
    const counts = (field: string): Map<string, number> => {
      const all = new Map<string, number>();
      for (const one of trials) all.set(JSON.stringify(one[field]), (all.get(JSON.stringify(one[field])) ?? 0) + 1);
      return all;
    };
    expect([...counts("n").keys()].toSorted()).toEqual(["-1", "-2", "0", "1", "2", "3"]);
    // 500 and 1000 are expected, 20 and 26 the standard deviations.
    for (const count of counts("n").values()) expect(Math.abs(count - 500)).toBeLessThan(110);
    for (const count of counts("c").values()) expect(Math.abs(count - 1000)).toBeLessThan(130);
  });

  it("are the same for the same seed, others for another, and more trials begin with the same ones", () => {
    const fields = { a: { uniform: [0, 1] }, b: { uniform: [0, 1] } } satisfies Record<string, FieldValues>;
    const few = combinations(space(fields, { trials: 5, seed: 7 }));
    expect(combinations(space(fields, { trials: 50, seed: 7 })).slice(0, 5)).toEqual(few);
    expect(combinations(space(fields, { trials: 5, seed: 8 }))).not.toEqual(few);
    expect(column(few, "a")).not.toEqual(column(few, "b"));
  });

  it("of a field do not change when another field is added or the order is another", () => {
    const a: FieldValues = { uniform: [0, 1] };
    const b: FieldValues = { choice: [1, 2] };
    const alone = column(combinations(space({ a }, { trials: 20 })), "a");
    expect(column(combinations(space({ b, a }, { trials: 20 })), "a")).toEqual(alone);
  });

  it("are written in few digits, the same on every engine", () => {
    const trials = combinations(space({ a: { uniform: [0, 0.3] }, b: { "log-uniform": [1e-4, 1e-2] } }));
    for (const one of trials) {
      expect(Math.abs(Number(one["a"]) * 1e5 - Math.round(Number(one["a"]) * 1e5))).toBeLessThan(1e-6);
      expect(String(Number(one["b"])).replace(/^0\.0*/, "").length).toBeLessThanOrEqual(6);
    }
  });

  it("never repeat, and end where the space has no more", () => {
    const fields = { a: { choice: [1, 2, 3] }, b: { choice: [1, 2] } } satisfies Record<string, FieldValues>;
    const trials = combinations(space(fields, { trials: 100 }));
    expect(new Set(trials.map((one) => JSON.stringify(one))).size).toBe(6);
    expect(trials).toHaveLength(6);
  });
});

describe("a grid", () => {
  const grid = (fields: Readonly<Record<string, FieldValues>>) =>
    combinations(space(fields, { strategy: "grid", trials: undefined }));

  it("has every combination once, the last field varying fastest", () => {
    expect(grid({ a: { choice: ["x", "y"] }, b: { integer: [1, 3] } })).toEqual([
      { a: "x", b: 1 },
      { a: "x", b: 2 },
      { a: "x", b: 3 },
      { a: "y", b: 1 },
      { a: "y", b: 2 },
      { a: "y", b: 3 },
    ]);
  });

  it("refuses ranges, which cannot be listed, naming all of them", () => {
    expect(() => grid({ a: { uniform: [0, 1] }, b: { "log-uniform": [1, 2] }, c: { choice: [1] } })).toThrow(
      /^a, b: a grid cannot list the values of a range/,
    );
  });

  it("refuses to grow beyond what anybody can train", () => {
    expect(() => grid({ a: { integer: [1, 1000] }, b: { integer: [1, 11] } })).toThrow(
      /too many trials \(expected at most 10000, got 11000\)/,
    );
  });
});
