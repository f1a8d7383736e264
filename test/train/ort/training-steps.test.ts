import * as core from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
// Registers the gradients of all kernels.
import "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";
import { openSession } from "../../../runtime/node/open.ts";
import type { Optimisation } from "../../../schemas/index.ts";
import { initialState } from "../../../train/epochs/step-engine.ts";
import type { LayersModel } from "../../../train/layers-model.ts";
import { TrainingSteps } from "../../../train/ort/training-steps.ts";
import { topologyOf } from "../../../train/topology.ts";
import { denseLayers, distance, normals, optimisation, tanhNet, weightsByName } from "./nets.ts";
import { type ReferenceLayer, referenceNet, referenceStep } from "./reference-step.ts";

/** Weights of order 1 after 12 float32 steps: their rounding errors add up. */
const float32Steps = 2e-6;

const rate = 0.01;
const [rows, laterKernelRate, seed] = [8, 3, 5];

/** All steps' rows, one batch after another. */
const batches = (model: LayersModel, steps: number) => ({
  x: normals(steps * rows * model.inputs, 1),
  y: normals(steps * rows * (denseLayers(model).at(-1)?.units ?? 0), 2),
});

interface Trained {
  readonly state: Map<string, Float32Array>;
  readonly losses: number[];
}

interface Training {
  readonly steps: number;
  readonly perCall: number;
  readonly threads?: number;
  readonly optimisation?: Optimisation;
  readonly rateFactors?: ReadonlyMap<string, number>;
}

/** Trains `steps` steps in calls of `perCall`. */
async function trained(model: LayersModel, { steps, perCall, threads = 2, ...more }: Training): Promise<Trained> {
  const later = denseLayers(model).slice(1);
  const rateFactors = more.rateFactors ?? new Map(later.map(({ name }) => [`${name}/kernel`, laterKernelRate]));
  const spec = { topology: topologyOf(model), rateFactors, optimisation: more.optimisation ?? optimisation() };
  await using engine = await TrainingSteps.open(openSession, spec, { threads });
  const state = initialState(engine.state, weightsByName(model));
  const { x, y } = batches(model, steps);
  const losses: number[] = [];
  for (let start = 0; start < steps; start += perCall) {
    const count = Math.min(perCall, steps - start);
    const part = (all: Float32Array) => all.slice((all.length / steps) * start, (all.length / steps) * (start + count));
    const rates = new Float64Array(count).fill(rate);
    const block = { rows: count * rows, x: part(x), y: part(y), rates, firstStep: start, seed };
    losses.push(...(await engine.run(state, block)));
  }
  return { state, losses };
}

/** The same steps by the oracle. */
function reference(model: LayersModel, steps: number): { net: ReferenceLayer[]; losses: number[] } {
  const net = referenceNet(model);
  const { x, y } = batches(model, steps);
  const of = (all: Float32Array, step: number) =>
    all.slice((all.length / steps) * step, (all.length / steps) * (step + 1));
  const losses = Array.from({ length: steps }, (_, step) =>
    referenceStep(net, { x: of(x, step), y: of(y, step) }, { rows, rate, momentum: 0.5, laterKernelRate, seed, step }),
  );
  return { net, losses };
}

const nets = [
  ["one hidden layer", tanhNet([6, 9, 5])],
  ["one hidden layer with dropout", tanhNet([6, 9, 5], { dropout: 0.25 })],
  ["three hidden layers with dropout", tanhNet([6, 9, 7, 8, 5], { dropout: 0.25 })],
  ["no hidden layer", tanhNet([6, 5])],
] as const;

describe.each(nets)("a net with %s", (_title, model) => {
  it.each([1, 12])("takes %d steps as the float64 reference does", async (steps) => {
    const { state, losses } = await trained(model, { steps, perCall: 5 });
    const { net, losses: expected } = reference(model, steps);
    for (const [at, { name }] of denseLayers(model).entries()) {
      expect(distance(state.get(`${name}/kernel`) ?? [], net[at]?.kernel ?? [])).toBeLessThan(float32Steps);
      expect(distance(state.get(`${name}/bias`) ?? [], net[at]?.bias ?? [])).toBeLessThan(float32Steps);
      expect(distance(state.get(`${name}/kernel/velocity`) ?? [], net[at]?.kernelVelocity ?? [])).toBeLessThan(
        float32Steps,
      );
    }
    expect(Math.max(...losses.map((loss, i) => Math.abs(loss / (expected[i] ?? 0) - 1)))).toBeLessThan(1e-6);
  });

  it("gives the same bits whatever the number of steps a call and threads", async () => {
    const whole = await trained(model, { steps: 7, perCall: 7 });
    const single = await trained(model, { steps: 7, perCall: 1, threads: 1 });
    expect(single.losses).toEqual(whole.losses);
    for (const [name, values] of whole.state) expect(single.state.get(name)).toEqual(values);
  });
});

