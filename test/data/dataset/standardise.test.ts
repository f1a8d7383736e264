import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnScaling, standardEpsilon, standardise } from "../../../data/dataset/standardise.ts";

describe("standardisation", () => {
  it("is clip((x − mean) / (sd + epsilon), ±clip) by column", () => {
    const scaling = columnScaling({
      mean: Float64Array.of(1, 10),
      sd: Float64Array.of(0, 2),
      epsilon: standardEpsilon,
      clip: 8,
    });
    const values = Float32Array.of(1, 12, 2, -100, Number.NaN, 10);
    standardise(values, scaling);
    expect([...values]).toEqual([0, Math.fround(2 / 2.001), 8, -8, Number.NaN, 0]);
  });
  it("leaves large scores alone where nothing is clipped", () => {
    const values = Float32Array.of(1000);
    standardise(values, columnScaling({ mean: Float64Array.of(0), sd: Float64Array.of(1), epsilon: 1 }));
    expect([...values]).toEqual([500]);
  });
  it("is undone by z · (sd + epsilon) + mean to float32 precision", () => {
    const finite = fc.float({ min: -50, max: 50, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(finite, { maxLength: 20 }),
        finite,
        fc.float({ min: 0, max: 5, noNaN: true }),
        (xs, m, sd) => {
          const scaling = columnScaling({
            mean: Float64Array.of(m),
            sd: Float64Array.of(sd),
            epsilon: standardEpsilon,
          });
          const values = Float32Array.from(xs);
          standardise(values, scaling);
          const undone = values.map((z) => z * (sd + standardEpsilon) + m);
          expect(undone.every((value, i) => Math.abs(value - (xs[i] ?? 0)) < 1e-4)).toBe(true);
        },
      ),
    );
  });
  it("standardises nothing in an empty block", () => {
    const values = new Float32Array();
    standardise(values, columnScaling({ mean: Float64Array.of(0), sd: Float64Array.of(1), epsilon: 1 }));
    expect(values).toHaveLength(0);
  });
});
