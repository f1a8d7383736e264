// Question: what does an inference cost on machines that are not here, and how far is that reckoning from runs that are?
//
// usage: node bench/cost-model.mjs [--constants bench/cost-constants.json] [--measure] [--no-check] [--rounds 3]
//                                  [--profiles 1328098] [--dir DIR]
//
// The model is counting: floating-point operations, bytes through the processor, bytes to the disk, and what starts. Its
// constants are those of this machine, measured by loops that have nothing to do with an inference, and kept in a small
// JSON file; `--measure` measures them anew. The check infers at three sizes and prints predicted / measured. Work is told
// in seconds of processor time, because the clock of a shared machine measures its neighbours; predictions for idle
// machines divide it by their cores. What is assumed and not measured says so in the table's last column.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { costOf, inferOnce, measureConstants, median, withModel } from "./cost-constants.mjs";
import { simulatedModel } from "./simulated-model.mjs";

const { values: flags } = parseArgs({
  options: {
    constants: { type: "string", default: join(import.meta.dirname, "cost-constants.json") },
    measure: { type: "boolean", default: false },
    "no-check": { type: "boolean", default: false },
    rounds: { type: "string", default: "3" },
    profiles: { type: "string", default: "1328098" },
    // Kept where it is given; a folder of its own, which disappears again, otherwise.
    dir: { type: "string" },
  },
});
const rounds = Number(flags.rounds);
const dir = flags.dir ?? mkdtempSync(join(tmpdir(), "landfall-bench-cost-"));
mkdirSync(dir, { recursive: true });

/** @typedef {{ landmarks: number, hidden: readonly number[], targets: number }} Net */

/** Weights and biases. @param {Net} net */
function parametersOf({ landmarks, hidden, targets }) {
  const widths = [landmarks, ...hidden, targets];
  return widths.slice(1).reduce((sum, units, i) => sum + (widths[i] + 1) * units, 0);
}

const weightBytes = (net) => 4 * parametersOf(net);

/** What an inference of so many profiles amounts to. The score for being out of distribution has 50 components. */
function work(net, profiles) {
  const { landmarks, targets } = net;
  const operations = profiles * 2 * (parametersOf(net) + 50 * landmarks);
  return { operations, bytesIn: 4 * profiles * landmarks, bytesOut: 4 * profiles * (landmarks + targets) };
}

/** Processor seconds of an inference without the loading of its model: start + products + outputs made and written. */
function processorSeconds(constants, net, profiles) {
  const { operations, bytesIn, bytesOut } = work(net, profiles);
  return (
    constants.startProcessorSeconds +
    operations / constants.operationsAProcessorSecond +
    (bytesIn + bytesOut) / constants.freshBytesAProcessorSecond +
    bytesOut / constants.writtenBytesAProcessorSecond
  );
}

/** Clock seconds on one idle machine: blocks are written while the next one is computed, so the slower of both counts. */
function machineSeconds(constants, { net, profiles }, { cores, diskBytesASecond }) {
  const { bytesIn, bytesOut } = work(net, profiles);
  const loading = weightBytes(net) / constants.loadedBytesAProcessorSecond;
  const computing = processorSeconds(constants, net, profiles) / cores;
  const disk = (bytesIn + bytesOut) / diskBytesASecond;
  return { seconds: loading + Math.max(computing, disk), computing, disk };
}

/** Clock seconds with a GPU that runs the net of the budget in the budget's time (all but the disk), others by operations. */
function gpuSeconds({ net, profiles }, { budget, diskBytesASecond }) {
  const { operations, bytesIn, bytesOut } = work(net, profiles);
  const rate = work(budget.net, budget.profiles).operations / budget.seconds;
  const computing = operations / rate;
  const disk = (bytesIn + bytesOut) / diskBytesASecond;
  return { seconds: computing + disk, computing, disk };
}

/**
 * Clock seconds of a job array and its merge: waves of shards, each with its own loading (of a model that a node reads from
 * the shared disk once), then one process that reads and hashes every byte and writes it again.
 */
function clusterSeconds(constants, { net, profiles }, { nodes, cores, diskBytesASecond, shardBytes, taskSeconds }) {
  const { bytesIn, bytesOut } = work(net, profiles);
  const shards = Math.min(1000, Math.ceil(bytesOut / shardBytes));
  const waves = Math.ceil(shards / nodes);
  const loading = weightBytes(net) / constants.loadedBytesAProcessorSecond;
  const hashing = bytesOut / shards / constants.hashedBytesAProcessorSecond;
  const ofShard = processorSeconds(constants, net, profiles / shards) / cores + hashing;
  const computing = waves * (taskSeconds + loading + ofShard);
  const reads = bytesIn + nodes * weightBytes(net);
  const disk = (reads + bytesOut) / diskBytesASecond;
  const merge = Math.max(
    (2 * bytesOut) / diskBytesASecond,
    bytesOut / constants.hashedBytesAProcessorSecond + bytesOut / constants.writtenBytesAProcessorSecond,
  );
  return { seconds: Math.max(computing, disk) + merge, computing, disk, merge };
}

