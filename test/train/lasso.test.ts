/** Oracles: coordinate descent and the optimality (KKT) conditions, both in float64. */
import { assert, asyncProperty, constantFrom, integer, record } from "fast-check";
import { expect, it } from "vitest";
import { openSession } from "../../runtime/node/open.ts";
import { LinearRecipe } from "../../schemas/index.ts";
import type { FittedModel } from "../../train/families/family.ts";
import { LassoPath } from "../../train/families/lasso-path.ts";
import { fitLinear } from "../../train/families/linear.ts";
import { type SecondMoments, secondMoments } from "../../train/second-moments.ts";
import { linearData, type ResidentData } from "./simulated-data.ts";

const context = { onProgress: () => undefined };

async function fit(data: ResidentData, recipe: object): Promise<{ fitted: FittedModel; moments: SecondMoments }> {
  const moments = await secondMoments(data, openSession, context);
  const parsed = LinearRecipe.parse({ schemaVersion: 1, name: "test", family: "linear", penalty: "l1", ...recipe });
  return { fitted: await fitLinear(parsed, { data, moments, open: openSession, context }), moments };
}

function kernelOf(fitted: FittedModel): Float32Array {
  const [layer] = fitted.model.layers;
  if (layer?.kind !== "dense") throw new Error("expected one dense layer");
  return layer.kernel;
}

/** (2/N)·(C − G·W), [L, T]: at the optimum λ·sign(w) where w ≠ 0, and within ± λ elsewhere. */
function negativeGradient({ gram, cross, count, meanX, meanY }: SecondMoments, w: ArrayLike<number>): Float64Array {
  const [l, t] = [meanX.length, meanY.length];
  return cross.map((c, at) => {
    const [i, j] = [Math.floor(at / t), at % t];
    let sum = c;
    for (let k = 0; k < l; k++) sum -= Number(gram[i * l + k]) * Number(w[k * t + j]);
    return (2 / count) * sum;
  });
}

/** How far weights are from the optimality conditions, over λ. */
function violation(moments: SecondMoments, w: ArrayLike<number>, lambda: number): number {
  const gradient = negativeGradient(moments, w);
  let worst = 0;
  for (const [at, g] of gradient.entries()) {
    const weight = Number(w[at]);
    const off = weight === 0 ? Math.max(0, Math.abs(g) - lambda) : Math.abs(g - lambda * Math.sign(weight));
    worst = Math.max(worst, off / lambda);
  }
  return worst;
}

/** Cyclic coordinate descent (Friedman et al. 2010, J. Stat. Softw. 33:1) in float64, to the last digits. */
function coordinateDescent({ gram, cross, count, meanX, meanY }: SecondMoments, lambda: number): Float64Array {
  const [l, t] = [meanX.length, meanY.length];
  const w = new Float64Array(l * t);
  for (let j = 0; j < t; j++)
    for (let sweep = 0, moved = 1; sweep < 20_000 && moved > 1e-13; sweep++) {
      moved = 0;
      for (let i = 0; i < l; i++) {
        const own = Number(gram[i * l + i]);
        let z = Number(cross[i * t + j]);
        for (let k = 0; k < l; k++) if (k !== i) z -= Number(gram[i * l + k]) * Number(w[k * t + j]);
        const next = (Math.sign(z) * Math.max(0, Math.abs(z) - (count * lambda) / 2)) / own;
        moved = Math.max(moved, Math.abs(next - Number(w[i * t + j])));
        w[i * t + j] = next;
      }
    }
  return w;
}

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - Number(b[i]))));

it.each([0.3, 0.05, 0.002])("equals coordinate descent at lambda %d", async (lambda) => {
  const data = linearData({ samples: 300, landmarks: 25, targets: 8, seed: 1 });
  const { fitted, moments } = await fit(data, { lambda, tolerance: 1e-6 });
  await using _ = fitted;
  expect(largestDifference(kernelOf(fitted), coordinateDescent(moments, lambda))).toBeLessThan(2e-5);
  expect(fitted.notes).toEqual([]);
});

