// Question: how long does the same inference take with what people use today: h5py with ONNX Runtime, h5py with PyTorch,
// cmapPy for reading and writing? And what does it take of memory?
//
// usage: node bench/infer-peers.mjs [--samples 4096] [--rounds 3] [--hidden 3000] [--targets 21290]
//                                   [--model VERSION_FOLDER] [--dir DIR]
//        PYTHON names one with bench/peers/requirements-infer.txt (a virtual environment); absent peers are told.
//
// A process each and round, in turns: GCTX in -> GCTX out on the same files, loading included, as somebody would write
// it in thirty lines: blocks of 256 profiles (PyTorch and ONNX Runtime), all at once (cmapPy knows nothing else).
// `--model` takes a model of two Dense layers; with an int8 variant that is a competitor too.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { inferFile, loadModelFolder } from "../dist/infer/node/index.js";
import { simulatedModel, simulatedProfiles } from "./simulated-model.mjs";

const { values: flags } = parseArgs({
  options: {
    samples: { type: "string", default: "4096" },
    rounds: { type: "string", default: "3" },
    hidden: { type: "string", default: "3000" },
    targets: { type: "string", default: "21290" },
    model: { type: "string" },
    dir: { type: "string", default: join(tmpdir(), "landfall-bench-infer") },
    "one-run": { type: "string" },
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

if (flags["one-run"] !== undefined) {
  const started = performance.now();
  const predictor = await loadModelFolder(model, { device: "cpu", precision: flags["one-run"] });
  await inferFile({ model: predictor, inputs: [input], output, force: true });
  const seconds = (performance.now() - started) / 1000;
  // In kilobytes on Linux and macOS alike (Node converts).
  console.log(JSON.stringify({ seconds, peak: process.resourceUsage().maxRSS / 1024 }));
  process.exit(0);
}

const threads = String(availableParallelism());
const own = (precision) => [
  process.execPath,
  [
    fileURLToPath(import.meta.url),
    "--one-run",
    precision,
    "--samples",
    flags.samples,
    "--model",
    model,
    "--dir",
    flags.dir,
  ],
];
const script = (name) => join(import.meta.dirname, "peers", name);
const python = process.env.PYTHON ?? "python3";
const competitors = {
  "landfall infer": own("fp32"),
  ...(variants.some(({ precision }) => precision === "int8") && { "  --precision int8": own("int8") }),
  "h5py + onnxruntime": [python, [script("infer_h5py_ort.py"), model, input, output, threads]],
  "h5py + torch": [python, [script("infer_torch.py"), model, input, output, threads]],
  "cmapPy + onnxruntime": [python, [script("cmappy_memory.py"), model, input, output, threads]],
};

/** One run: seconds and peak memory in MB, or why there is none. */
function run([command, args]) {
  // The peers share a module, of which Python would leave a compiled copy in the checkout.
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: "utf8", env });
  rmSync(output, { force: true });
  rmSync(`${output}.run.json`, { force: true });
  if (status === 0) return JSON.parse(stdout.trim().split("\n").at(-1));
  return { missing: stderr.trim().split("\n").at(-1) };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const results = new Map(Object.keys(competitors).map((name) => [name, []]));
for (let round = 0; round < Number(flags.rounds); round += 1)
  for (const [name, competitor] of Object.entries(competitors)) results.get(name).push(run(competitor));
console.log(`${landmarks} -> ${targets} targets, ${samples} profiles, ${threads} threads, process start to end`);
console.log("");
console.log("                        seconds   peak MB   seconds of the rounds");
for (const [name, runs] of results) {
  const missing = runs.find((one) => one.missing !== undefined)?.missing;
  if (missing !== undefined) {
    console.log(`${name.padEnd(22)}not run: ${missing}`);
    continue;
  }
  const seconds = median(runs.map((one) => one.seconds)).toFixed(1);
  const peak = Math.round(median(runs.map((one) => one.peak)));
  const all = runs.map((one) => one.seconds.toFixed(1)).join(" ");
  console.log(`${name.padEnd(22)}${seconds.padStart(9)}${String(peak).padStart(10)}   ${all}`);
}
