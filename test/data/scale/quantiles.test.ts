import { describe, expect, it } from "vitest";
import { quantileOfSorted, robustSd, sortedColumn, valueAt } from "../../../data/scale/quantiles.ts";

describe("quantiles", () => {
  it("match numpy.quantile(…, method='linear')", () => {
    const sorted = [1, 2, 4, 8, 16];
    // numpy 1.26: np.quantile([1, 2, 4, 8, 16], [0, .1, .25, .5, .6, .99, 1])
    const expected = [1, 1.4, 2, 4, 5.6, 15.68, 16];
    [0, 0.1, 0.25, 0.5, 0.6, 0.99, 1].forEach((p, i) =>
      expect(quantileOfSorted(sorted, p)).toBeCloseTo(expected[i] ?? Number.NaN, 12),
    );
  });
  it("of one value are that value, of none NaN", () => {
    expect(quantileOfSorted([7], 0.3)).toBe(7);
    expect(quantileOfSorted([], 0.3)).toBeNaN();
    expect(valueAt([], 0)).toBeNaN();
  });
  it("of a column leave out what is missing", () => {
    const values = Float32Array.of(3, 1, Number.NaN, 1, -2, 1);
    expect(Array.from(sortedColumn({ values, rows: 3, columns: 2, column: 0 }))).toEqual([-2, 3]);
    expect(robustSd([0, 1, 2, 3, 4])).toBeCloseTo(2 / 1.349, 12);
  });
});
