import { describe, expect, it } from "vitest";
import { openSession } from "../../runtime/node/open.ts";
import { LinearRecipe, Recipe } from "../../schemas/index.ts";
import { isTunedRidge, ridgeBaseline } from "../../train/baseline.ts";
import { fitLinear } from "../../train/families/linear.ts";
import { secondMoments } from "../../train/second-moments.ts";
import { context } from "./family-input.ts";
import { normals } from "./ort/nets.ts";
import { linearData } from "./simulated-data.ts";

const linear = (more: object = {}) => Recipe.parse({ schemaVersion: 1, name: "r", family: "linear", ...more });

describe("the ridge baseline is", () => {
  it("a recipe of ridge that says nothing of λ or of rows to choose it on, and no other", () => {
    expect(isTunedRidge(linear())).toBe(true);
    const others = [
      { lambda: 1 },
      { lambda: [1e-9, 1e-8] },
      { selectOn: "geo" },
      { penalty: "l1" },
      { penalty: "none" },
    ];
    expect(others.map((more) => isTunedRidge(linear(more)))).toEqual(others.map(() => false));
    expect(isTunedRidge(Recipe.parse({ schemaVersion: 1, name: "k", family: "knn" }))).toBe(false);
  });

  it.each([
    ["the same rows", (lambda: number) => lambda],
    // The less of the training rows the better: the largest λ.
    ["rows of the opposite", () => 100],
    // Least squares is exact: the smallest λ.
    ["rows without noise", () => 0.00001],
  ])("what that recipe comes to, to the bits, chosen on %s", async (kind, expected) => {
    const data = linearData({ samples: 150, landmarks: 20, targets: 7, seed: 1 });
    if (kind === "rows of the opposite")
      for (let at = 90 * 7; at < data.y.length; at++) data.y[at] = -(data.y[at] ?? 0);
    if (kind === "rows without noise")
      for (let at = 0; at < data.y.length; at++) data.y[at] = data.x[Math.floor(at / 7) * 20 + (at % 7)] ?? 0;
    const input = { data, moments: await secondMoments(data, openSession, context), open: openSession, context };
    await using baseline = await ridgeBaseline(data, input.moments, input);
    await using fitted = await fitLinear(LinearRecipe.parse(linear()), input);
    expect(baseline.lambda).toBe(fitted.selected["lambda"]);
    expect(baseline.lambda).toBe(expected(baseline.lambda));
    const x = normals(9 * 20, 5);
    expect(await baseline.predictZ(x, 9)).toEqual(await fitted.predictZ(x, 9));
  });
});
