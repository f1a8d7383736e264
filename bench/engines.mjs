// Which engine trains a net fastest on this machine?
// The step: 943 → 1000 tanh → 4760, squared error, SGD with momentum, batches of 200, five steps a call; engines that can
// be had here take turns, medians over the rounds.
//   node bench/engines.mjs [rounds = 3] [engine …]     (after npm run build; NODE_PATH names folders of optional packages)

import { cpus } from "node:os";
import { openSession } from "../dist/runtime/node/open.js";
import { engineOf } from "../dist/train/engine.js";
import { engineNames } from "../dist/train/engine-name.js";
import { initialState } from "../dist/train/epochs/step-engine.js";
import { initial, median, netJob, stepBlock } from "./net-step.mjs";

const rounds = Number(process.argv[2] ?? 3);
const asked = process.argv.slice(3);

const [rows, steps] = [200, 5];
const block = stepBlock(rows, steps);

/** Profiles a second, or why there are none. */
async function timed(name) {
  try {
    const engine = await engineOf(name, openSession)(netJob(rows));
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
