import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CohortMoments, mapCohort, smallestCohort } from "../../../data/harmonise/cohort.ts";
import { Random } from "../../../data/random.ts";

const landmarks = 4;
const rows = 50;
const training = { mean: [8, 9, 10, 11], sd: [1, 0.5, 2, 0], epsilon: 1e-3 };
const random = new Random(1);
const values = Float32Array.from(
  { length: rows * landmarks },
  (_, i) => (i % landmarks) - 5 + (1 + (i % landmarks)) * random.normal(),
);
const momentsOf = (matrix: Float32Array, cut = matrix.length / landmarks): CohortMoments => {
  const moments = new CohortMoments(landmarks);
  for (let start = 0; start < matrix.length; start += cut * landmarks) {
    const block = matrix.subarray(start, start + cut * landmarks);
    moments.add(block, block.length / landmarks);
  }
  return moments;
};
const columnOf = (matrix: Float32Array, column: number) =>
  Array.from(matrix).filter((_, i) => i % landmarks === column);
const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
const sd = (list: readonly number[]) => Math.sqrt(mean(list.map((x) => (x - mean(list)) ** 2)));

describe("a harmonised cohort", () => {
  it("has the training moments (plain loops as oracle)", () => {
    const mapped = mapCohort(values, momentsOf(values).finish(training));
    for (let column = 0; column < landmarks; column += 1) {
      const list = columnOf(mapped, column);
      expect(mean(list)).toBeCloseTo(training.mean[column] ?? Number.NaN, 4);
      // (s_training + ε) / (s_input + ε) · s_input: ε costs up to 0.1 % of an sd near 1.
      const own = sd(columnOf(values, column));
      const expected = (((training.sd[column] ?? Number.NaN) + 1e-3) / (own + 1e-3)) * own;
      expect(sd(list)).toBeCloseTo(expected, 4);
    }
  });
  it("does not change when it has the training moments already", () => {
    const own = {
      mean: [0, 1, 2, 3].map((i) => mean(columnOf(values, i))),
      sd: [0, 1, 2, 3].map((i) => sd(columnOf(values, i))),
    };
    const mapped = mapCohort(values, momentsOf(values).finish({ ...own, epsilon: 1e-3 }));
    mapped.forEach((x, i) => expect(x).toBeCloseTo(values[i] ?? Number.NaN, 4));
  });
  it("undoes a shift and a factor per gene: the map of any such cohort gives the same result", () => {
    const plain = mapCohort(values, momentsOf(values).finish({ ...training, epsilon: 1e-9 }));
    const any = fc.tuple(
      fc.double({ min: -100, max: 100, noNaN: true }),
      fc.double({ min: 0.5, max: 20, noNaN: true }),
    );
    fc.assert(
      fc.property(any, ([shift, factor]) => {
        const moved = values.map((x) => x * factor + shift);
        const mapped = mapCohort(moved, momentsOf(moved).finish({ ...training, epsilon: 1e-9 }));
        // float32 of values up to 100 + 20·|x|: 1e-5 absolute, over sds of at least 0.5, times training sd 2.
        mapped.forEach((x, i) => expect(Math.abs(x - (plain[i] ?? 0))).toBeLessThan(5e-4));
      }),
    );
  });
  it("does not depend on how it was cut into blocks, beyond rounding", () => {
    const whole = mapCohort(values, momentsOf(values).finish(training));
    const cut = mapCohort(values, momentsOf(values, 7).finish(training));
    cut.forEach((x, i) => expect(x).toBeCloseTo(whole[i] ?? Number.NaN, 5));
  });
  it("maps a row the same whatever stands beside it", () => {
    const map = momentsOf(values).finish(training);
    const whole = mapCohort(values, map);
    expect(mapCohort(values.subarray(12, 16), map)).toEqual(whole.slice(12, 16));
  });
  it("takes a constant gene to the training mean", () => {
    const constant = values.map((x, i) => (i % landmarks === 1 ? 3.3 : x));
    const mapped = mapCohort(constant, momentsOf(constant).finish(training));
    expect(columnOf(mapped, 1)).toEqual(Array.from({ length: rows }, () => 9));
  });
});

describe("missing values", () => {
  it("stay missing and do not count", () => {
    const holed = values.map((x, i) => (i % 9 === 0 ? Number.NaN : x));
    const mapped = mapCohort(holed, momentsOf(holed).finish(training));
    mapped.forEach((x, i) => expect(Number.isNaN(x)).toBe(i % 9 === 0));
    expect(mean(columnOf(mapped, 2).filter((x) => !Number.isNaN(x)))).toBeCloseTo(10, 4);
  });
  it("make a landmark missing that has too few values for moments of its own, and say which", () => {
    const sparse = values.map((x, i) =>
      i % landmarks === 2 && i >= (smallestCohort - 1) * landmarks ? Number.NaN : x,
    );
    const map = momentsOf(sparse).finish(training);
    expect(map.sparse).toEqual([2]);
    expect(columnOf(mapCohort(sparse, map), 2).every(Number.isNaN)).toBe(true);
    expect(columnOf(mapCohort(sparse, map), 1).some(Number.isNaN)).toBe(false);
  });
});

it("19 profiles are too few, 20 are enough", () => {
  const few = momentsOf(values.subarray(0, 19 * landmarks));
  expect(() => few.finish(training)).toThrow(/at least 20 profiles, got 19\). Choose --harmonise quantile/);
  expect(() => momentsOf(values.subarray(0, 20 * landmarks)).finish(training)).not.toThrow();
});
