/** Nets of every kind of layer take the steps that tfjs takes. */
import * as core from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import * as tfl from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import type { Topology } from "../../../export/lower/topology.ts";
import { parseTopology } from "../../../export/read/topology.ts";
import { openSession } from "../../../runtime/node/open.ts";
import type { OptimiserRecipe } from "../../../schemas/index.ts";
import { initialState } from "../../../train/epochs/step-engine.ts";
import { TrainingSteps } from "../../../train/ort/training-steps.ts";
import { artifactsOf, fillWeights } from "../../export/support/tfjs.ts";
import { distance, normals, optimisation } from "./nets.ts";

const [inputs, targets, rows, steps, rate] = [6, 5, 8, 6, 0.01];
/** Both compute in float32; sums over the batch are in another order. */
const tolerance = 2e-5;
const block = { rows: steps * rows, x: normals(steps * rows * inputs, 1), y: normals(steps * rows * targets, 2) };

const { layers } = tfl;
type Net = (x: tfl.SymbolicTensor) => tfl.SymbolicTensor;

const dense = (name: string, units: number, activation: "linear" | "tanh" = "linear"): Net => {
  const layer = layers.dense({ name, units, activation });
  return (x) => layer.apply(x) as tfl.SymbolicTensor;
};
const through =
  (layer: tfl.layers.Layer): Net =>
  (x) =>
    layer.apply(x) as tfl.SymbolicTensor;
const merged = (layer: tfl.layers.Layer, parts: readonly tfl.SymbolicTensor[]): tfl.SymbolicTensor =>
  layer.apply([...parts]) as tfl.SymbolicTensor;
const chain =
  (...parts: readonly Net[]): Net =>
  (x) =>
    parts.reduce((h, part) => part(h), x);
/** A hidden layer followed by another layer, between two dense ones. */
const behindDense = (layer: tfl.layers.Layer): Net => chain(dense("first", 9), through(layer), dense("last", targets));
const activation = (name: string): tfl.layers.Layer => layers.activation({ name: "f", activation: name as "tanh" });
/** Both branches of one hidden layer, merged. */
const branches =
  (merge: tfl.layers.Layer): Net =>
  (x) => {
    const h = dense("first", 7, "tanh")(x);
    return dense("last", targets)(merged(merge, [h, dense("left", 7, "tanh")(h), dense("right", 7)(h)]));
  };

/** A residual block as nets for expression use it: norm, activation, projection, and the sum with its input. */
const residual: Net = (x) => {
  const h = dense("in", 8)(x);
  const inner = chain(
    through(layers.layerNormalization({ name: "norm" })),
    dense("up", 12),
    through(activation("swish")),
    dense("down", 8),
  )(h);
  return dense("last", targets)(merged(layers.add({ name: "sum" }), [h, inner]));
};

/** A layer that is called twice has one set of weights. */
const shared: Net = (x) => {
  const twice = dense("shared", 6, "tanh");
  return dense("last", targets)(twice(twice(x)));
};

const nets: Readonly<Record<string, Net>> = {
  LayerNormalization: behindDense(layers.layerNormalization({ name: "norm" })),
  // Without a bias before it, which would have no gradient.
  BatchNormalization: chain(
    through(layers.dense({ name: "first", units: 9, useBias: false })),
    through(layers.batchNormalization({ name: "norm", momentum: 0.8, epsilon: 0.01 })),
    dense("last", targets),
  ),
  "BatchNormalization of the landmarks": chain(
    through(layers.batchNormalization({ name: "norm" })),
    dense("last", targets),
  ),
  LeakyReLU: behindDense(layers.leakyReLU({ name: "f", alpha: 0.2 })),
  PReLU: behindDense(layers.prelu({ name: "f" })),
  ELU: behindDense(layers.elu({ name: "f" })),
  ReLU: behindDense(layers.reLU({ name: "f" })),
  Softmax: behindDense(layers.softmax({ name: "f", axis: -1 })),
  ...Object.fromEntries(
    ["elu", "selu", "swish", "gelu", "mish", "softplus", "sigmoid", "softmax"].map((name) => [
      `Activation ${name}`,
      behindDense(activation(name)),
    ]),
  ),
  Add: branches(layers.add({ name: "merge" })),
  Multiply: branches(layers.multiply({ name: "merge" })),
  Average: branches(layers.average({ name: "merge" })),
  Maximum: branches(layers.maximum({ name: "merge" })),
  Minimum: branches(layers.minimum({ name: "merge" })),
  Concatenate: branches(layers.concatenate({ name: "merge" })),
  "a residual block": residual,
  "a shared layer": shared,
  "Reshape and Flatten": chain(
    dense("first", 8),
    through(layers.reshape({ name: "to", targetShape: [4, 2] })),
    through(layers.batchNormalization({ name: "norm" })),
    dense("inner", 3, "tanh"),
    through(layers.flatten({ name: "from" })),
    dense("last", targets),
  ),
};

