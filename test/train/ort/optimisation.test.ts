/** Every option of an optimisation, on a net without hidden layer, against formulas written by hand in float64. */
import { describe, expect, it } from "vitest";
import { openSession } from "../../../runtime/node/open.ts";
import { type LossRecipe, Optimisation, type OptimiserRecipe } from "../../../schemas/index.ts";
import { initialState, weightsIn } from "../../../train/epochs/step-engine.ts";
import { drawKey } from "../../../train/ort/counter-hash.ts";
import { randomMaskValues } from "../../../train/ort/random-mask.ts";
import { randomNormalValues } from "../../../train/ort/random-normal.ts";
import { TrainingSteps } from "../../../train/ort/training-steps.ts";
import { topologyOf } from "../../../train/topology.ts";
import { textbookLoss, textbookStep, type Weight, weightOf } from "../optimisers/textbook.ts";
import { distance, normals, optimisation, tanhNet, weightsByName } from "./nets.ts";

const [inputs, targets, rows, steps, seed] = [5, 4, 8, 12, 3];
const model = tanhNet([inputs, targets]);
const rates = Float64Array.from({ length: steps }, (_, at) => 0.02 / (1 + 0.3 * at));
const block = { rows: steps * rows, x: normals(steps * rows * inputs, 1), y: normals(steps * rows * targets, 2) };
/** float32 steps on weights of order 1. */
const tolerance = 3e-6;

interface Case {
  readonly optimisation: Optimisation;
  readonly factors?: ReadonlyMap<string, number>;
  readonly targetWeights?: Float32Array;
}

async function byEngine({ optimisation: given, factors = new Map(), targetWeights }: Case) {
  const spec = {
    topology: topologyOf(model),
    rateFactors: factors,
    optimisation: given,
    ...(targetWeights && { targetWeights }),
  };
  await using engine = await TrainingSteps.open(openSession, spec);
  const state = initialState(engine.state, weightsByName(model));
  const losses = await engine.run(state, { ...block, rates, firstStep: 0, seed });
  return { state, losses, evaluated: weightsIn(engine.state, state) };
}

/** A step's landmarks as the net sees them. */
function seen(step: number, { inputNoise, inputMask }: Optimisation): Float64Array {
  const x = Float64Array.from(block.x.subarray(step * rows * inputs, (step + 1) * rows * inputs));
  let draw = 0;
  if (inputNoise > 0) {
    const noise = randomNormalValues(drawKey({ seed, step, draw: draw++ }), x.length);
    for (const [i, value] of noise.entries()) x[i] = (x[i] ?? 0) + inputNoise * value;
  }
  if (inputMask === 0) return x;
  const mask = randomMaskValues({ kind: "mask", rate: inputMask, kept: 1 }, drawKey({ seed, step, draw }), x.length);
  return x.map((value, i) => value * (mask[i] ?? 0));
}

/** Loss and gradients of y = xW + b at one step. */
function gradientsOf([kernel, bias]: readonly [Weight, Weight], step: number, given: Case) {
  const { optimisation: options, targetWeights } = given;
  const x = seen(step, options);
  const dKernel = new Float64Array(inputs * targets);
  const dBias = new Float64Array(targets);
  let loss = 0;
  for (let r = 0; r < rows; r++)
    for (let t = 0; t < targets; t++) {
      let z = bias.values[t] ?? 0;
      for (let i = 0; i < inputs; i++) z += (x[r * inputs + i] ?? 0) * (kernel.values[i * targets + t] ?? 0);
      const weight = targetWeights?.[t] ?? 1;
      const [value, derivative] = textbookLoss(options.loss, z - (block.y[(step * rows + r) * targets + t] ?? 0));
      loss += (weight * value) / rows;
      dBias[t] = (dBias[t] ?? 0) + (weight * derivative) / rows;
      for (let i = 0; i < inputs; i++) {
        const at = i * targets + t;
        dKernel[at] = (dKernel[at] ?? 0) + ((x[r * inputs + i] ?? 0) * weight * derivative) / rows;
      }
    }
  return { loss, dKernel, dBias };
}

