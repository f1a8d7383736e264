import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Imputer } from "../../data/impute.ts";
import { Random } from "../../data/random.ts";
import { pickRows, type RealLandmarks, readLandmarks, realFile, rnaseqdbLandmarks } from "./scale/real-landmarks.ts";

/** Plain two-pass moments, `[columns]` and `[columns, columns]`. */
function momentsOf({ values, rows }: Pick<RealLandmarks, "values" | "rows">): {
  mean: Float32Array;
  covariance: Float32Array;
} {
  const columns = values.length / rows;
  const mean = new Float64Array(columns);
  values.forEach((x, i) => (mean[i % columns] = (mean[i % columns] ?? 0) + x / rows));
  const centred = Array.from({ length: columns }, (_, j) =>
    Float64Array.from({ length: rows }, (_unused, row) => (values[row * columns + j] ?? 0) - (mean[j] ?? 0)),
  );
  const covariance = new Float32Array(columns * columns);
  for (let i = 0; i < columns; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      const [a, b] = [centred[i] ?? new Float64Array(0), centred[j] ?? new Float64Array(0)];
      let sum = 0;
      for (let row = 0; row < rows; row += 1) sum += (a[row] ?? 0) * (b[row] ?? 0);
      covariance[i * columns + j] = sum / rows;
      covariance[j * columns + i] = sum / rows;
    }
  }
  return { mean: Float32Array.from(mean), covariance };
}

const nan = Number.NaN;
const mean = Float32Array.of(10, 20, 30);
/** The diagonal keeps its weight, the others lose a fifth: 0.8 · 5 = 4. */
const covariance = Float32Array.of(4, 5, 0, 5, 8, 0, 0, 0, 1);

describe("a missing landmark", () => {
  it("becomes its conditional mean under the shrunk covariance (by hand)", () => {
    // x1 | x2 = 20 + 2: 10 + (0.8 · 5 / 8) · 2 = 11; x3 is uncorrelated.
    const values = Float32Array.of(nan, 22, 33, 1, 2, 3);
    const missing = Imputer.from(mean, covariance).fill(values, 2);
    expect(Array.from(missing)).toEqual([1, 0]);
    expect(values[0]).toBeCloseTo(11, 5);
    expect(Array.from(values.slice(1))).toEqual([22, 33, 1, 2, 3]);
  });
  it("becomes its mean where nothing else is known", () => {
    const values = Float32Array.of(nan, nan, nan);
    expect(Array.from(Imputer.from(mean, covariance).fill(values, 1))).toEqual([3]);
    expect(Array.from(values)).toEqual([10, 20, 30]);
  });
  it("becomes the constant that it always was, though its variance is 0", () => {
    const values = Float32Array.of(12, 20, nan);
    Imputer.from(mean, Float32Array.of(4, 5, 0, 5, 8, 0, 0, 0, 0)).fill(values, 1);
    expect(values[2]).toBe(30);
  });
  it("is imputed the same whatever rows stand beside it, in any order", () => {
    const columns = 8;
    const random = new Random(2);
    const sample = { rows: 30, values: Float32Array.from({ length: 30 * columns }, () => random.normal()) };
    const { mean: means, covariance: full } = momentsOf(sample);
    const cell = fc.oneof(fc.double({ min: -3, max: 3, noNaN: true }), fc.constant(nan));
    const rows = fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(rows, (profiles) => {
        const imputer = Imputer.from(means, full);
        const together = Float32Array.from(profiles.flat());
        const counts = imputer.fill(together, profiles.length);
        for (const [i, profile] of profiles.entries()) {
          const alone = Float32Array.from(profile);
          expect(counts[i]).toBe(imputer.fill(alone, 1)[0]);
          expect(together.slice(i * columns, (i + 1) * columns)).toEqual(alone);
          expect(alone.some(Number.isNaN)).toBe(false);
        }
      }),
    );
  });
  it("can be imputed from fewer training rows than landmarks", () => {
    const random = new Random(3);
    const few = { rows: 5, values: Float32Array.from({ length: 5 * 40 }, () => random.normal()) };
    const { mean: means, covariance: singular } = momentsOf(few);
    const values = Float32Array.from({ length: 40 }, (_, i) => (i < 3 ? nan : 1));
    Imputer.from(means, singular).fill(values, 1);
    expect(values.every(Number.isFinite)).toBe(true);
  });
});

describe("moments", () => {
  it("of disagreeing sizes are refused", () => {
    expect(() => Imputer.from(mean, covariance.slice(1))).toThrow(/disagree in size.*9 finite.*8 covariances/);
  });
  it("that are not finite are refused", () => {
    expect(() => Imputer.from(Float32Array.of(1, nan, 2), covariance)).toThrow(/not finite/);
  });
});

it("on a project of RNAseqDB held out, 5 % of landmarks are imputed far better than by their mean", async (context) => {
  const file = realFile("rnaseqdb/rnaseqdb_dev_n910x18154.gctx");
  if (file === undefined) return context.skip("rnaseqdb is not in ../shared/data");
  const all = await readLandmarks(file, await rnaseqdbLandmarks(file));
  const projects = all.fields.get("project") ?? [];
  const train = pickRows(all, (row) => projects[row] !== "TCGA-LUAD");
  const held = pickRows(all, (row) => projects[row] === "TCGA-LUAD");
  const moments = momentsOf(train);
  const columns = moments.mean.length;
  const hide = (i: number): boolean => (i % columns) % 20 === 7;
  const values = held.values.map((x, i) => (hide(i) ? nan : x));
  Imputer.from(moments.mean, moments.covariance).fill(values, held.rows);
  let conditional = 0;
  let plain = 0;
  for (const [i, truth] of held.values.entries()) {
    if (!hide(i)) continue;
    const j = i % columns;
    const sd = Math.sqrt(moments.covariance[j * columns + j] ?? 0) + 1e-3;
    conditional += Math.abs((values[i] ?? nan) - truth) / sd;
    plain += Math.abs((moments.mean[j] ?? nan) - truth) / sd;
  }
  expect(conditional / plain).toBeLessThan(0.7);
});
