import { Matrix, pseudoInverse, solve } from "ml-matrix";
import { expect, it } from "vitest";
import { openSession } from "../../runtime/node/open.ts";
import { LinearRecipe } from "../../schemas/index.ts";
import type { FittedModel } from "../../train/families/family.ts";
import { fitLinear } from "../../train/families/linear.ts";
import { secondMoments } from "../../train/second-moments.ts";
import { linearData, type ResidentData } from "./simulated-data.ts";

const context = { onProgress: () => undefined };

async function fit(data: ResidentData, recipe: object): Promise<FittedModel> {
  const moments = await secondMoments(data, openSession, context);
  const parsed = LinearRecipe.parse({ schemaVersion: 1, name: "test", family: "linear", ...recipe });
  return fitLinear(parsed, { data, moments, open: openSession, context });
}

/** Rows of a split as a matrix. */
function rows(data: ResidentData, split: "train" | "validation", of: "x" | "y"): Matrix {
  const width = of === "x" ? data.landmarks : data.targets;
  return new Matrix(data.rowsOf(split).map((row) => Array.from(data[of].subarray(row * width, (row + 1) * width))));
}

/** Ridge in its dual form: W = Xcᵀ(Xc·Xcᵀ + NλI)⁻¹·Yc, a different route than the code's eigen-decomposition. */
function dualRidge(data: ResidentData, lambda: number): { kernel: Matrix; bias: number[] } {
  const [x, y] = [rows(data, "train", "x"), rows(data, "train", "y")];
  const [mx, my] = [x.mean("column"), y.mean("column")];
  const [xc, yc] = [x.clone().subRowVector(mx), y.clone().subRowVector(my)];
  const kernelMatrix = xc.mmul(xc.transpose()).add(Matrix.eye(x.rows).mul(lambda * x.rows));
  const kernel = xc.transpose().mmul(solve(kernelMatrix, yc));
  const shift = Matrix.rowVector(mx).mmul(kernel).to1DArray();
  return { kernel, bias: my.map((m, t) => m - (shift[t] ?? 0)) };
}

function dense(fitted: FittedModel): { kernel: Float32Array; bias: Float32Array } {
  const [layer] = fitted.model.layers;
  if (layer?.kind !== "dense") throw new Error("expected one dense layer");
  return layer;
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? Number.NaN))));

it.each([0.01, 0.3, 10])("ridge at lambda %d equals the dual closed form", async (lambda) => {
  const data = linearData({ samples: 150, landmarks: 20, targets: 7, seed: 1 });
  await using fitted = await fit(data, { lambda });
  const expected = dualRidge(data, lambda);
  // float32 weights of order 1.
  expect(distance(dense(fitted).kernel, expected.kernel.to1DArray())).toBeLessThan(1e-6);
  expect(distance(dense(fitted).bias, expected.bias)).toBeLessThan(1e-6);
});

it("ridge with fewer rows than landmarks equals the dual closed form", async () => {
  const data = linearData({ samples: 40, landmarks: 60, targets: 5, seed: 2 });
  await using fitted = await fit(data, { lambda: 0.1 });
  expect(distance(dense(fitted).kernel, dualRidge(data, 0.1).kernel.to1DArray())).toBeLessThan(1e-6);
});

it("OLS equals the pseudo-inverse, also where a landmark is a copy of another", async () => {
  const data = linearData({ samples: 200, landmarks: 12, targets: 4, seed: 3 });
  for (let r = 0; r < 200; r++) data.x[r * 12 + 5] = data.x[r * 12 + 2] ?? 0;
  await using fitted = await fit(data, { penalty: "none" });
  const [x, y] = [rows(data, "train", "x"), rows(data, "train", "y")];
  const xc = x.clone().subRowVector(x.mean("column"));
  const yc = y.clone().subRowVector(y.mean("column"));
  expect(distance(dense(fitted).kernel, pseudoInverse(xc, 1e-9).mmul(yc).to1DArray())).toBeLessThan(2e-6);
});

it("picks the lambda with the smallest validation MAE, as a plain loop finds it", async () => {
  const data = linearData({ samples: 120, landmarks: 40, targets: 6, seed: 4 });
  const lambda = [0.0001, 0.01, 0.1, 1, 10];
  await using fitted = await fit(data, { lambda });
  const [x, y] = [rows(data, "validation", "x"), rows(data, "validation", "y")];
  const maes = lambda.map((value) => {
    const { kernel, bias } = dualRidge(data, value);
    return x.mmul(kernel).addRowVector(bias).sub(y).abs().mean();
  });
  expect(fitted.candidates.map((c) => c.value)).toEqual(lambda);
  expect(
    distance(
      fitted.candidates.map((c) => c.validationMae),
      maes,
    ),
  ).toBeLessThan(1e-6);
  expect(fitted.selected["lambda"]).toBe(lambda[maes.indexOf(Math.min(...maes))]);
});

it("says so when the best lambda lies at the end of the grid", async () => {
  const data = linearData({ samples: 120, landmarks: 10, targets: 3, seed: 5 });
  await using fitted = await fit(data, { lambda: [5, 50] });
  expect(fitted.notes).toEqual(["lambda = 5 is the smallest candidate tried: widen the grid"]);
});

it("predicts x·kernel + bias", async () => {
  const data = linearData({ samples: 60, landmarks: 5, targets: 3, seed: 6 });
  await using fitted = await fit(data, { lambda: 0.1 });
  const predicted = await fitted.predictZ(data.x.slice(0, 10), 2);
  const { kernel, bias } = dense(fitted);
  const expected = Array.from({ length: 6 }, (_, i) => {
    const [r, t] = [Math.floor(i / 3), i % 3];
    let sum = bias[t] ?? 0;
    for (let l = 0; l < 5; l++) sum += (data.x[r * 5 + l] ?? 0) * (kernel[l * 3 + t] ?? 0);
    return sum;
  });
  expect(distance(predicted, expected)).toBeLessThan(1e-6);
});

it("refuses to choose a lambda without validation rows", async () => {
  const all = linearData({ samples: 30, landmarks: 4, targets: 2, seed: 7 });
  const data = Object.assign(all, { count: (split: string) => (split === "validation" ? 0 : 18) });
  await expect(fit(data, { lambda: [0.1, 1] })).rejects.toMatchObject({ tag: "usage" });
});
