import { expect, it } from "vitest";
import { openSession } from "../../runtime/node/open.ts";
import { ridgeBaseline } from "../../train/baseline.ts";
import { secondMoments } from "../../train/second-moments.ts";
import { targetWeightsOf, weightsByError, weightsOfPart } from "../../train/target-weights.ts";
import { distance } from "./ort/nets.ts";
import { linearData } from "./simulated-data.ts";

const context = { onProgress: () => undefined };

it("weighs targets by the inverse of ridge's error on training rows, mean 1", async () => {
  const data = linearData({ samples: 200, landmarks: 8, targets: 5, seed: 1 });
  // A target with nothing in it that a landmark knows.
  for (let row = 0; row < 200; row++) data.y[row * 5 + 2] = 3 * Math.sin(row * row);
  const input = { data, moments: await secondMoments(data, openSession, context), open: openSession, context };
  await using ridge = await ridgeBaseline(data, input.moments, { open: openSession, context });
  const errors = new Float64Array(5);
  for await (const { rows, landmarks, targets } of data.blocks("train")) {
    const predicted = await ridge.predictZ(landmarks, rows);
    for (const [at, truth] of targets.entries())
      errors[at % 5] = (errors[at % 5] ?? 0) + Math.abs(truth - (predicted[at] ?? Number.NaN));
  }
  const inverse = errors.map((error) => 1 / error);
  const mean = inverse.reduce((a, b) => a + b) / 5;
  const weights = await targetWeightsOf("predictability", { ...input, dataset: "in memory" });
  expect(
    distance(
      weights ?? [],
      inverse.map((value) => value / mean),
    ),
  ).toBeLessThan(1e-6);
  expect(Math.min(...(weights ?? []))).toBe(weights?.[2]);
  expect(await targetWeightsOf("equal", { ...input, dataset: "in memory" })).toBeUndefined();
});

it("lets no target that is predicted without error take all the weight", () => {
  const weights = weightsByError(Float64Array.of(0, 1, 2, 1));
  expect(weights.reduce((a, b) => a + b) / 4).toBeCloseTo(1, 6);
  expect((weights[0] ?? 0) / (weights[1] ?? 0)).toBeCloseTo(10, 5);
  expect([...weightsByError(Float64Array.of(0, 0))]).toEqual([1, 1]);
  // Most targets are predicted without error: the others count all the same, by their errors.
  const few = weightsByError(Float64Array.of(0, 0, 0, 2, 4));
  expect(few.reduce((a, b) => a + b) / 5).toBeCloseTo(1, 6);
  expect((few[3] ?? 0) / (few[4] ?? 0)).toBeCloseTo(2, 5);
  expect((few[0] ?? 0) / (few[4] ?? 0)).toBeCloseTo(10, 5);
});

it("gives a part of the targets their own weights, in its order, mean 1 again; all of them where it has no list", () => {
  const weights = Float32Array.of(0.25, 0.5, 1.25, 2);
  // Of 2 and 0.5 the mean is 1.25.
  expect(weightsOfPart(weights, Int32Array.of(3, 1))).toEqual(Float32Array.of(1.6, 0.4));
  expect(weightsOfPart(weights, undefined)).toBe(weights);
});
