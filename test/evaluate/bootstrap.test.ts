import { expect, test } from "vitest";
import { improvementInterval } from "../../evaluate/bootstrap.ts";
import { bucketsOf, ErrorTotals, resampledUnits } from "../../evaluate/error-totals.ts";

const often = { resamplings: 4_000, seed: 1 };

test("two groups give the three ratios that they can", () => {
  // Draws: both first (1/4), one of each (1/2), both second (1/4): the quartiles are known, the ends are the extremes.
  const [low, high] = improvementInterval({ model: [1, 6], baseline: [2, 8] }, often);
  expect([low, high]).toEqual([0.25, 0.5]);
});

test("the interval's width matches the delta method for many groups", () => {
  const groups = 400;
  const baseline = Array.from({ length: groups }, (_, i) => 1 + 0.5 * Math.sin(7 * i));
  const model = baseline.map((sum, i) => 0.9 * sum + 0.1 * Math.cos(13 * i));
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const ratio = total(model) / total(baseline);
  const residual = model.map((sum, i) => sum - ratio * (baseline[i] ?? 0));
  const error = Math.sqrt(total(residual.map((value) => value ** 2))) / total(baseline);
  const [low, high] = improvementInterval({ model, baseline }, often);
  expect((low + high) / 2).toBeCloseTo(1 - ratio, 2);
  expect((high - low) / (2 * 1.96 * error)).toBeGreaterThan(0.93);
  expect((high - low) / (2 * 1.96 * error)).toBeLessThan(1.07);
});

test("the seed decides, the order of the groups does not", () => {
  const totals = { model: [1, 6, 3, 4], baseline: [2, 8, 3, 6] };
  const shuffled = { model: [4, 1, 3, 6], baseline: [6, 2, 3, 8] };
  const few = { resamplings: 50, seed: 4 };
  expect(improvementInterval(shuffled, few)).toEqual(improvementInterval(totals, few));
  expect(improvementInterval(totals, { ...few, seed: 5 })).not.toEqual(improvementInterval(totals, few));
});

test("one group has an interval without width, and draws without a ratio are repeated", () => {
  expect(improvementInterval({ model: [3], baseline: [4] }, often)).toEqual([0.25, 0.25]);
  expect(improvementInterval({ model: [0, 3], baseline: [0, 4] }, often)).toEqual([0.25, 0.25]);
});

test("totals are kept by unit, whatever the order in which units are met", () => {
  const totals = new ErrorTotals();
  const errors = (absolute: number[], cells: number[], inside: number[]) => ({
    absolute: Float64Array.from(absolute),
    withoutOverlap: Float64Array.from(absolute, (sum) => sum / 5),
    cells: Float64Array.from(cells),
    bounded: Float64Array.from(cells, (count) => count / 2),
    inside: Float64Array.from(inside),
  });
  totals.add(Int32Array.of(2, 0), errors([5, 1], [10, 2], [3, 1]));
  totals.add(Int32Array.of(2), errors([1], [2], [0]));
  expect(totals.coverage()).toEqual([1, Number.NaN, 0.5]);
  expect(totals.totalCoverage()).toBe(4 / 7);
  expect(totals.rows).toEqual([1, 0, 2]);
  expect(totals.mae()).toEqual([0.5, Number.NaN, 0.5]);
  expect(totals.withoutOverlap).toEqual([0.2, 0, 1.2]);
});

test("samples are units of their own up to the number of buckets, then share them evenly", () => {
  expect([...bucketsOf(998, 4)]).toEqual([998, 999, 0, 1]);
  const buckets = [...bucketsOf(0, 3 * resampledUnits)];
  for (const bucket of [0, 1, 500, resampledUnits - 1]) expect(buckets.filter((b) => b === bucket)).toHaveLength(3);
});
