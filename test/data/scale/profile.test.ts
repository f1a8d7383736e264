import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../../data/random.ts";
import { InputProfileBuilder, profileProbabilities } from "../../../data/scale/profile.ts";
import { InputProfile } from "../../../schemas/index.ts";

const landmarks = 5;
const matrix = (rows: number, seed = 1): Float32Array => {
  const random = new Random(seed);
  return Float32Array.from({ length: rows * landmarks }, (_, i) => (i % landmarks) * 10 + random.normal());
};
const profileOf = (values: Float32Array, { cut = 7, capacity = 4096, seed = 3 } = {}) => {
  const builder = new InputProfileBuilder({ landmarks, seed, capacity });
  const rows = values.length / landmarks;
  for (let start = 0; start < rows; start += cut) {
    const end = Math.min(rows, start + cut);
    builder.add(values.subarray(start * landmarks, end * landmarks), end - start);
  }
  return builder.finish();
};

describe("the profile of training rows", () => {
  it("holds each landmark's quantiles and the mean sorted profile", () => {
    const profile = profileOf(Float32Array.of(1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 3, 3, 3, 3, 3));
    expect(InputProfile.parse(profile)).toEqual(profile);
    expect(profile.probabilities).toEqual(profileProbabilities);
    expect(profile.quantiles[0]).toEqual([1.04, 1.2, 2, 3, 4, 4.8, 4.96].map((x) => expect.closeTo(x, 6)));
    expect(profile.reference).toEqual([5 / 3, 7 / 3, 3, 11 / 3, 13 / 3].map((x) => expect.closeTo(x, 12)));
  });
  it("leaves out missing values and stretches an incomplete row over the whole reference", () => {
    const profile = profileOf(Float32Array.of(0, Number.NaN, 1, 2, Number.NaN, 0, 0.5, 1, 1.5, 2));
    expect(profile.quantiles[1]).toEqual(profileProbabilities.map(() => 0.5));
    expect(profile.reference).toEqual([0, 0.5, 1, 1.5, 2]);
  });
  it("leaves a row without any value out of the reference", () => {
    const profile = profileOf(Float32Array.of(1, 2, 3, 4, 5, ...Array.from({ length: landmarks }, () => Number.NaN)));
    expect(profile.reference).toEqual([1, 2, 3, 4, 5]);
  });
  it("does not depend on how the rows were cut into blocks, below and above its capacity", () => {
    const values = matrix(100);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), fc.constantFrom(16, 4096), (cut, capacity) => {
        expect(profileOf(values, { cut, capacity })).toEqual(profileOf(values, { cut: 100, capacity }));
      }),
      { numRuns: 30 },
    );
  });
  it("above its capacity is that of a fair sample: medians within 4 standard errors, another for another seed", () => {
    const values = matrix(5000);
    const sampled = profileOf(values, { capacity: 400 });
    // Standard error of a median of n normal values: 1.253/√n.
    sampled.quantiles.forEach((q, i) => expect(Math.abs((q[3] ?? 0) - i * 10)).toBeLessThan((4 * 1.253) / 20));
    expect(profileOf(values, { capacity: 400, seed: 4 })).not.toEqual(sampled);
  });
  it("refuses no rows, and a landmark without a single value, by its number", () => {
    expect(() => profileOf(new Float32Array(0))).toThrow(/no training rows/);
    const values = matrix(3).map((x, i) => (i % landmarks === 2 ? Number.NaN : x));
    expect(() => profileOf(values)).toThrow(/1 landmarks have no value.*landmark 2/);
  });
});