it("has exact zeros, more of them the larger lambda is", async () => {
  const data = linearData({ samples: 300, landmarks: 30, targets: 5, seed: 2 });
  const zeros: number[] = [];
  for (const lambda of [0.005, 0.05, 0.3, 10]) {
    const { fitted } = await fit(data, { lambda });
    await using _ = fitted;
    zeros.push(kernelOf(fitted).filter((w) => w === 0).length);
  }
  expect(zeros).toEqual(zeros.toSorted((a, b) => a - b));
  expect(new Set(zeros).size).toBe(4);
  expect(zeros.at(-1)).toBe(150);
});

it("meets the optimality conditions wherever it says it is done", async () => {
  const cases = record({
    seed: integer({ min: 1, max: 1000 }),
    landmarks: integer({ min: 1, max: 30 }),
    targets: integer({ min: 1, max: 6 }),
    samples: integer({ min: 10, max: 150 }),
    lambda: constantFrom(0.01, 0.1, 0.5),
  });
  let solved = 0;
  await assert(
    asyncProperty(cases, async ({ lambda, ...shape }) => {
      const data = linearData(shape);
      const { fitted, moments } = await fit(data, { lambda, tolerance: 1e-6, maxIterations: 5000 });
      await using _ = fitted;
      if (fitted.notes.length > 0) return true;
      solved++;
      return violation(moments, kernelOf(fitted), lambda) < 1e-3;
    }),
    { numRuns: 12, seed: 5 },
  );
  expect(solved).toBeGreaterThan(8);
});

it("does not penalise the intercept", async () => {
  const data = linearData({ samples: 200, landmarks: 5, targets: 3, seed: 3 });
  for (const at of data.y.keys()) data.y[at] = (data.y[at] ?? 0) + 100;
  const { fitted, moments } = await fit(data, { lambda: 50 });
  await using _ = fitted;
  const [layer] = fitted.model.layers;
  expect(kernelOf(fitted).every((w) => w === 0)).toBe(true);
  expect(layer?.kind === "dense" && largestDifference(layer.bias, moments.meanY)).toBeLessThan(1e-4);
});

it("on a path ends where each lambda alone ends, largest lambda first", async () => {
  const data = linearData({ samples: 200, landmarks: 20, targets: 4, seed: 4 });
  const { fitted } = await fit(data, { lambda: [0.003, 0.3, 0.03], tolerance: 1e-6 });
  await using _ = fitted;
  expect(fitted.candidates.map((c) => c.value)).toEqual([0.3, 0.03, 0.003]);
  const { fitted: alone } = await fit(data, { lambda: fitted.selected["lambda"], tolerance: 1e-6 });
  await using __ = alone;
  expect(largestDifference(kernelOf(fitted), kernelOf(alone))).toBeLessThan(2e-5);
  const smallest = Math.min(...fitted.candidates.map((c) => c.validationMae));
  expect(fitted.candidates.find((c) => c.validationMae === smallest)?.value).toBe(fitted.selected["lambda"]);
});

// With one ρ for all λ these took 1,210 iterations, and more than 3,000.
it.each([
  [0.01, 600],
  [0.003, 2400],
])("solves lambda %d with fewer samples than landmarks in at most %d iterations", async (lambda, most) => {
  const data = linearData({ samples: 60, landmarks: 90, targets: 6, seed: 7 });
  const moments = await secondMoments(data, openSession, context);
  await using path = await LassoPath.open(openSession, moments);
  const stop = { tolerance: 1e-4, maxIterations: most };
  expect(await path.solve(lambda, stop, () => undefined)).toMatchObject({ unsolved: 0 });
});

it("says how many targets were not solved when the iterations are used up", async () => {
  const data = linearData({ samples: 200, landmarks: 20, targets: 4, seed: 5 });
  const { fitted } = await fit(data, { lambda: 0.01, tolerance: 1e-9, maxIterations: 7 });
  await using _ = fitted;
  expect(fitted.notes).toEqual(["lasso at lambda = 0.01: 4 of 4 targets were not solved after 7 iterations"]);
});

it("stops when it is asked to", async () => {
  const data = linearData({ samples: 60, landmarks: 5, targets: 2, seed: 6 });
  const moments = await secondMoments(data, openSession, context);
  const recipe = LinearRecipe.parse({ schemaVersion: 1, name: "t", family: "linear", penalty: "l1", lambda: 0.1 });
  const stopped = { ...context, signal: AbortSignal.abort() };
  const fitting = fitLinear(recipe, { data, moments, open: openSession, context: stopped });
  await expect(fitting).rejects.toMatchObject({ tag: "cancelled" });
});