function byHand(given: Case) {
  const { optimiser, clipNorm = Number.POSITIVE_INFINITY, averageDecay = 0 } = given.optimisation;
  const start = weightsByName(model);
  const weight = (name: string, isKernel: boolean): Weight =>
    weightOf(start.get(name) ?? [], isKernel, given.factors?.get(name) ?? 1);
  const [kernel, bias] = [weight("dense_0/kernel", true), weight("dense_0/bias", false)];
  const averaged = new Float64Array(kernel.values.length);
  const losses: number[] = [];
  let clipped = 0;
  let share = 0;
  for (let step = 0; step < steps; step++) {
    const { loss, dKernel, dBias } = gradientsOf([kernel, bias], step, given);
    const norm = Math.hypot(...dKernel, ...dBias);
    const scale = Math.min(1, clipNorm / norm);
    if (scale < 1) clipped++;
    const at = { rate: rates[step] ?? 0, t: step + 1 };
    textbookStep(optimiser, kernel, { ...at, gradient: dKernel.map((g) => scale * g) });
    textbookStep(optimiser, bias, { ...at, gradient: dBias.map((g) => scale * g) });
    losses.push(loss);
    share = averageDecay * share + 1;
    for (const [i, value] of kernel.values.entries()) averaged[i] = averageDecay * (averaged[i] ?? 0) + value;
  }
  return { kernel: kernel.values, bias: bias.values, losses, clipped, average: averaged.map((sum) => sum / share) };
}

async function expectSame(given: Case): Promise<ReturnType<typeof byHand>> {
  const [{ state, losses, evaluated }, expected] = [await byEngine(given), byHand(given)];
  expect(distance(state.get("dense_0/kernel") ?? [], expected.kernel)).toBeLessThan(tolerance);
  expect(distance(state.get("dense_0/bias") ?? [], expected.bias)).toBeLessThan(tolerance);
  expect(Math.max(...expected.losses.map((loss, at) => Math.abs((losses[at] ?? 0) / loss - 1)))).toBeLessThan(
    tolerance,
  );
  // The average of no memory is the weights.
  expect(distance(evaluated.get("dense_0/kernel") ?? [], expected.average)).toBeLessThan(tolerance);
  return expected;
}

const betas = { beta1: 0.85, beta2: 0.97, epsilon: 1e-3 };
const optimisers: readonly OptimiserRecipe[] = [
  { kind: "momentum", momentum: 0.7 },
  { kind: "adam", ...betas },
  { kind: "adam", beta1: 0, beta2: 0.999, epsilon: 1e-8 },
  { kind: "adamw", ...betas, weightDecay: 0.3 },
  { kind: "nadam", ...betas },
];
const lossRecipes: readonly LossRecipe[] = [{ kind: "squared" }, { kind: "absolute" }, { kind: "huber", delta: 0.8 }];

describe.each(optimisers)("$kind", (optimiser) => {
  it("takes the steps of its paper's formulas", () => expectSame({ optimisation: optimisation({ optimiser }) }));

  it("has a learning rate of its own for a weight", () =>
    expectSame({ optimisation: optimisation({ optimiser }), factors: new Map([["dense_0/kernel", 2.5]]) }));

  it("sees gradients whose common norm is limited", async () => {
    const factors = new Map([["dense_0/kernel", 3]]);
    const { clipped } = await expectSame({ optimisation: optimisation({ optimiser, clipNorm: 4 }), factors });
    expect(clipped).toBeGreaterThan(0);
    expect(clipped).toBeLessThan(steps);
  });
});

describe.each(lossRecipes)("loss $kind", (loss) => {
  it("has its value and gradient", () => expectSame({ optimisation: optimisation({ loss }) }));

  it("weighs the targets", () =>
    expectSame({ optimisation: optimisation({ loss }), targetWeights: Float32Array.of(0.1, 2, 0.4, 1.5) }));
});

it("disturbs the landmarks by noise, a mask, or both", async () => {
  await expectSame({ optimisation: optimisation({ inputNoise: 0.3 }) });
  await expectSame({ optimisation: optimisation({ inputMask: 0.4 }) });
  await expectSame({ optimisation: optimisation({ inputNoise: 0.3, inputMask: 0.4 }) });
});

it("averages the weights over the steps, later ones more, the ones before training not at all", () =>
  expectSame({ optimisation: optimisation({ averageDecay: 0.8 }) }));

it("does all of it together", () =>
  expectSame({
    optimisation: optimisation({
      loss: { kind: "huber", delta: 0.5 },
      optimiser: { kind: "adamw", ...betas, weightDecay: 0.1 },
      clipNorm: 1.5,
      inputNoise: 0.2,
      inputMask: 0.1,
      averageDecay: 0.9,
    }),
    factors: new Map([["dense_0/bias", 0.5]]),
    targetWeights: Float32Array.of(0.5, 1, 1.5, 1),
  }));

it("refuses an optimisation without a loss, and an optimiser that is not known", () => {
  const parse = (more: object) => Optimisation.safeParse({ ...optimisation(), ...more }).success;
  expect(parse({})).toBe(true);
  expect(parse({ loss: undefined })).toBe(false);
  expect(parse({ optimiser: { kind: "lion" } })).toBe(false);
  expect(parse({ inputMask: 1 })).toBe(false);
});
