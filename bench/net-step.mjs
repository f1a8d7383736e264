// The net and the rows that benchmarks of engines step on: 943 → 1000 tanh → 4760, squared error, SGD with momentum.
import { Optimisation } from "../dist/schemas/index.js";
import { topologyOf } from "../dist/train/topology.js";

const [inputs, hidden, targets] = [943, 1000, 4760];

let state = 1;
/** Uniform in ±limit; the values do not matter, their size does (no denormals). */
const uniform = (count, limit) =>
  Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * limit;
  });

/** Weights at the start. */
export const initial = new Map([
  ["hidden/kernel", uniform(inputs * hidden, 0.03)],
  ["hidden/bias", new Float32Array(hidden)],
  ["targets/kernel", uniform(hidden * targets, 0.03)],
  ["targets/bias", new Float32Array(targets)],
]);

/** The training of batches of `rows`, as an engine takes it. */
export function netJob(rows) {
  const layer = (name, units, activation) => ({ kind: "dense", name, units, activation });
  const layers = [layer("hidden", hidden, "tanh"), layer("targets", targets, "linear")];
  const fields = { loss: { kind: "squared" }, learningRate: 1e-5, epochs: 1, batchSize: rows };
  return {
    topology: topologyOf({ name: "net", inputs, layers }),
    initial,
    rateFactors: new Map(),
    dataset: "in memory",
    optimisation: Optimisation.parse({ ...fields, optimiser: { kind: "momentum", momentum: 0.5 } }),
  };
}

/** Rows of so many steps. */
export function stepBlock(rows, steps) {
  const count = rows * steps;
  const values = { x: uniform(count * inputs, 1), y: uniform(count * targets, 1) };
  return { rows: count, ...values, rates: new Float64Array(steps).fill(1e-5), firstStep: 0, seed: 1 };
}

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
