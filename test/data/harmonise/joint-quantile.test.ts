import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapOntoReference, SortedMean } from "../../../data/harmonise/joint-quantile.ts";

/** scipy.stats.rankdata(values), method average: 1 … n. */
function rankdata(values: readonly number[]): number[] {
  return values.map((x) => {
    const below = values.filter((y) => y < x).length;
    const same = values.filter((y) => y === x).length;
    return below + (same + 1) / 2;
  });
}

/** D-GEX's bgedv2_reqnorm.py by its formula: quantile[int(rankdata(x) - 1)]. */
const averageOracle = (values: readonly number[], reference: readonly number[]): number[] =>
  rankdata(values).map((rank) => Math.fround(reference[Math.trunc(rank - 1)] ?? Number.NaN));

/** D-GEX's GTEx_reqnorm.py by its formula, quotients in integers: pos = (r + 1)/len(u); quantile[int(pos · n) − 1]. */
function denseOracle(values: readonly number[], reference: readonly number[]): number[] {
  const unique = [...new Set(values)].toSorted((a, b) => a - b);
  const n = BigInt(reference.length);
  return values.map((x) => {
    const place = (BigInt(unique.indexOf(x) + 1) * n) / BigInt(unique.length);
    return Math.fround(reference[Number(place) - 1] ?? Number.NaN);
  });
}

/** Profiles with many ties, and an ascending reference of as many values. */
const cases = fc.integer({ min: 1, max: 60 }).chain((n) =>
  fc.record({
    profile: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: n, maxLength: n }),
    reference: fc
      .array(fc.float({ min: -20, max: 20, noNaN: true }), { minLength: n, maxLength: n })
      .map((values) => values.map((x) => x + 0).toSorted((a, b) => a - b)),
  }),
);

const mapped = (profile: readonly number[], reference: readonly number[], rule: "average" | "dense"): number[] => {
  const values = Float32Array.from(profile);
  mapOntoReference(values, reference, rule);
  return [...values].map((x) => x + 0);
};

describe("mapping a profile onto a reference", () => {
  it("by average ranks is D-GEX's rule for GEO (oracle: scipy's rankdata by formula)", () => {
    fc.assert(
      fc.property(cases, ({ profile, reference }) => {
        expect(mapped(profile, reference, "average")).toEqual(averageOracle(profile, reference));
      }),
    );
  });
  it("by dense ranks is D-GEX's rule for GTEx (oracle: its formula in integers)", () => {
    fc.assert(
      fc.property(cases, ({ profile, reference }) => {
        expect(mapped(profile, reference, "dense")).toEqual(denseOracle(profile, reference));
      }),
    );
  });
  it("puts zeros that tie where the formula says: not at the reference's lowest value", () => {
    const reference = [1, 2, 3, 4, 5, 6];
    expect(mapped([0, 0, 0, 0, 5, 9], reference, "dense")).toEqual([2, 2, 2, 2, 4, 6]);
    expect(mapped([0, 0, 0, 0, 5, 9], reference, "average")).toEqual([2, 2, 2, 2, 5, 6]);
  });
  it("without ties is the same by both rules, also where 1/n · n rounds below 1 in floating point", () => {
    const n = 49;
    expect(Math.trunc((1 / n) * n)).toBe(0);
    const profile = Array.from({ length: n }, (_, i) => (i * 17) % n);
    const reference = Array.from({ length: n }, (_, i) => i / 2);
    expect(mapped(profile, reference, "dense")).toEqual(profile.map((x) => x / 2));
    expect(mapped(profile, reference, "average")).toEqual(profile.map((x) => x / 2));
  });
  it("gives one profile alone what it gives it among others, and leaves missing values missing, ranks stretched over the others", () => {
    const reference = [1, 2, 3];
    const values = Float32Array.of(5, 1, 9, Number.NaN, 2, 1);
    mapOntoReference(values, reference, "average");
    // The larger of two values takes the top of the reference, as it would of two genes.
    expect([...values]).toEqual([2, 1, 3, Number.NaN, 3, 1]);
  });
});

describe("the reference", () => {
  it("is the mean over profiles of their sorted values (oracle: float64 loop)", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.float({ min: -9, max: 9, noNaN: true }), { minLength: 5, maxLength: 5 }), {
          minLength: 1,
        }),
        (profiles) => {
          const mean = new SortedMean(5);
          for (const profile of profiles) mean.add(Float32Array.from(profile));
          const sorted = profiles.map((profile) => profile.toSorted((a, b) => a - b));
          const reference = mean.finish();
          for (let rank = 0; rank < 5; rank += 1)
            expect(reference[rank]).toBeCloseTo(
              sorted.reduce((sum, p) => sum + (p[rank] ?? 0), 0) / profiles.length,
              10,
            );
        },
      ),
    );
  });
});
