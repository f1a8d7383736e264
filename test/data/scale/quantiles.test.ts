import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../../data/random.ts";
import { quantileOfSorted, robustSd, sortedColumn, sortForQuantiles, valueAt } from "../../../data/scale/quantiles.ts";

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
  it("of values in an order made for them are those of sorted values, whatever the order, with ties and infinities", () => {
    const orders = ["random", "ties", "ascending", "descending"] as const;
    fc.assert(
      fc.property(
        fc.record({
          count: fc.integer({ min: 0, max: 5000 }),
          seed: fc.nat(),
          order: fc.constantFrom(...orders),
          probabilities: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
        }),
        ({ count, seed, order, probabilities }) => {
          const random = new Random(seed);
          const draw = () => (order === "ties" ? random.integer(4) : random.normal());
          const values = Float32Array.from({ length: count }, draw);
          if (count > 2) values.set([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], random.integer(count - 1));
          const sorted = values.toSorted();
          if (order === "ascending") values.set(sorted);
          if (order === "descending") values.set(sorted.toReversed());
          sortForQuantiles(values, probabilities);
          for (const p of probabilities) expect(quantileOfSorted(values, p)).toBe(quantileOfSorted(sorted, p));
          expect(values.toSorted()).toEqual(sorted);
        },
      ),
      { numRuns: 200 },
    );
  });
});
