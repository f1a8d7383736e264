import * as core from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
// Registers the gradients of all kernels.
import "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";
import { openSession } from "../../../runtime/node/open.ts";
import type { LayersModel } from "../../../train/layers-model.ts";
import { squaredError } from "../../../train/losses.ts";
import { momentum } from "../../../train/optimisers/momentum.ts";
import { chainTopology } from "../../../train/ort/chain-topology.ts";
import { maskKey } from "../../../train/ort/dropout-mask.ts";
import { TrainingSteps } from "../../../train/ort/training-steps.ts";
import { denseLayers, normals, tanhNet } from "./nets.ts";
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

/** Trains `steps` steps in calls of `perCall`. */
async function trained(
  model: LayersModel,
  { steps, perCall, mu = 0.5, threads = 2 }: { steps: number; perCall: number; mu?: number; threads?: number },
): Promise<Trained> {
  const later = denseLayers(model).slice(1);
  const spec = {
    topology: chainTopology(model),
    batchRows: rows,
    loss: squaredError,
    optimiser: momentum(mu),
    rateFactors: new Map(later.map(({ name }) => [`${name}/kernel`, laterKernelRate])),
  };
  await using engine = await TrainingSteps.open(openSession, spec, { threads });
  const weights = new Map(
    denseLayers(model).flatMap(({ name, kernel, bias }): [string, Float32Array][] => [
      [`${name}/kernel`, kernel],
      [`${name}/bias`, bias],
    ]),
  );
  const size = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
  const state = new Map(
    engine.state.map(({ name, dims }) => [name, weights.get(name)?.slice() ?? new Float32Array(size(dims))]),
  );
  const { x, y } = batches(model, steps);
  const losses: number[] = [];
  for (let start = 0; start < steps; start += perCall) {
    const count = Math.min(perCall, steps - start);
    const part = (all: Float32Array) => all.slice((all.length / steps) * start, (all.length / steps) * (start + count));
    const keyOf = (draw: number, at: number): number => maskKey({ seed, step: start + at, draw });
    const rates = new Float32Array(count).fill(rate);
    losses.push(...(await engine.run(state, { steps: count, x: part(x), y: part(y), rates, keyOf })));
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

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? Number.NaN))));

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
