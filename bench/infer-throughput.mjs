// Question: how near does `landfall infer` (GCTX in, GCTX out) come to a bare ONNX Runtime loop over the same blocks,
// and what does it cost in memory as profiles grow?
//
// usage: node bench/infer-throughput.mjs [--samples 8192] [--rounds 7] [--block 256] [--hidden 3000] [--targets 21290]
//                                          [--dir DIR]
//
// Rounds alternate between the two in one process, so that a busy machine slows both; the ratio is the median over the
// rounds. The bare loop reads nothing, writes nothing and keeps nothing. Loading the model is outside of both; the
// start-up of an inference (open, hash, survey, header) has a budget of its own and is told apart.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { inferFile, loadModelFolder } from "../dist/infer/node/index.js";
import { simulatedModel, simulatedProfiles } from "./simulated-model.mjs";

const { values: flags } = parseArgs({
  options: {
    samples: { type: "string", default: "8192" },
    rounds: { type: "string", default: "7" },
    hidden: { type: "string", default: "3000" },
    targets: { type: "string", default: "21290" },
    // What `infer` takes by default for 22,268 genes.
    block: { type: "string", default: "256" },
    dir: { type: "string", default: join(tmpdir(), "landfall-bench-infer") },
    "one-run": { type: "boolean", default: false },
  },
});
const sizes = { landmarks: 978, hidden: Number(flags.hidden), targets: Number(flags.targets) };
const samples = Number(flags.samples);
const blockRows = Number(flags.block);
mkdirSync(flags.dir, { recursive: true });
const dir = await simulatedModel(flags.dir, sizes);

/** Seconds of one whole inference, and of its start-up; the output is removed again. */
async function inferOnce(model, count) {
  const input = await simulatedProfiles(flags.dir, { samples: count, landmarks: sizes.landmarks });
  const output = join(flags.dir, "out.gctx");
  const started = performance.now();
  let startUp;
  const onProgress = () => {
    startUp ??= (performance.now() - started) / 1000;
  };
  await inferFile({ model, inputs: [input], output, blockRows, onProgress });
  const seconds = (performance.now() - started) / 1000;
  rmSync(output);
  rmSync(`${output}.run.json`);
  return { seconds, startUp };
}

/** Seconds of a bare loop over the same blocks. */
async function bareOnce(session, count) {
  const block = new Float32Array(blockRows * sizes.landmarks).fill(8);
  const started = performance.now();
  for (let start = 0; start < count; start += blockRows) {
    const rows = Math.min(blockRows, count - start);
    const landmarks = new Tensor("float32", block.subarray(0, rows * sizes.landmarks), [rows, sizes.landmarks]);
    await session.run({ landmarks });
  }
  return (performance.now() - started) / 1000;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** One inference in a process of its own: seconds without start-up and loading, peak memory in MB. */
function alone(count) {
  const args = [fileURLToPath(import.meta.url), "--one-run", "--samples", String(count)];
  for (const name of ["hidden", "targets", "block", "dir"]) args.push(`--${name}`, flags[name]);
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

if (flags["one-run"]) {
  await simulatedProfiles(flags.dir, { samples, landmarks: sizes.landmarks });
  const model = await loadModelFolder(dir, { device: "cpu" });
  const { seconds } = await inferOnce(model, samples);
  // In kilobytes on Linux and macOS alike (Node converts).
  console.log(JSON.stringify({ seconds, peak: process.resourceUsage().maxRSS / 1024 }));
  process.exit(0);
}

const model = await loadModelFolder(dir, { device: "cpu" });
const bare = await InferenceSession.create(join(dir, "model.onnx"), {
  executionProviders: ["cpu"],
  intraOpNumThreads: availableParallelism(),
});
await bareOnce(bare, 4 * blockRows);
await inferOnce(model, 4 * blockRows);
const rounds = [];
for (let round = 0; round < Number(flags.rounds); round += 1)
  rounds.push({ bare: await bareOnce(bare, samples), ...(await inferOnce(model, samples)) });
const rate = (of) =>
  Math.round(samples / median(rounds.map(of)))
    .toString()
    .padStart(8);
const list = (of) => rounds.map((round) => of(round).toFixed(2)).join(" ");
const ratio = (of) => median(rounds.map(of)).toFixed(3).padStart(8);
console.log(
  `${sizes.landmarks} -> ${sizes.hidden} -> ${sizes.targets}, float32, CPU; ${samples} profiles in blocks of ${blockRows}`,
);
console.log(`${cpus()[0]?.model ?? "?"}, ${availableParallelism()} threads, Node ${process.version}`);
console.log("");
console.log("                profiles/s   seconds of the rounds");
console.log(`bare loop         ${rate(({ bare: seconds }) => seconds)}   ${list(({ bare: seconds }) => seconds)}`);
console.log(`landfall infer    ${rate(({ seconds }) => seconds)}   ${list(({ seconds }) => seconds)}`);
console.log(`  start-up                   ${list(({ startUp }) => startUp)}`);
console.log(
  `ratio             ${ratio(({ bare: loop, seconds, startUp }) => loop / (seconds - startUp))}   without start-up (budget 0.95)`,
);
console.log(`                  ${ratio(({ bare: loop, seconds }) => loop / seconds)}   with it`);
console.log("");
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
console.log(`time(2N)/time(N)  ${(twice.seconds / once.seconds).toFixed(3)} (budget 2.05)`);
await model[Symbol.asyncDispose]();
