// How much faster is a training step of engine tfjs:wasm for transposing matrices before it multiplies them?
// The step: 943 → 1000 tanh → 4760, squared error, SGD with momentum, batches of 100; the backend's own kernel and ours
// take turns, medians over the rounds. Fails below five times.
//   node bench/tfjs-wasm-override.mjs [rounds = 3]     (after npm run build)

import { cpus } from "node:os";
import { Optimisation } from "../dist/schemas/index.js";
import { initialState } from "../dist/train/epochs/step-engine.js";
import { chainTopology } from "../dist/train/ort/chain-topology.js";
import { openBackend } from "../dist/train/tfjs/open-backend.js";
import { TfjsSteps } from "../dist/train/tfjs/tfjs-steps.js";

const [inputs, hidden, targets, rows, steps] = [943, 1000, 4760, 100, 2];
const rounds = Number(process.argv[2] ?? 3);
const least = 5;

let state = 1;
/** Uniform in ±limit; the values do not matter, their size does (no denormals). */
const uniform = (count, limit) =>
  Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * limit;
  });
const weights = new Map([
  ["hidden/kernel", uniform(inputs * hidden, 0.03)],
  ["hidden/bias", new Float32Array(hidden)],
  ["targets/kernel", uniform(hidden * targets, 0.03)],
  ["targets/bias", new Float32Array(targets)],
]);
const layer = (name, units, activation) => ({ kind: "dense", name, units, activation });
const layers = [layer("hidden", hidden, "tanh"), layer("targets", targets, "linear")];
const fields = { loss: { kind: "squared" }, learningRate: 1e-5, epochs: 1, batchSize: rows };
const spec = {
  topology: chainTopology({ name: "net", inputs, layers }),
  rateFactors: new Map(),
  optimisation: Optimisation.parse({ ...fields, optimiser: { kind: "momentum", momentum: 0.5 } }),
};
const block = {
  rows: rows * steps,
  x: uniform(rows * steps * inputs, 1),
  y: uniform(rows * steps * targets, 1),
  rates: new Float64Array(steps).fill(1e-5),
  firstStep: 0,
  seed: 1,
};

/** Milliseconds a step, and the losses, with our kernel or after it was taken back. */
async function timed(isOurs) {
  const backend = await openBackend({ backend: "wasm" });
  if (!isOurs) backend.close();
  const engine = await TfjsSteps.open(spec);
  const held = initialState(engine.state, weights);
  await engine.run(held, {
    ...block,
    rows,
    x: block.x.subarray(0, rows * inputs),
    y: block.y.subarray(0, rows * targets),
    rates: block.rates.subarray(0, 1),
  });
  const startedMs = performance.now();
  const losses = await engine.run(held, block);
  const ms = (performance.now() - startedMs) / steps;
  engine[Symbol.dispose]();
  if (isOurs) backend.close();
  return { ms, loss: losses.at(-1) };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const found = { own: [], ours: [] };
for (let round = 0; round < rounds; round++) {
  found.own.push(await timed(false));
  found.ours.push(await timed(true));
}
const [own, ours] = [found.own, found.ours].map((runs) => median(runs.map(({ ms }) => ms)));
console.log(`${cpus()[0]?.model}, tfjs 4.22 on one thread of ${cpus().length} cores; ${rounds} rounds`);
console.table({
  "tfjs' own products": {
    "ms/step": Math.round(own),
    "profiles/s": Math.round((1000 * rows) / own),
    loss: found.own[0].loss,
  },
  "transposing first": {
    "ms/step": Math.round(ours),
    "profiles/s": Math.round((1000 * rows) / ours),
    loss: found.ours[0].loss,
  },
});
console.log(`${(own / ours).toFixed(1)} times as fast`);
if (own / ours < least) process.exitCode = 1;
