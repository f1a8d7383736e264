// Question: how near does `landfall infer` (GCTX in, GCTX out) come to a bare ONNX Runtime loop over the same blocks,
// what does it gain where few genes or fewer bits are wanted, and what does it cost in memory and start-up as profiles
// grow?
//
// usage: node bench/infer-throughput.mjs [--samples 8192] [--rounds 7] [--block 256] [--hidden 3000] [--targets 21290]
//                                          [--genes 100] [--profiles 1328098] [--model VERSION_FOLDER] [--dir DIR]
//
// Rounds alternate between all competitors in one process, so that a busy machine slows all of them; ratios are medians
// over the rounds. The bare loop reads nothing, writes nothing and keeps nothing. Loading the model is outside of all;
// the start-up of an inference (open, hash, survey, header) has a budget of its own and is told apart. Seconds of
// processor time are told too: on a machine that others use they say more than the clock. `--model` takes a model with
// an int8 variant, which is then a competitor (the simulated one has none: int8 is admitted on data).
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { inferFile, loadModelFolder } from "../dist/infer/node/index.js";
import { simulatedModel, simulatedProfiles, sparseProfiles } from "./simulated-model.mjs";

const { values: flags } = parseArgs({
  options: {
    samples: { type: "string", default: "8192" },
    rounds: { type: "string", default: "7" },
    hidden: { type: "string", default: "3000" },
    targets: { type: "string", default: "21290" },
    // What `infer` takes by default for 22,268 genes.
    block: { type: "string", default: "256" },
    // Targets of the competitor that infers few of them.
    genes: { type: "string", default: "100" },
    // Of the sparse file whose start-up is measured; 0: none.
    profiles: { type: "string", default: "1328098" },
    model: { type: "string" },
    dir: { type: "string", default: join(tmpdir(), "landfall-bench-infer") },
    "one-run": { type: "boolean", default: false },
  },
});
const samples = Number(flags.samples);
const blockRows = Number(flags.block);
mkdirSync(flags.dir, { recursive: true });
const dir =
  flags.model ??
  (await simulatedModel(flags.dir, { landmarks: 978, hidden: Number(flags.hidden), targets: Number(flags.targets) }));
const { landmarks, targets, variants = [] } = JSON.parse(readFileSync(join(dir, "manifest.json"), "utf8"));
const sizes = { landmarks, targets };
/** As `landfall infer` does. */
const loading = { device: "cpu", profiles: samples };

/** Seconds of processor time of this process so far. */
const processorTime = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Seconds of one whole inference, and of its start-up; the output is removed again. */
async function inferOnce(model, count, rows = blockRows) {
  const input = await simulatedProfiles(flags.dir, { samples: count, model: dir });
  const output = join(flags.dir, "out.gctx");
  const started = performance.now();
  let startUp;
  let processor;
  const onProgress = () => {
    startUp ??= (performance.now() - started) / 1000;
    processor ??= processorTime();
  };
  await inferFile({ model, inputs: [input], output, blockRows: rows, onProgress, force: true });
  const seconds = (performance.now() - started) / 1000;
  rmSync(output);
  rmSync(`${output}.run.json`);
  return { seconds: seconds - startUp, startUp, processor: processorTime() - processor };
}

/** The same for few genes, over ten times the profiles, so that their end (sync, rename) does not weigh ten times more. */
async function inferFew(count) {
  const { seconds, startUp, processor } = await inferOnce(few, 10 * count, undefined);
  return { seconds: seconds / 10, startUp, processor: processor / 10 };
}

/** Seconds until an inference of a very large file begins to compute. */
async function startUpOf(model, count) {
  const input = await sparseProfiles(flags.dir, { samples: count, model: dir });
  const output = join(flags.dir, "large.gctx");
  const stop = new AbortController();
  const started = performance.now();
  let seconds;
  const onProgress = () => {
    seconds ??= (performance.now() - started) / 1000;
    stop.abort();
  };
  await inferFile({ model, inputs: [input], output, onProgress, signal: stop.signal, force: true }).catch((error) => {
    if (error.tag !== "cancelled") throw error;
  });
  for (const end of ["partial", "journal", "plan.json"]) rmSync(`${output}.${end}`, { force: true });
  return seconds;
}

