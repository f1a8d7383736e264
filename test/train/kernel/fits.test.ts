import { array, assert, integer, property } from "fast-check";
import { expect, it } from "vitest";
import { Products } from "../../../runtime/algebra/products.ts";
import { openSession } from "../../../runtime/node/open.ts";
import { KernelStart } from "../../../schemas/index.ts";
import { kernelMatrix, kernelPoints } from "../../../train/families/kernel/kernel-function.ts";
import { median } from "../../../train/families/kernel/median.ts";
import {
  leaveOneOutOperator,
  leftOut,
  rotate,
  type Smoother,
  smoother,
} from "../../../train/families/kernel/smoother.ts";
import { bestPenalties, fitTargets, winsorised } from "../../../train/families/kernel/target-fit.ts";
import { distance, normals } from "../ort/nets.ts";
import { centredTrace, columnOf, kernel, leftOutResiduals, medianOf, ridgeFit, rowsOf } from "./oracle.ts";

const [profiles, landmarks, targets] = [23, 7, 4];
const shape = { gamma: 0.8, linear: 0.3 };
const metric = Float64Array.from({ length: landmarks }, (_, j) => 0.5 + j / 7);
const penalties = [0.003, 0.03, 0.3];
const x = normals(profiles * landmarks, 1);
const held = normals(5 * landmarks, 2);
const kernelRows = rowsOf(x, landmarks).map((a) => rowsOf(x, landmarks).map((b) => kernel([a, b], metric, shape)));
const trace = centredTrace(kernelRows);

/** Targets that are not linear in the landmarks, with noise. */
const y = Float32Array.from({ length: profiles * targets }, (_, at) => {
  const row = Math.floor(at / targets) * landmarks;
  const value = (j: number): number => x[row + ((at + j) % landmarks)] ?? 0;
  return Math.tanh(value(0) + value(1)) + 0.3 * value(2) + 0.1 * (normals(profiles * targets, 3)[at] ?? 0);
});

async function smooth(products: Products): Promise<Smoother> {
  const points = kernelPoints(x, metric);
  const train = await kernelMatrix(products, { a: points, b: points }, shape);
  const crossed = await kernelMatrix(products, { a: kernelPoints(held, metric), b: points }, shape);
  return smoother(products, { count: profiles, train, held: crossed }, penalties);
}

const sigmas = penalties.map((penalty) => penalty * trace);
const target = (values: ArrayLike<number>, t: number): number[] => columnOf(values, targets, t);

it("compares profiles by the kernel's formula, one without variation by its linear part", async () => {
  await using products = new Products(openSession);
  const flat = Float32Array.from({ length: landmarks }, (_, j) => 2 / (metric[j] ?? 1));
  const all = Float32Array.of(...held, ...flat);
  const values = await kernelMatrix(products, { a: kernelPoints(all, metric), b: kernelPoints(x, metric) }, shape);
  const expected = rowsOf(all, landmarks).flatMap((a) =>
    rowsOf(x, landmarks).map((b) => kernel([a, b], metric, shape)),
  );
  expect(distance(values, expected)).toBeLessThan(1e-6);
});

it("leaves profiles out as a fit to the others does, under every penalty", async () => {
  await using products = new Products(openSession);
  const fits = await smooth(products);
  const rotated = await rotate(products, fits, y);
  for (const [at, penalty] of fits.penalised.entries()) {
    const left = await leftOut(products, fits, { rotated, penalty });
    const operator = await leaveOneOutOperator(products, fits, penalty);
    const shapeOf = { m: profiles, k: profiles, n: targets } as const;
    const multiplied = await products.multiply({ type: "float32", a: operator, b: y, ...shapeOf });
    for (let t = 0; t < targets; t++) {
      const refitted = leftOutResiduals(kernelRows, target(y, t), sigmas[at] ?? 0);
      expect(distance(target(left, t), refitted)).toBeLessThan(2e-5);
      expect(distance(target(multiplied, t), refitted)).toBeLessThan(2e-5);
    }
  }
});

