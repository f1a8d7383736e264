// How much faster is a training step of engine tfjs:wasm for transposing matrices before it multiplies them?
// The step: 943 → 1000 tanh → 4760, squared error, SGD with momentum, batches of 100; the backend's own kernel and ours
// take turns, medians over the rounds. Fails below five times.
//   node bench/tfjs-wasm-override.mjs [rounds = 3]     (after npm run build)

import { cpus } from "node:os";
import { initialState } from "../dist/train/epochs/step-engine.js";
import { openBackend } from "../dist/train/tfjs/open-backend.js";
import { TfjsSteps } from "../dist/train/tfjs/tfjs-steps.js";
import { initial, median, netJob, stepBlock } from "./net-step.mjs";

const [rows, steps] = [100, 2];
const rounds = Number(process.argv[2] ?? 3);
const least = 5;

const spec = netJob(rows);
const [warm, block] = [stepBlock(rows, 1), stepBlock(rows, steps)];

/** Milliseconds a step, and the losses, with our kernel or after it was taken back. */
async function timed(isOurs) {
  const backend = await openBackend({ backend: "wasm" });
  if (!isOurs) backend.close();
  const engine = await TfjsSteps.open(spec);
  const held = initialState(engine.state, initial);
  await engine.run(held, warm);
  const startedMs = performance.now();
  const losses = await engine.run(held, block);
  const ms = (performance.now() - startedMs) / steps;
  engine[Symbol.dispose]();
  if (isOurs) backend.close();
  return { ms, loss: losses.at(-1) };
}

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
