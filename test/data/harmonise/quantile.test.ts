import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapQuantiles } from "../../../data/harmonise/quantile.ts";

const reference = [1, 2, 4, 8, 16];
const anyProfile = fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 5, maxLength: 5 });

describe("a profile mapped onto the reference", () => {
  it("has the reference's values in its own order", () => {
    expect(Array.from(mapQuantiles(Float32Array.of(30, -5, 7, 1e6, 31), reference))).toEqual([4, 1, 2, 16, 8]);
  });
  it("is the same after any increasing transform: log or not, whatever the platform's curve", () => {
    fc.assert(
      fc.property(anyProfile, (profile) => {
        const plain = mapQuantiles(Float32Array.from(profile), reference);
        expect(
          mapQuantiles(
            Float32Array.from(profile, (x) => Math.atan(x / 500) * 3 + 7),
            reference,
          ),
        ).toEqual(plain);
        expect(Array.from(plain).toSorted((a, b) => a - b)).toEqual(reference);
      }),
    );
  });
  it("does not depend on its neighbours in the block", () => {
    fc.assert(
      fc.property(anyProfile, anyProfile, (first, second) => {
        const both = mapQuantiles(Float32Array.from([...first, ...second]), reference);
        expect(both.slice(5)).toEqual(mapQuantiles(Float32Array.from(second), reference));
      }),
    );
  });
  it("gives ties their average rank", () => {
    // Ranks 0, 1.5, 1.5, 3, 4: between 2 and 4 lies 3.
    expect(Array.from(mapQuantiles(Float32Array.of(0, 5, 5, 6, 7), reference))).toEqual([1, 3, 3, 8, 16]);
    expect(Array.from(mapQuantiles(new Float32Array(5), reference))).toEqual([4, 4, 4, 4, 4]);
  });
  it("keeps -0 and 0 tied", () => {
    expect(Array.from(mapQuantiles(Float32Array.of(-0, 0, 1, 2, 3), reference)).slice(0, 2)).toEqual([1.5, 1.5]);
  });
  it("without some landmarks spreads the others over the whole reference, and leaves those missing", () => {
    const mapped = mapQuantiles(Float32Array.of(5, Number.NaN, 6, Number.NaN, 7), reference);
    expect(Array.from(mapped)).toEqual([1, Number.NaN, 4, Number.NaN, 16]);
    // Two of five: positions 0 and 4; four of five: positions 0, 4/3, 8/3, 4.
    const four = mapQuantiles(Float32Array.of(1, 2, 3, 4, Number.NaN), reference);
    expect(four[1]).toBeCloseTo(2 + 2 / 3, 5);
  });
  it("with one landmark takes the middle, with none stays missing", () => {
    const lone = Float32Array.of(Number.NaN, 3, Number.NaN, Number.NaN, Number.NaN);
    expect(mapQuantiles(lone, reference)[1]).toBe(4);
    expect(Array.from(mapQuantiles(new Float32Array(5).fill(Number.NaN), reference)).every(Number.isNaN)).toBe(true);
  });
});