/** Five rounds of: residuals under refits to the values pulled before, cut at ± limit robust deviations. */
function pulledByRefits(values: readonly number[], limit: number): number[] {
  let pulled = values;
  for (let round = 0; round < 5; round++) {
    const left = leftOutResiduals(kernelRows, pulled, sigmas[1] ?? 0);
    const predicted = pulled.map((value, i) => value - (left[i] ?? 0));
    const residuals = values.map((value, i) => value - (predicted[i] ?? 0));
    const cut = limit * 1.4826 * medianOf(residuals.map(Math.abs));
    pulled = predicted.map((value, i) => value + Math.max(-cut, Math.min(cut, residuals[i] ?? 0)));
  }
  return [...pulled];
}

it("pulls outliers towards what refits without them predict, each target by itself", async () => {
  await using products = new Products(openSession);
  const fits = await smooth(products);
  const [, penalty = fits.penalised[0]] = fits.penalised;
  if (penalty === undefined) throw new Error("no penalty");
  const judge = await leaveOneOutOperator(products, fits, penalty);
  const spoiled = y.slice();
  spoiled[6 * targets + 1] = 9;
  const fitting = { products, smoother: fits, judge, winsorise: 3 };
  const pulled = await winsorised(spoiled, fitting);
  for (let t = 0; t < targets; t++)
    expect(distance(target(pulled, t), pulledByRefits(target(spoiled, t), 3))).toBeLessThan(1e-4);
  expect(pulled[6 * targets + 1]).toBeLessThan(4);
  const without = await winsorised(y, fitting);
  for (const t of [0, 2, 3]) expect(target(pulled, t)).toEqual(target(without, t));
  // A limit that no residual reaches leaves everything as it is, to a rounding.
  expect(distance(await winsorised(y, { ...fitting, winsorise: 1e6 }), y)).toBeLessThan(1e-5);
});

it("takes for each target the penalty by which refitted profiles are predicted best", async () => {
  await using products = new Products(openSession);
  const fits = await smooth(products);
  const chosen = await bestPenalties({ y, pulled: y }, { products, smoother: fits });
  const expected = Array.from({ length: targets }, (_, t) => {
    const errors = sigmas.map((sigma) => {
      const residuals = leftOutResiduals(kernelRows, target(y, t), sigma);
      return residuals.reduce((sum, residual) => sum + Math.abs(residual), 0);
    });
    return errors.indexOf(Math.min(...errors));
  });
  expect([...chosen]).toEqual(expected);
  expect(new Set(expected).size).toBeGreaterThan(1);
});

it("solves kernel ridge with a free intercept; median and floor are those of refitted residuals and values", async () => {
  await using products = new Products(openSession);
  const fits = await smooth(products);
  const [first] = fits.penalised;
  if (first === undefined) throw new Error("no penalty");
  const judge = await leaveOneOutOperator(products, fits, first);
  // No residual reaches the limit: the values that are fitted are the targets themselves.
  const fit = await fitTargets(y, { products, smoother: fits, judge, winsorise: 1e6 });
  const chosen = await bestPenalties({ y, pulled: y }, { products, smoother: fits });
  for (let t = 0; t < targets; t++) {
    const sigma = sigmas[chosen[t] ?? 0] ?? 0;
    const { alpha, bias } = ridgeFit(kernelRows, target(y, t), sigma);
    expect(distance(target(fit.coefficients, t), alpha)).toBeLessThan(2e-4 * Math.max(...alpha.map(Math.abs)));
    expect(fit.bias[t]).toBeCloseTo(bias, 4);
    expect(fit.shift[t]).toBeCloseTo(medianOf(leftOutResiduals(kernelRows, target(y, t), sigma)), 4);
    expect(fit.floor[t]).toBe(Math.min(...target(y, t)));
  }
});

it("has the median of any values", () => {
  assert(
    property(array(integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 40 }), (values) => {
      expect(median(Float32Array.from(values))).toBe(medianOf(values));
    }),
  );
});

it("has the settings of the documentation as defaults", () => {
  expect(KernelStart.parse({ kind: "kernel" })).toMatchObject({
    shape: { gamma: 1, linear: 0.5 },
    winsorise: 3,
    clusters: 24,
    metricPower: 0.8,
    profiles: 2048,
    mix: true,
  });
});
