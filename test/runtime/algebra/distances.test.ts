import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Distances, distanceSlack, pointsOf } from "../../../runtime/algebra/distances.ts";
import { countedOpen } from "./opened.ts";
import { uniform } from "./random.ts";

const sizes = fc.record({
  m: fc.integer({ min: 1, max: 9 }),
  n: fc.integer({ min: 1, max: 9 }),
  k: fc.integer({ min: 1, max: 400 }),
  offset: fc.constantFrom(0, 8, 1000),
  seed: fc.nat(),
});

const matrix = (next: () => number, length: number, offset: number) =>
  Float32Array.from({ length }, () => next() + offset);

/** ‖a_i − b_j‖² and ‖a_i‖² + ‖b_j‖² in float64: the oracle and the size its rounding goes by. */
function* pairsOf(a: Float32Array, b: Float32Array, k: number) {
  for (let i = 0; i < a.length; i += k)
    for (let j = 0; j < b.length; j += k) {
      let [squared, size] = [0, 0];
      for (let c = 0; c < k; c++) {
        squared += ((a[i + c] ?? 0) - (b[j + c] ?? 0)) ** 2;
        size += (a[i + c] ?? 0) ** 2 + (b[j + c] ?? 0) ** 2;
      }
      yield { squared, size };
    }
}

describe("Distances", () => {
  it("matches float64 loops within the bound stated, also off centre", async () => {
    await using distances = new Distances(countedOpen().open);
    await fc.assert(
      fc.asyncProperty(sizes, async ({ m, n, k, offset, seed }) => {
        const next = uniform(seed);
        const [a, b] = [matrix(next, m * k, offset), matrix(next, n * k, offset)];
        const found = await distances.all(pointsOf(a, k), pointsOf(b, k));
        let at = 0;
        for (const { squared, size } of pairsOf(a, b, k))
          expect(Math.abs((found[at++] ?? Number.NaN) - squared)).toBeLessThanOrEqual(distanceSlack(k) * size);
        expect(at).toBe(found.length);
      }),
    );
  });

  it("never exceeds the true squares when lengths are lowered by the slack, and equal rows least of all", async () => {
    await using distances = new Distances(countedOpen().open);
    await fc.assert(
      fc.asyncProperty(sizes, async ({ m, k, offset, seed }) => {
        const next = uniform(seed);
        const a = matrix(next, m * k, offset);
        // Every row again, the first half moved a little.
        const b = a.map((x, i) => (i < a.length / 2 ? x + next() / 1000 : x));
        const found = await distances.all(pointsOf(a, k, distanceSlack(k)), pointsOf(b, k, distanceSlack(k)));
        let at = 0;
        for (const { squared } of pairsOf(a, b, k)) expect(found[at++] ?? Number.NaN).toBeLessThanOrEqual(squared);
      }),
    );
  });

  it("finds the nearest row, the first of equals, and how far it is", async () => {
    await using distances = new Distances(countedOpen().open);
    const b = pointsOf(Float32Array.of(0, 0, 3, 4, 3, 4, 10, 0), 2);
    const { index, squared } = await distances.nearest(pointsOf(Float32Array.of(3, 5, 9, 0, 0, 0), 2), b);
    expect([...index]).toEqual([1n, 3n, 0n]);
    expect([...squared]).toEqual([1, 1, 0]);
  });

  it("opens one session a question and closes them", async () => {
    const { open, live } = countedOpen();
    const distances = new Distances(open);
    const points = pointsOf(Float32Array.of(1, 2), 1);
    await Promise.all([
      distances.all(points, points),
      distances.all(points, points),
      distances.nearest(points, points),
    ]);
    expect(live()).toBe(2);
    await distances[Symbol.asyncDispose]();
    expect(live()).toBe(0);
  });

  it("refuses values that make no rows, and points of different lengths", async () => {
    await using distances = new Distances(countedOpen().open);
    expect(() => pointsOf(new Float32Array(5), 2)).toThrow(/5 values make no rows of 2/);
    await expect(
      distances.all(pointsOf(new Float32Array(4), 2), pointsOf(new Float32Array(3), 3)),
    ).rejects.toMatchObject({ tag: "usage" });
  });
});
