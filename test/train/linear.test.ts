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

it("chooses lambda on the cohort named, and tells what the others would have chosen", async () => {
  const data = linearData({ samples: 400, landmarks: 40, targets: 6, seed: 8 });
  // Odd rows belong to a cohort in which targets have nothing to do with landmarks: the strongest penalty suits it.
  data.cohortOf = (row) => (row % 2 === 0 ? "GEO" : "1000G");
  for (const row of data.rowsOf("validation", "1000G"))
    for (let t = 0; t < 6; t++) data.y[row * 6 + t] = Math.sin(row * 6 + t);
  const lambda = [0.001, 0.1, 100];
  await using onGeo = await fit(data, { lambda, selectOn: "GEO" });
  await using onThousand = await fit(data, { lambda, selectOn: "1000G" });
  await using onAll = await fit(data, { lambda });
  expect(onThousand.selected["lambda"]).toBe(100);
  expect(onGeo.selected["lambda"]).toBeLessThan(100);
  expect(onGeo.notes.join()).toMatch(/lambda = 100 is best on 1000G \(MAE .*\); 0.* was taken/);
  const scores = (name: string) => onAll.candidates.filter((c) => c.name === name).map((c) => c.validationMae);
  // Both cohorts have as many validation rows.
  const means = scores("lambda on GEO").map((mae, i) => (mae + (scores("lambda on 1000G")[i] ?? Number.NaN)) / 2);
  expect(distance(scores("lambda"), means)).toBeLessThan(1e-9);
  expect(onGeo.candidates.filter((c) => c.name === "lambda").map((c) => c.validationMae)).toEqual(
    scores("lambda on GEO"),
  );
});

it("refuses a cohort to choose on that has no validation rows, and names those that have", async () => {
  const data = linearData({ samples: 60, landmarks: 4, targets: 2, seed: 9 });
  await expect(fit(data, { lambda: [0.1, 1], selectOn: "GTEx" })).rejects.toMatchObject({
    tag: "usage",
    fault: { expected: "*", got: "GTEx" },
  });
});

it("OLS with more landmarks than training rows takes the minimum-norm solution and says so", async () => {
  const data = linearData({ samples: 50, landmarks: 60, targets: 3, seed: 10 });
  await using fitted = await fit(data, { penalty: "none" });
  const [x, y] = [rows(data, "train", "x"), rows(data, "train", "y")];
  const xc = x.clone().subRowVector(x.mean("column"));
  const yc = y.clone().subRowVector(y.mean("column"));
  expect(distance(dense(fitted).kernel, pseudoInverse(xc, 1e-9).mmul(yc).to1DArray())).toBeLessThan(2e-6);
  // 30 training rows about their mean span 29 directions.
  expect(fitted.notes).toEqual([expect.stringMatching(/60 landmarks span 29 directions in 30 training profiles/)]);
});

it.each(["none", "l2", "l1"])(
  "a constant landmark has weight 0, a constant target is its bias (%s)",
  async (penalty) => {
    const data = linearData({ samples: 100, landmarks: 6, targets: 3, seed: 11 });
    for (let r = 0; r < 100; r++) [data.x[r * 6 + 2], data.y[r * 3 + 1]] = [0.7, 1.25];
    await using fitted = await fit(data, { penalty, lambda: 0.01 });
    const { kernel, bias } = dense(fitted);
    for (let t = 0; t < 3; t++) expect(Math.abs(kernel[2 * 3 + t] ?? 1)).toBeLessThan(1e-12);
    for (let i = 0; i < 6; i++) expect(Math.abs(kernel[i * 3 + 1] ?? 1)).toBeLessThan(1e-12);
    expect(bias[1]).toBeCloseTo(1.25, 6);
  },
);

it("refuses a value that is not a number, with its place", async () => {
  const data = linearData({ samples: 60, landmarks: 4, targets: 2, seed: 12 });
  data.x[3 * 4 + 2] = Number.NaN;
  await expect(fit(data, { lambda: 1 })).rejects.toMatchObject({
    tag: "bad-data",
    fault: { where: "row 3, column 2" },
  });
});

it("a penalty below the Gram matrix's rounding errors acts as those", async () => {
  const data = linearData({ samples: 40, landmarks: 60, targets: 2, seed: 13 });
  await using fitted = await fit(data, { lambda: 1e-30 });
  expect(dense(fitted).kernel.every((w) => Math.abs(w) < 10)).toBe(true);
});

it("refuses to choose a lambda without validation rows", async () => {
  const all = linearData({ samples: 30, landmarks: 4, targets: 2, seed: 7 });
  const data = Object.assign(all, { count: (split: string) => (split === "validation" ? 0 : 18) });
  await expect(fit(data, { lambda: [0.1, 1] })).rejects.toMatchObject({ tag: "usage" });
});
