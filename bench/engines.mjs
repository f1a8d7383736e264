// Which engine trains a net fastest on this machine?
// The step: 943 → 1000 tanh → 4760, squared error, SGD with momentum, batches of 200, five steps a call; engines that can
// be had here take turns, medians over the rounds.
//   node bench/engines.mjs [rounds = 3] [engine …]     (after npm run build; NODE_PATH names folders of optional packages)

import { cpus } from "node:os";
import { openSession } from "../dist/runtime/node/open.js";
import { Optimisation } from "../dist/schemas/index.js";
import { engineOf } from "../dist/train/engine.js";
import { engineNames } from "../dist/train/engine-name.js";
import { initialState } from "../dist/train/epochs/step-engine.js";
import { chainTopology } from "../dist/train/ort/chain-topology.js";

const [inputs, hidden, targets, rows, steps] = [943, 1000, 4760, 200, 5];
const rounds = Number(process.argv[2] ?? 3);
const asked = process.argv.slice(3);

let state = 1;
/** Uniform in ±limit; the values do not matter, their size does (no denormals). */
const uniform = (count, limit) =>
  Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * limit;
  });
const initial = new Map([
  ["hidden/kernel", uniform(inputs * hidden, 0.03)],
  ["hidden/bias", new Float32Array(hidden)],
  ["targets/kernel", uniform(hidden * targets, 0.03)],
  ["targets/bias", new Float32Array(targets)],
]);
const layer = (name, units, activation) => ({ kind: "dense", name, units, activation });
const layers = [layer("hidden", hidden, "tanh"), layer("targets", targets, "linear")];
const fields = { loss: { kind: "squared" }, learningRate: 1e-5, epochs: 1, batchSize: rows };
const job = {
  topology: chainTopology({ name: "net", inputs, layers }),
  initial,
  rateFactors: new Map(),
  dataset: "in memory",
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

/** Profiles a second, or why there are none. */
async function timed(name) {
  try {
    const engine = await engineOf(name, openSession)(job);
    const held = initialState(engine.state, initial);
    await engine.run(held, block);
    const startedMs = performance.now();
    const losses = await engine.run(held, block);
    const rate = block.rows / ((performance.now() - startedMs) / 1000);
    await engine[Symbol.asyncDispose]();
    return { rate, loss: losses.at(-1), device: engine.device };
  } catch (error) {
    return { missing: error.message };
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const found = new Map();
const names = asked.length > 0 ? asked : engineNames.filter((name) => name !== "tfjs");
for (let round = 0; round < rounds; round++)
  for (const name of names) {
    const before = found.get(name) ?? [];
    if (before[0]?.missing === undefined) found.set(name, [...before, await timed(name)]);
  }
console.log(`${cpus()[0]?.model}, ${cpus().length} cores; ${rounds} rounds`);
for (const [name, [{ missing }]] of found) if (missing !== undefined) console.log(`${name}: ${missing}`);
const ran = [...found].filter(([, [{ missing }]]) => missing === undefined);
console.table(
  Object.fromEntries(
    ran.map(([name, runs]) => [
      name,
      { device: runs[0].device, "profiles/s": Math.round(median(runs.map(({ rate }) => rate))), loss: runs[0].loss },
    ]),
  ),
);