/** Seconds of a bare loop over the same blocks. */
async function bareOnce(bare, count) {
  const block = new Float32Array(blockRows * sizes.landmarks).fill(8);
  const before = processorTime();
  const started = performance.now();
  for (let start = 0; start < count; start += blockRows) {
    const rows = Math.min(blockRows, count - start);
    const feed = new Tensor("float32", block.subarray(0, rows * sizes.landmarks), [rows, sizes.landmarks]);
    await bare.run({ landmarks: feed });
  }
  return { seconds: (performance.now() - started) / 1000, processor: processorTime() - before };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** One inference in a process of its own: seconds without loading, peak memory in MB. */
function alone(count) {
  const args = [fileURLToPath(import.meta.url), "--one-run", "--samples", String(count)];
  for (const name of ["hidden", "targets", "block", "dir"]) args.push(`--${name}`, flags[name]);
  if (flags.model !== undefined) args.push("--model", flags.model);
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

if (flags["one-run"]) {
  await simulatedProfiles(flags.dir, { samples, model: dir });
  const model = await loadModelFolder(dir, loading);
  const { seconds, startUp } = await inferOnce(model, samples);
  // In kilobytes on Linux and macOS alike (Node converts).
  console.log(JSON.stringify({ seconds, startUp, peak: process.resourceUsage().maxRSS / 1024 }));
  process.exit(0);
}

const model = await loadModelFolder(dir, loading);
const few = await loadModelFolder(dir, {
  ...loading,
  targets: { by: "columns", columns: `0-${Number(flags.genes) - 1}` },
});
const hasInt8 = variants.some(({ precision }) => precision === "int8");
const int8 = hasInt8 ? await loadModelFolder(dir, { ...loading, precision: "int8" }) : undefined;
const session = await InferenceSession.create(join(dir, "model.onnx"), {
  executionProviders: ["cpu"],
  intraOpNumThreads: availableParallelism(),
});
const competitors = {
  "bare loop": (count) => bareOnce(session, count),
  "landfall infer": (count) => inferOnce(model, count),
  [`  --genes (${flags.genes})`]: (count) => inferFew(count),
  ...(int8 && { "  --precision int8": (count) => inferOnce(int8, count) }),
};
for (const run of Object.values(competitors)) await run(4 * blockRows);
const rounds = [];
for (let round = 0; round < Number(flags.rounds); round += 1) {
  const results = {};
  for (const [name, run] of Object.entries(competitors)) results[name] = await run(samples);
  rounds.push(results);
}
const list = (of) => rounds.map((round) => of(round).toFixed(2)).join(" ");
console.log(`${landmarks} -> ${targets} targets, float32, CPU; ${samples} profiles in blocks of ${blockRows}`);
console.log(`${cpus()[0]?.model ?? "?"}, ${availableParallelism()} threads, Node ${process.version}`);
console.log("");
console.log("                      profiles/s  processor s   seconds of the rounds, start-up apart");
for (const name of Object.keys(competitors)) {
  const rate = Math.round(samples / median(rounds.map((round) => round[name].seconds)));
  const processor = median(rounds.map((round) => round[name].processor)).toFixed(2);
  console.log(
    `${name.padEnd(20)}${String(rate).padStart(12)}${processor.padStart(13)}   ${list((round) => round[name].seconds)}`,
  );
}
console.log(`${"  start-up".padEnd(48)}${list((round) => round["landfall infer"].startUp)}`);
console.log("");
const ratio = (of, to, budget) => {
  const clock = median(rounds.map((round) => round[to].seconds / round[of].seconds)).toFixed(3);
  const processor = median(rounds.map((round) => round[to].processor / round[of].processor)).toFixed(3);
  console.log(`${of.trim()} : ${to.trim()}  ${clock} (budget ${budget}); by processor time ${processor}`);
};
ratio("landfall infer", "bare loop", 0.95);
ratio(`  --genes (${flags.genes})`, "landfall infer", 8);
if (int8 !== undefined) ratio("  --precision int8", "landfall infer", 2.3);
if (Number(flags.profiles) > 0) {
  const budget = 1.5 + (2.5 * Number(flags.profiles)) / 1e6;
  const seconds = await startUpOf(model, Number(flags.profiles));
  console.log(
    `start-up          ${seconds.toFixed(2)} s for ${flags.profiles} profiles (budget ${budget.toFixed(2)} s)`,
  );
}
const once = alone(samples);
const twice = alone(2 * samples);
const weights = statSync(join(dir, "model.onnx")).size / 2 ** 20;
const megabytes = (mb) => `${Math.round(mb)} MB`;
console.log(
  `peak memory       ${megabytes(once.peak)} for ${samples} profiles, ${megabytes(twice.peak)} for ${2 * samples}`,
);
console.log(
  `above the model   ${megabytes(once.peak - weights)}, ${megabytes(twice.peak - weights)} (loading included; budget 1000 MB)`,
);
const whole = ({ seconds, startUp }) => seconds + startUp;
console.log(`time(2N)/time(N)  ${(whole(twice) / whole(once)).toFixed(3)} (budget 2.05)`);
for (const loaded of [model, few, int8]) await loaded?.[Symbol.asyncDispose]();
await session.release();