function modelOf(net: Net): tfl.LayersModel {
  const input = tfl.input({ shape: [inputs], name: "landmarks" });
  const model = tfl.model({ name: "net", inputs: input, outputs: net(input) });
  fillWeights(model);
  return model;
}

const weightsOf = (model: tfl.LayersModel): Map<string, Float32Array> =>
  new Map(
    model.layers.flatMap((layer) =>
      layer
        .getWeights()
        .map((values, at): [string, Float32Array] => [
          layer.weights[at]?.originalName ?? "",
          Float32Array.from(values.dataSync()),
        ]),
    ),
  );

async function topologyOf(model: tfl.LayersModel): Promise<Topology> {
  const { modelTopology } = await artifactsOf(model);
  if (modelTopology === undefined || modelTopology instanceof ArrayBuffer) throw new Error("no topology");
  return parseTopology({ ...modelTopology }, "net");
}

/** Steps of ours on the model's topology, from its weights. */
async function byEngine(model: tfl.LayersModel, optimiser: OptimiserRecipe, fixed: readonly string[] = []) {
  const spec = {
    topology: await topologyOf(model),
    rateFactors: new Map(fixed.map((name) => [name, 0])),
    optimisation: optimisation({ optimiser }),
  };
  await using engine = await TrainingSteps.open(openSession, spec);
  const state = initialState(engine.state, weightsOf(model));
  await engine.run(state, { ...block, rates: new Float64Array(steps).fill(rate), firstStep: 0, seed: 1 });
  return state;
}

/** Steps of tfjs, in the model itself. */
function byTfjs(model: tfl.LayersModel, optimiser: core.Optimizer): void {
  for (let step = 0; step < steps; step++)
    core.tidy(() => {
      const part = (all: Float32Array, width: number): core.Tensor2D =>
        core.tensor2d(all.slice(step * rows * width, (step + 1) * rows * width), [rows, width]);
      optimiser.minimize(() => {
        const prediction = model.apply(part(block.x, inputs), { training: true }) as core.Tensor;
        return core.mean<core.Scalar>(core.sum(core.squaredDifference(prediction, part(block.y, targets)), 1));
      });
    });
  optimiser.dispose();
}

it.each(Object.entries(nets))("a net with %s takes tfjs' steps of SGD with momentum", async (_name, net) => {
  const model = modelOf(net);
  const before = weightsOf(model);
  const state = await byEngine(model, { kind: "momentum", momentum: 0.5 });
  byTfjs(model, core.train.momentum(rate, 0.5));
  const expected = weightsOf(model);
  expect(expected.size).toBeGreaterThan(1);
  for (const [name, values] of expected) {
    expect({ name, isNear: distance(state.get(name) ?? [], values) < tolerance }).toEqual({ name, isNear: true });
    expect({ name, moved: distance(before.get(name) ?? [], values) > 100 * tolerance }).toEqual({ name, moved: true });
  }
  model.dispose();
});

it("a residual net takes tfjs' steps of Adam", async () => {
  const model = modelOf(residual);
  const state = await byEngine(model, { kind: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-7 });
  byTfjs(model, core.train.adam(rate, 0.9, 0.999, 1e-7));
  for (const [name, values] of weightsOf(model))
    expect({ name, isNear: distance(state.get(name) ?? [], values) < 10 * tolerance }).toEqual({ name, isNear: true });
  model.dispose();
});

