// Question: how long does the same inference take with what people use today: h5py with ONNX Runtime, h5py with PyTorch,
// cmapPy for reading and writing? And what does it take of memory?
//
// usage: node bench/infer-peers.mjs [--samples 4096] [--rounds 3] [--hidden 3000] [--targets 21290]
//                                   [--model VERSION_FOLDER] [--only REGEXP] [--dir DIR]
//        PYTHON names one with bench/peers/requirements-infer.txt (a virtual environment); absent peers are told.
//
// A process each and round, in turns, timed from outside from its start to its end, and until its output is on the disk
// (ours is at its end; the peers leave theirs to the page cache): GCTX in -> GCTX out on the same files,
// by the command line (ours), and as somebody would write it in thirty lines: blocks of 256 profiles (PyTorch and ONNX
// Runtime), all at once (cmapPy knows nothing else).
// `--model` takes a model of two Dense layers; with an int8 variant that is a competitor too.
import { spawnSync } from "node:child_process";
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { simulatedModel, simulatedProfiles } from "./simulated-model.mjs";

const { values: flags } = parseArgs({
  options: {
    samples: { type: "string", default: "4096" },
    rounds: { type: "string", default: "3" },
    hidden: { type: "string", default: "3000" },
    targets: { type: "string", default: "21290" },
    model: { type: "string" },
    // A regular expression: competitors that take part.
    only: { type: "string", default: "" },
    dir: { type: "string", default: join(tmpdir(), "landfall-bench-infer") },
  },
});
const samples = Number(flags.samples);
mkdirSync(flags.dir, { recursive: true });
const model =
  flags.model ??
  (await simulatedModel(flags.dir, { landmarks: 978, hidden: Number(flags.hidden), targets: Number(flags.targets) }));
const input = await simulatedProfiles(flags.dir, { samples, model });
const { landmarks, targets, variants = [] } = JSON.parse(readFileSync(join(model, "manifest.json"), "utf8"));
const output = join(flags.dir, "peer.gctx");

const threads = String(availableParallelism());
const program = join(import.meta.dirname, "../bin/landfall.js");
const own = (precision) => {
  const command = [program, "infer", model, input, "-o", output, "--device", "cpu", "--precision", precision];
  return [process.execPath, ["--import", join(import.meta.dirname, "peak-at-exit.mjs"), ...command]];
};
const script = (name) => join(import.meta.dirname, "peers", name);
const python = process.env.PYTHON ?? "python3";
const all = {
  "landfall infer": own("fp32"),
  ...(variants.some(({ precision }) => precision === "int8") && { "  --precision int8": own("int8") }),
  "h5py + onnxruntime": [python, [script("infer_h5py_ort.py"), model, input, output, threads]],
  "h5py + torch": [python, [script("infer_torch.py"), model, input, output, threads]],
  "cmapPy + onnxruntime": [python, [script("cmappy_memory.py"), model, input, output, threads]],
};

const competitors = Object.fromEntries(Object.entries(all).filter(([name]) => new RegExp(flags.only).test(name)));

/** One run: seconds of the process, and with a sync of its output; peak memory in MB; or why there is none. */
function run([command, args]) {
  // The peers share a module, of which Python would leave a compiled copy in the checkout.
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
  const started = performance.now();
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: "utf8", env });
  const seconds = (performance.now() - started) / 1000;
  if (status === 0) sync(output);
  const onDisk = (performance.now() - started) / 1000;
  rmSync(output, { force: true });
  rmSync(`${output}.run.json`, { force: true });
  if (status === 0) return { seconds, onDisk, ...JSON.parse(stdout.trim().split("\n").at(-1)) };
  return { missing: stderr.trim().split("\n").at(-1) };
}

function sync(path) {
  const file = openSync(path, "r+");
  fsyncSync(file);
  closeSync(file);
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const results = new Map(Object.keys(competitors).map((name) => [name, []]));
for (let round = 0; round < Number(flags.rounds); round += 1)
  for (const [name, competitor] of Object.entries(competitors)) results.get(name).push(run(competitor));
console.log(
  `${landmarks} -> ${targets} targets, ${samples} profiles, ${threads} threads, seconds from a process's start to its end`,
);
console.log("");
console.log("                        seconds   on the disk   peak MB   seconds of the rounds");
for (const [name, runs] of results) {
  const missing = runs.find((one) => one.missing !== undefined)?.missing;
  if (missing !== undefined) {
    console.log(`${name.padEnd(22)}not run: ${missing}`);
    continue;
  }
  const seconds = median(runs.map((one) => one.seconds)).toFixed(1);
  const onDisk = median(runs.map((one) => one.onDisk)).toFixed(1);
  const peak = Math.round(median(runs.map((one) => one.peak)));
  const rounds = runs.map((one) => one.seconds.toFixed(1)).join(" ");
  console.log(`${name.padEnd(22)}${seconds.padStart(9)}${onDisk.padStart(14)}${String(peak).padStart(10)}   ${rounds}`);
}
