import { assert, integer, property } from "fast-check";
import { expect, it } from "vitest";
import { Random } from "../../data/random.ts";
import { symmetricEigen } from "../../runtime/algebra/symmetric.ts";
import { openSession } from "../../runtime/node/open.ts";
import { HalfWidths } from "../../train/intervals.ts";
import { landmarkStats } from "../../train/landmark-stats.ts";
import { finishOod, fitOod, oodDistances } from "../../train/ood.ts";
import { reliabilityOf } from "../../train/reliability.ts";
import { secondMoments } from "../../train/second-moments.ts";
import { linearData } from "./simulated-data.ts";

it("half-widths are the split-conformal quantile of |residual|, whatever the blocks", () => {
  assert(
    property(integer({ min: 9, max: 60 }), integer({ min: 1, max: 20 }), (rows, blockRows) => {
      const random = new Random(rows);
      const truth = Float32Array.from({ length: rows * 2 }, () => random.normal());
      const widths = new HalfWidths(2, rows);
      for (let r = 0; r < rows; r += blockRows) {
        const block = truth.slice(2 * r, 2 * Math.min(rows, r + blockRows));
        widths.add(block, new Float32Array(block.length), block.length / 2);
      }
      const column = (t: number): number[] =>
        Array.from({ length: rows }, (_, r) => Math.abs(truth[2 * r + t] ?? 0)).toSorted((a, b) => a - b);
      const rank = Math.ceil(0.9 * (rows + 1));
      expect(Array.from(widths.finish() ?? [])).toEqual([column(0)[rank - 1], column(1)[rank - 1]]);
    }),
  );
});

it("covers about 90 % of fresh rows", () => {
  const random = new Random(5);
  const widths = new HalfWidths(1, 2000);
  const draw = (): Float32Array => Float32Array.from({ length: 2000 }, () => random.normal());
  widths.add(draw(), new Float32Array(2000), 2000);
  const width = widths.finish()?.[0] ?? 0;
  const covered = draw().filter((value) => Math.abs(value) <= width).length / 2000;
  // Binomial sd of both draws together is 0.01.
  expect(Math.abs(covered - 0.9)).toBeLessThan(0.03);
});

it("gives no interval from fewer rows than 90 % coverage needs", () => {
  const widths = new HalfWidths(1, 8);
  widths.add(new Float32Array(8), new Float32Array(8), 8);
  expect(widths.finish()).toBeUndefined();
});

it("tiers follow the validation correlation; a gene without one is low", () => {
  expect([0.95, 0.8, 0.6, 0.5, 0.2, -0.9, undefined].map(reliabilityOf)).toEqual([
    "high",
    "high",
    "medium",
    "medium",
    "low",
    "low",
    "low",
  ]);
});

it("landmark statistics are the training rows' mean and covariance on the model's scale", async () => {
  const data = linearData({ samples: 100, landmarks: 3, targets: 2, seed: 8 });
  const moments = await secondMoments(data, openSession, { onProgress: () => undefined });
  const [mean, unit] = [[7, 8, 9], Float64Array.of(2, 1, 0.5)];
  const stats = landmarkStats(moments, { mean, unit });
  const native = data
    .rowsOf("train")
    .map((row) => [0, 1, 2].map((i) => (mean[i] ?? 0) + (data.x[row * 3 + i] ?? 0) * (unit[i] ?? 0)));
  const average = (of: (row: number[]) => number): number => native.reduce((s, r) => s + of(r), 0) / native.length;
  for (let i = 0; i < 3; i++) {
    const mi = average((r) => r[i] ?? 0);
    expect(stats[i]).toBeCloseTo(mi, 5);
    for (let j = 0; j < 3; j++) {
      const mj = average((r) => r[j] ?? 0);
      expect(stats[3 + 3 * i + j]).toBeCloseTo(
        average((r) => ((r[i] ?? 0) - mi) * ((r[j] ?? 0) - mj)),
        5,
      );
    }
  }
});

it("the OOD distance grows away from the training rows and 99 % of held-out rows stay below 1", async () => {
  const data = linearData({ samples: 400, landmarks: 30, targets: 2, seed: 9 });
  const moments = await secondMoments(data, openSession, { onProgress: () => undefined });
  const fit = fitOod(moments);
  const held = Array.from(oodDistances(fit, data.x.slice(240 * 30, 320 * 30)));
  const model = finishOod(fit, held);
  expect(held.filter((d) => d / model.threshold <= 1).length).toBe(80);
  // Landmarks of these profiles disagree with the one programme that all training rows share.
  const strange = Float32Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? 4 : -4));
  expect((oodDistances(fit, strange)[0] ?? 0) / model.threshold).toBeGreaterThan(2);
});

it("the OOD distance equals the Mahalanobis distance when every direction but one is kept", async () => {
  const data = linearData({ samples: 400, landmarks: 4, targets: 2, seed: 10 });
  const moments = await secondMoments(data, openSession, { onProgress: () => undefined });
  const { values, vectors } = symmetricEigen(moments.gram, 4);
  const components = new Float32Array(12);
  for (let c = 0; c < 3; c++) for (let i = 0; i < 4; i++) components[c * 4 + i] = vectors[i * 4 + c] ?? 0;
  const variances = Float64Array.from(values.slice(0, 3), (v) => v / moments.count);
  const residualVariance = (values[3] ?? 0) / moments.count;
  const z = Float32Array.of(0.5, -1, 2, 0.1);
  let squared = 0;
  for (let c = 0; c < 4; c++) {
    let t = 0;
    for (let i = 0; i < 4; i++) t += (z[i] ?? 0) * (vectors[i * 4 + c] ?? 0);
    squared += (t * t) / ((values[c] ?? 1) / moments.count);
  }
  expect(oodDistances({ components, variances, residualVariance }, z)[0]).toBeCloseTo(Math.sqrt(squared), 4);
});