const sizes = [
  { hidden: 500, targets: 5000, profiles: 2048 },
  { hidden: 1500, targets: 12_000, profiles: 4096 },
  { hidden: 3000, targets: 21_290, profiles: 8192 },
];

async function check(constants) {
  console.log("| run | operations | output | predicted | measured | predicted / measured | by the clock |");
  console.log("|---|---:|---:|---:|---:|---:|---:|");
  for (const { hidden, targets, profiles } of sizes) {
    const net = { landmarks: 978, hidden: [hidden], targets };
    const folder = await simulatedModel(dir, { landmarks: 978, hidden, targets });
    const costs = [];
    await withModel(folder, async (model) => {
      const infer = (samples) => inferOnce(model, { dir, folder, samples });
      await infer(64);
      for (let round = 0; round < rounds; round += 1) costs.push(await costOf(() => infer(profiles)));
    });
    const predicted = processorSeconds(constants, net, profiles);
    const measured = median(costs.map(({ processor }) => processor));
    const clock = median(costs.map((cost) => cost.clock));
    const { operations, bytesOut } = work(net, profiles);
    const name = `${profiles.toLocaleString("en")} × 978 → ${hidden} → ${targets.toLocaleString("en")}`;
    const figures = [
      `${predicted.toFixed(2)} s`,
      `${measured.toFixed(2)} s`,
      (predicted / measured).toFixed(2),
      `${clock.toFixed(1)} s`,
    ];
    console.log(`| ${[name, scaled(operations), `${scaled(bytesOut)}B`, ...figures].join(" | ")} |`);
  }
}

function scaled(value) {
  const [size, letter] = [
    [1e15, "P"],
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
  ].find(([least]) => value >= least) ?? [1, ""];
  return `${(value / size).toPrecision(3)} ${letter}`;
}

function duration(seconds) {
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  return seconds < 5400 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

const nets = {
  "linear (ridge, CMap's)": [],
  "D-GEX 3000×1": [3000],
  "D-GEX 9000×3": [9000, 9000, 9000],
};

function predictions(constants) {
  const profiles = Number(flags.profiles);
  const here = { cores: constants.cores, diskBytesASecond: constants.diskBytesASecond };
  const laptop = { cores: 8, diskBytesASecond: 1e9 };
  const budgetNet = { landmarks: 978, hidden: nets["D-GEX 9000×3"], targets: 21_290 };
  const gpu = { budget: { net: budgetNet, profiles: 1_328_098, seconds: 300 }, diskBytesASecond: 1e9 };
  const slurm = { nodes: 64, cores: 16, diskBytesASecond: 2e9, shardBytes: 128 * 2 ** 20, taskSeconds: 5 };
  const places = [
    ["this machine", (job) => machineSeconds(constants, job, here), "nothing but that it is idle"],
    ["laptop", (job) => machineSeconds(constants, job, laptop), "8 such cores, a disk of 1 GB/s"],
    [
      "one GPU",
      (job) => gpuSeconds(job, gpu),
      "DESIGN 4: 9000×3 in 5 min plus disk time (a budget, not measured); a disk of 1 GB/s",
    ],
    [
      "64 Slurm nodes",
      (job) => clusterSeconds(constants, job, slurm),
      "16 such cores a node, 5 s to start a task, 2 GB/s shared by all",
    ],
  ];
  console.log(`\n${profiles.toLocaleString("en")} profiles × 978 → 22,268 genes\n`);
  console.log("| model | where | whole run | computing | disk | merge | assumed |");
  console.log("|---|---|---:|---:|---:|---:|---|");
  for (const [name, hidden] of Object.entries(nets)) {
    const job = { net: { landmarks: 978, hidden, targets: 21_290 }, profiles };
    for (const [place, predict, assumed] of places) {
      const { seconds, computing, disk, merge } = predict(job);
      const cells = [
        duration(seconds),
        duration(computing),
        duration(disk),
        merge === undefined ? "" : duration(merge),
      ];
      console.log(`| ${[name, place, ...cells, assumed].join(" | ")} |`);
    }
  }
  const { operations, bytesIn, bytesOut } = work({ landmarks: 978, hidden: [3000], targets: 21_290 }, profiles);
  console.log(`\nD-GEX 3000×1: ${scaled(operations)} operations, ${scaled(bytesIn)}B in, ${scaled(bytesOut)}B out.`);
}

let constants;
if (!flags.measure && existsSync(flags.constants)) constants = JSON.parse(readFileSync(flags.constants, "utf8"));
else {
  constants = await measureConstants({ dir, rounds });
  writeFileSync(flags.constants, `${JSON.stringify(constants, null, 2)}\n`);
}
console.log(`Constants of ${constants.machine}, ${constants.date}, load ${constants.load}:\n`);
console.log("| constant | value |\n|---|---:|");
for (const [name, value] of Object.entries(constants))
  if (typeof value === "number" && !["load", "cores"].includes(name))
    console.log(`| ${name} | ${value >= 1e6 ? scaled(value) : value} |`);
console.log("");
if (!flags["no-check"]) await check(constants);
predictions(constants);
if (flags.dir === undefined) rmSync(dir, { recursive: true });
