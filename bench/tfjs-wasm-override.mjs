// How much faster is a training step of engine tfjs:wasm for transposing matrices before it multiplies them?
// The step: 943 → 1000 tanh → 4760, squared error, SGD with momentum, batches of 100, with its share of giving and taking
// the weights (a call has as many steps as `train` gives it); the backend's own kernel and ours take turns, medians over the
// rounds. By processor time, which neighbours on the machine disturb less than the clock. Fails below 6 times
// (docs/engines.md says why not ten).
//   node bench/tfjs-wasm-override.mjs [rounds = 3]     (after npm run build)

import { cpus } from "node:os";
import { initialState } from "../dist/train/epochs/step-engine.js";
import { openBackend } from "../dist/train/tfjs/open-backend.js";
import { TfjsSteps } from "../dist/train/tfjs/tfjs-steps.js";
import { initial, median, netJob, stepBlock } from "./net-step.mjs";

const [rows, steps] = [100, 25];
const rounds = Number(process.argv[2] ?? 3);
const least = 6;

const spec = netJob(rows);
const [warm, block] = [stepBlock(rows, 1), stepBlock(rows, steps)];

/** Milliseconds a step by clock and by processor, and the last loss, with our kernel or after it was taken back. */
async function timed(isOurs) {
  const backend = await openBackend({ backend: "wasm" });
  if (!isOurs) backend.close();
  const engine = await TfjsSteps.open(spec);
  const held = initialState(engine.state, initial);
  await engine.run(held, warm);
  const [startedMs, before] = [performance.now(), process.cpuUsage()];
  const losses = await engine.run(held, block);
  const { user, system } = process.cpuUsage(before);
  const [ms, processorMs] = [(performance.now() - startedMs) / steps, (user + system) / 1000 / steps];
  engine[Symbol.dispose]();
  if (isOurs) backend.close();
  return { ms, processorMs, loss: losses.at(-1) };
}

const found = { own: [], ours: [] };
for (let round = 0; round < rounds; round++) {
  found.own.push(await timed(false));
  found.ours.push(await timed(true));
}
const [own, ours] = [found.own, found.ours].map((runs) => ({
  ms: median(runs.map(({ ms }) => ms)),
  processorMs: median(runs.map(({ processorMs }) => processorMs)),
  loss: runs[0].loss,
}));
const row = ({ ms, processorMs, loss }) => ({
  "processor ms/step": Math.round(processorMs),
  "ms/step": Math.round(ms),
  "profiles/s": Math.round((1000 * rows) / ms),
  loss,
});
const ratio = own.processorMs / ours.processorMs;
console.log(`${cpus()[0]?.model}, tfjs 4.22 on one thread of ${cpus().length} cores; ${rounds} rounds`);
console.table({ "tfjs' own products": row(own), "transposing first": row(ours) });
console.log(`${ratio.toFixed(1)} times as fast`);
if (ratio < least) process.exitCode = 1;
