// Takes the same training steps on the CPU and on the device named, and prints how far apart they end; or why the
// device does not work. A process of its own: drivers are found by environment variables that are read at its start.

import { Random } from "../../dist/data/random.js";
import { openSession } from "../../dist/runtime/node/open.js";
import { probeProvider } from "../../dist/runtime/node/probe.js";
import { Optimisation } from "../../dist/schemas/index.js";
import { initialState } from "../../dist/train/epochs/step-engine.js";
import { ortEngine } from "../../dist/train/ort/ort-engine.js";
import { topologyOf } from "../../dist/train/topology.js";

const device = process.argv[2];
const [landmarks, hidden, targets, batchSize, steps] = [20, 16, 12, 8, 5];
const normals = (count, stream, sd = 1) => {
  const random = new Random(7, stream);
  return Float32Array.from({ length: count }, () => sd * random.normal());
};
const layer = (name, units, activation) => ({ kind: "dense", name, units, activation });
const topology = topologyOf({
  name: "net",
  inputs: landmarks,
  layers: [
    layer("hidden", hidden, "tanh"),
    { kind: "dropout", name: "drop", rate: 0.25 },
    layer("targets", targets, "linear"),
  ],
});
const initial = new Map([
  ["hidden/kernel", normals(landmarks * hidden, 1, 0.2)],
  ["hidden/bias", normals(hidden, 2, 0.1)],
  ["targets/kernel", normals(hidden * targets, 3, 0.2)],
  ["targets/bias", normals(targets, 4, 0.1)],
]);
const optimiser = { kind: "adam" };
const optimisation = Optimisation.parse({
  loss: { kind: "squared" },
  optimiser,
  learningRate: 0.01,
  epochs: 1,
  batchSize,
});
const block = {
  rows: steps * batchSize,
  x: normals(steps * batchSize * landmarks, 5),
  y: normals(steps * batchSize * targets, 6),
  rates: new Float64Array(steps).fill(0.01),
  firstStep: 0,
  seed: 1,
};

async function trained(on) {
  const job = { topology, initial, rateFactors: new Map(), optimisation, dataset: "", device: on };
  const engine = await ortEngine(openSession)(job);
  const state = initialState(engine.state, initial);
  const losses = await engine.run(state, block);
  await engine[Symbol.asyncDispose]();
  return {
    device: engine.device,
    losses,
    weights: new Map([...initial.keys()].map((name) => [name, state.get(name)])),
  };
}

const distance = (a, b) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
const between = (a, b) => Math.max(...[...a].map(([name, values]) => distance(values, b.get(name))));

const trial = await probeProvider(device);
if (trial.ok) {
  const [cpu, other] = [await trained("cpu"), await trained(device)];
  const result = {
    devices: [cpu.device, other.device],
    losses: distance(cpu.losses, other.losses),
    weights: between(cpu.weights, other.weights),
    moved: between(cpu.weights, initial),
  };
  console.log(JSON.stringify(result));
} else console.log(JSON.stringify({ reason: trial.reason }));
