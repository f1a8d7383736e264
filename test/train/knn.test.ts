import { expect, it } from "vitest";
import { openSession } from "../../runtime/node/open.ts";
import { KnnRecipe } from "../../schemas/index.ts";
import { fitKnn, nearestLandmarks, squaredDistances } from "../../train/families/knn.ts";
import { secondMoments } from "../../train/second-moments.ts";
import { linearData, type ResidentData } from "./simulated-data.ts";

const context = { onProgress: () => undefined };

/** Σ over training rows of (landmark − target)², by a plain loop. */
function bruteDistances(data: ResidentData): Float64Array {
  const { x, y, landmarks, targets } = data;
  return Float64Array.from({ length: landmarks * targets }, (_, at) => {
    const [i, t] = [Math.floor(at / targets), at % targets];
    return data
      .rowsOf("train")
      .map((row) => (x[row * landmarks + i] ?? 0) - (y[row * targets + t] ?? 0))
      .reduce((sum, d) => sum + d * d, 0);
  });
}

const recipe = (k: number | number[]) => KnnRecipe.parse({ schemaVersion: 1, name: "knn", family: "knn", k });

it("finds the same distances from moments as a plain loop over rows", async () => {
  const data = linearData({ samples: 100, landmarks: 9, targets: 6, seed: 1 });
  const distances = squaredDistances(await secondMoments(data, openSession, context));
  const expected = bruteDistances(data);
  for (const [i, d] of distances.entries()) expect(d).toBeCloseTo(expected[i] ?? Number.NaN, 3);
});

it("orders landmarks by distance, the first of equals first", () => {
  // 3 landmarks × 2 targets.
  const distances = Float64Array.of(5, 1, 2, 1, 2, 0);
  expect(Array.from(nearestLandmarks(distances, 3, 2))).toEqual([1, 2, 2, 0]);
});

it("predicts the unweighted mean of the k nearest landmarks", async () => {
  const data = linearData({ samples: 100, landmarks: 9, targets: 6, seed: 2 });
  const moments = await secondMoments(data, openSession, context);
  await using fitted = await fitKnn(recipe(3), { data, moments, open: openSession, context });
  const nearest = nearestLandmarks(bruteDistances(data), 9, 3);
  const predicted = await fitted.predictZ(data.x.slice(0, 9), 1);
  for (let t = 0; t < 6; t++) {
    const mean = [0, 1, 2].reduce((sum, r) => sum + (data.x[nearest[t * 3 + r] ?? 0] ?? 0), 0) / 3;
    expect(predicted[t]).toBeCloseTo(mean, 5);
  }
});

it("a target that is a landmark too is predicted by itself at k = 1", async () => {
  const data = linearData({ samples: 80, landmarks: 5, targets: 2, seed: 3 });
  for (let r = 0; r < 80; r++) data.y[r * 2] = data.x[r * 5 + 4] ?? 0;
  const moments = await secondMoments(data, openSession, context);
  await using fitted = await fitKnn(recipe(1), { data, moments, open: openSession, context });
  const predicted = await fitted.predictZ(data.x.slice(0, 5), 1);
  expect(predicted[0]).toBe(data.x[4]);
});

it("chooses k on validation rows and leaves out k above the number of landmarks", async () => {
  const data = linearData({ samples: 100, landmarks: 6, targets: 4, seed: 4 });
  const moments = await secondMoments(data, openSession, context);
  await using fitted = await fitKnn(recipe([1, 3, 6, 50]), { data, moments, open: openSession, context });
  expect(fitted.candidates.map((c) => c.value)).toEqual([1, 3, 6]);
  expect(fitted.notes).toContain("k = 50 left out: there are 6 landmarks");
  const smallest = Math.min(...fitted.candidates.map((c) => c.validationMae));
  expect(fitted.candidates.find((c) => c.validationMae === smallest)?.value).toBe(fitted.selected["k"]);
});

it("refuses a k that no landmark set can serve", async () => {
  const data = linearData({ samples: 50, landmarks: 6, targets: 4, seed: 5 });
  const moments = await secondMoments(data, openSession, context);
  await expect(fitKnn(recipe(7), { data, moments, open: openSession, context })).rejects.toMatchObject({
    tag: "usage",
  });
});