const everything = optimisation({
  loss: { kind: "huber", delta: 0.5 },
  optimiser: { kind: "adamw", beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  clipNorm: 0.5,
  inputNoise: 0.2,
  inputMask: 0.1,
  averageDecay: 0.9,
});

it("gives the same bits whatever the number of steps a call and threads with all that an optimisation can have", async () => {
  // Odd widths: vector code has remainders. Kernels that two threads share.
  const model = tanhNet([301, 499, 403], { dropout: 0.25 });
  const whole = await trained(model, { steps: 7, perCall: 7, optimisation: everything });
  const single = await trained(model, { steps: 7, perCall: 1, threads: 1, optimisation: everything });
  expect(single.losses).toEqual(whole.losses);
  const bytes = (values: Float32Array = new Float32Array()): Buffer => Buffer.from(values.buffer);
  for (const [name, values] of whole.state)
    expect({ name, isEqual: bytes(values).equals(bytes(single.state.get(name))) }).toEqual({ name, isEqual: true });
});

it("leaves a weight whose rate is 0 as it is, in the caller's own array", async () => {
  const model = tanhNet([6, 9, 5]);
  const before = weightsByName(model).get("dense_0/kernel");
  const kept = before?.slice();
  const { state } = await trained(model, { steps: 3, perCall: 3, rateFactors: new Map([["dense_0/kernel", 0]]) });
  expect(state.get("dense_0/kernel")).toBe(before);
  expect(before).toEqual(kept);
  expect(state.get("dense_1/kernel")).not.toEqual(weightsByName(model).get("dense_1/kernel"));
});

it("takes the same steps as tfjs with SGD and momentum", async () => {
  await core.setBackend("cpu");
  const [model, steps] = [tanhNet([12, 20, 15, 9]), 10];
  const equalRates = await trainedByTfjs(model, steps);
  const { state } = await trained(model, { steps, perCall: 4 });
  for (const [name, values] of equalRates) expect(distance(state.get(name) ?? [], values)).toBeLessThan(float32Steps);
});

/** tfjs has no learning rate of its own a weight: the gradients of later kernels are scaled before they are applied. */
async function trainedByTfjs(model: LayersModel, steps: number): Promise<Map<string, Float32Array>> {
  const layers = denseLayers(model);
  const variables = layers.flatMap(({ name, kernel, bias, units }) => [
    core.variable(core.tensor2d(kernel, [kernel.length / units, units]), true, `${name}/kernel`),
    core.variable(core.tensor1d(bias), true, `${name}/bias`),
  ]);
  const optimiser = core.train.momentum(rate, 0.5);
  const { x, y } = batches(model, steps);
  for (let step = 0; step < steps; step++) {
    core.tidy(() => {
      const width = layers.at(-1)?.units ?? 0;
      const of = (all: Float32Array, columns: number) =>
        core.tensor2d(all.slice(step * rows * columns, (step + 1) * rows * columns), [rows, columns]);
      const [input, truth] = [of(x, model.inputs), of(y, width)];
      const { grads } = core.variableGrads(() => {
        const out = layers.reduce<core.Tensor>((h, { activation }, at) => {
          const [kernel, bias] = variables.slice(2 * at, 2 * at + 2);
          const z = core.add(core.matMul(h, kernel as core.Tensor), bias as core.Tensor);
          return activation === "tanh" ? core.tanh(z) : z;
        }, input);
        return core.mean<core.Scalar>(core.sum(core.squaredDifference(out, truth), 1));
      }, variables);
      const isLater = (name: string): boolean => name.endsWith("/kernel") && name !== `${layers[0]?.name}/kernel`;
      const scaled = Object.entries(grads).map(([name, gradient]) => ({
        name,
        tensor: isLater(name) ? core.mul(gradient, laterKernelRate) : gradient,
      }));
      optimiser.applyGradients(scaled);
    });
  }
  const result = new Map(variables.map((v) => [v.name, Float32Array.from(v.dataSync())]));
  optimiser.dispose();
  core.dispose(variables);
  return result;
}