/** tfjs cannot train these: the oracle is the layer with a gamma of 1 and a beta of 0 that stay so. */
it.each([
  ["layerNormalization", layers.layerNormalization],
  ["batchNormalization", layers.batchNormalization],
] as const)("%s without scale and centre is the one with 1 and 0", async (_name, layer) => {
  const plain = modelOf(behindDense(layer({ name: "norm", scale: false, center: false })));
  const full = modelOf(behindDense(layer({ name: "norm" })));
  const start = weightsOf(plain);
  for (const one of full.layers)
    one.setWeights(
      one.weights.map(({ originalName, shape }) => {
        const given = start.get(originalName);
        const size = shape.map(Number);
        if (given !== undefined) return core.tensor(given, size);
        return originalName.endsWith("gamma") ? core.ones(size) : core.zeros(size);
      }),
    );
  const optimiser = { kind: "momentum", momentum: 0.5 } as const;
  const expected = await byEngine(full, optimiser, ["norm/gamma", "norm/beta"]);
  const state = await byEngine(plain, optimiser);
  for (const name of start.keys()) expect(state.get(name)).toEqual(expected.get(name));
  expect(state.get("last/kernel")).not.toEqual(start.get("last/kernel"));
});

it("batch normalisation whose moving moments are fixed is used as it is served", async () => {
  const model = modelOf(behindDense(layers.batchNormalization({ name: "norm" })));
  const fixed = ["norm/moving_mean", "norm/moving_variance"];
  const before = weightsOf(model);
  const state = await byEngine(model, { kind: "momentum", momentum: 0 }, fixed);
  for (const name of fixed) expect(state.get(name)).toEqual(before.get(name));
  // tfjs in its inference mode.
  for (let step = 0; step < steps; step++)
    core.tidy(() => {
      const part = (all: Float32Array, width: number): core.Tensor2D =>
        core.tensor2d(all.slice(step * rows * width, (step + 1) * rows * width), [rows, width]);
      core.train.sgd(rate).minimize(() => {
        const prediction = model.apply(part(block.x, inputs), { training: false }) as core.Tensor;
        return core.mean<core.Scalar>(core.sum(core.squaredDifference(prediction, part(block.y, targets)), 1));
      });
    });
  for (const [name, values] of weightsOf(model))
    expect(distance(state.get(name) ?? [], values)).toBeLessThan(tolerance);
  model.dispose();
});

it("averages of weights are also of those that no gradient moves: batch normalisation's moving moments", async () => {
  const model = modelOf(behindDense(layers.batchNormalization({ name: "norm", momentum: 0.8 })));
  const averageDecay = 0.7;
  const spec = {
    topology: await topologyOf(model),
    rateFactors: new Map<string, number>(),
    optimisation: optimisation({ averageDecay }),
  };
  await using engine = await TrainingSteps.open(openSession, spec);
  const state = initialState(engine.state, weightsOf(model));
  const names = ["norm/moving_mean", "norm/moving_variance"];
  const sums = new Map(names.map((name) => [name, new Float64Array(9)]));
  let share = 0;
  for (let step = 0; step < steps; step++) {
    const part = (all: Float32Array, width: number) => all.slice(step * rows * width, (step + 1) * rows * width);
    const own = { rows, x: part(block.x, inputs), y: part(block.y, targets) };
    await engine.run(state, { ...own, rates: Float64Array.of(rate), firstStep: step, seed: 1 });
    share = averageDecay * share + 1;
    for (const [name, sum] of sums)
      for (const [at, value] of (state.get(name) ?? []).entries()) sum[at] = averageDecay * (sum[at] ?? 0) + value;
  }
  for (const [name, sum] of sums) {
    const expected = sum.map((value) => value / share);
    expect(distance(state.get(`${name}/average`) ?? [], expected)).toBeLessThan(tolerance);
    expect(distance(state.get(name) ?? [], expected)).toBeGreaterThan(100 * tolerance);
  }
  model.dispose();
});

it("a GaussianNoise layer on the landmarks draws what the optimisation's input noise draws, and none when served", async () => {
  const noisy = modelOf(chain(through(layers.gaussianNoise({ name: "noise", stddev: 0.3 })), dense("last", targets)));
  const plain = modelOf(dense("last", targets));
  const byLayer = await byEngine(noisy, { kind: "momentum", momentum: 0.5 });
  const spec = {
    topology: await topologyOf(plain),
    rateFactors: new Map<string, number>(),
    optimisation: optimisation({ inputNoise: 0.3 }),
  };
  await using engine = await TrainingSteps.open(openSession, spec);
  const state = initialState(engine.state, weightsOf(plain));
  await engine.run(state, { ...block, rates: new Float64Array(steps).fill(rate), firstStep: 0, seed: 1 });
  expect(byLayer.get("last/kernel")).toEqual(state.get("last/kernel"));
  noisy.dispose();
  plain.dispose();
});
