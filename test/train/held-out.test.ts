import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../data/random.ts";
import { scoreSplit } from "../../train/held-out.ts";
import { HalfWidths } from "../../train/intervals.ts";
import type { PredictZ } from "../../train/standardised.ts";
import { linearData } from "./simulated-data.ts";

describe("half-widths", () => {
  /** The ⌈0.9·(n+1)⌉-th smallest of all |residuals|, by sorting; the definition. */
  const bySorting = (residuals: readonly number[]): number | undefined =>
    residuals.map(Math.abs).toSorted((a, b) => a - b)[Math.ceil(0.9 * (residuals.length + 1)) - 1];

  /** Half-widths of one target from residuals that are added `blockRows` at a time. */
  function halfWidth(residuals: readonly number[], blockRows: number, limitBytes?: number): number | undefined {
    const widths = new HalfWidths(1, residuals.length, limitBytes);
    for (let start = 0; start < residuals.length; start += blockRows) {
      const truth = Float32Array.from(residuals.slice(start, start + blockRows));
      widths.add(truth, new Float32Array(truth.length), truth.length);
    }
    return widths.finish()?.[0];
  }
  const residuals = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
    minLength: 1,
    maxLength: 200,
    size: "max",
  });

  it("are what sorting all residuals gives, with repeats, zeros and any blocks", () => {
    fc.assert(
      fc.property(residuals, fc.integer({ min: 1, max: 50 }), (values, blockRows) => {
        expect(halfWidth(values, blockRows)).toBe(bySorting(values));
      }),
    );
  });

  it("are those of evenly spaced rows where the limit holds no more", () => {
    fc.assert(
      fc.property(residuals, fc.integer({ min: 1, max: 6 }), (values, kept) => {
        const largest = (n: number): number => n - Math.ceil(0.9 * (n + 1)) + 1;
        let every = 1;
        while (largest(Math.ceil(values.length / every)) > kept) every += 1;
        const used = values.filter((_, row) => row % every === 0);
        expect(halfWidth(values, 7, 4 * kept)).toBe(bySorting(used));
      }),
    );
  });

  it("refuse to be read before all rows are there: a tenth of the wrong number would be kept", () => {
    const widths = new HalfWidths(1, 20);
    widths.add(new Float32Array(19), new Float32Array(19), 19);
    expect(() => widths.finish()).toThrow(/expected 20, got 19/);
  });
});

describe("scores of a split", () => {
  const data = linearData({ samples: 60, landmarks: 4, targets: 5, seed: 3 });
  const noise = new Random(1);
  const tables = new Map<string, Float32Array>();
  /** Predicts fixed numbers by the first landmark of a row, so that blocks do not matter. */
  const guess =
    (name: string): PredictZ =>
    async (landmarks, rows) => {
      const predicted = new Float32Array(rows * 5);
      for (let row = 0; row < rows; row++) {
        const key = `${name} ${landmarks[row * 4]}`;
        const values = tables.get(key) ?? Float32Array.from({ length: 5 }, () => noise.normal());
        tables.set(key, values);
        predicted.set(values, row * 5);
      }
      return predicted;
    };
  const scored = (overlap: readonly number[]) =>
    scoreSplit(data, "validation", {
      model: guess("model"),
      ridge: guess("ridge"),
      overlap: Uint8Array.from(overlap),
      context: { onProgress: () => undefined },
    });

  /** By plain loops over the targets wanted. */
  function mae(name: string | undefined, wanted: (t: number) => boolean): number {
    const errors = data.rowsOf("validation").flatMap((row) =>
      [0, 1, 2, 3, 4].filter(wanted).map((t) => {
        const values = name === undefined ? undefined : tables.get(`${name} ${data.x[row * 4]}`);
        return Math.abs((values?.[t] ?? 0) - (data.y[row * 5 + t] ?? Number.NaN));
      }),
    );
    return errors.reduce((sum, error) => sum + error, 0) / errors.length;
  }

  it("are over all targets, and again without those that are landmarks too", async () => {
    const { samples, mae: all, withoutOverlap } = await scored([0, 1, 0, 0, 1]);
    expect(samples).toBe(12);
    const close = (name: "model" | "ridge" | "mean"): void => {
      const of = name === "mean" ? undefined : name;
      expect(all[name]).toBeCloseTo(
        mae(of, () => true),
        12,
      );
      expect(withoutOverlap?.[name]).toBeCloseTo(
        mae(of, (t) => t !== 1 && t !== 4),
        12,
      );
    };
    for (const name of ["model", "ridge", "mean"] as const) close(name);
  });

  it("are not told twice where no target, or every target, is a landmark too", async () => {
    for (const flag of [0, 1]) {
      const { mae: all, withoutOverlap } = await scored([flag, flag, flag, flag, flag]);
      expect(all.model).toBeCloseTo(
        mae("model", () => true),
        12,
      );
      expect(withoutOverlap).toBeUndefined();
    }
  });
});
