// Does the peak memory of training grow with the number of samples?
//
// usage: node bench/train-memory.mjs [--samples 5000] [--targets 1600] [--epochs 2] [--rounds 3] [--dir DIR]     (after npm run build)
//
// Every subject runs in a process of its own on N and on 4N simulated profiles. `ridge` and `dgex` are whole trainings
// (moments, fit, baseline, scores, intervals, run directory). Rows that a net's training keeps in memory are a cache of
// at most 1 GiB, told apart; `rows streamed` reads batches in random order without it, as data sets beyond it are read.
// A growth of 1 is none. What may grow by nature is ids and metadata of the samples, some hundred bytes each; small N
// also lie below the memory that the garbage collector leaves lying at any N.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: {
    samples: { type: "string", default: "5000" },
    landmarks: { type: "string", default: "400" },
    targets: { type: "string", default: "1600" },
    epochs: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    dir: { type: "string", default: join(tmpdir(), "landfall-bench-train-memory") },
    "one-run": { type: "string" },
  },
});
const samples = Number(flags.samples);
const width = Number(flags.landmarks) + Number(flags.targets);
const cacheBytes = 2 ** 30;

/** Runs a program and returns what it printed; its errors are ours. */
function output(args) {
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** The dataset of so many profiles, made at the first call. */
function dataset(count) {
  const path = join(flags.dir, `dataset-${count}x${width}`);
  if (existsSync(path)) return path;
  const sizes = ["--samples", count, "--landmarks", flags.landmarks, "--targets", flags.targets, "--studies", 50];
  output(["bin/landfall.js", "simulate", "-o", flags.dir, ...sizes.map(String), "--seed", "1"]);
  const file = join(flags.dir, `simulated_n${count}x${width}.gctx`);
  output(["bin/landfall.js", "prepare", "--input", file, "-o", path, "--split", "random", "--clip", "8"]);
  rmSync(file);
  return path;
}

/** Trains a recipe in this process. */
async function training(recipe, settings = []) {
  const { readRecipe } = await import("../dist/cli/recipe.js");
  const { openDataset } = await import("../dist/data/node/dataset.js");
  const { openSession } = await import("../dist/runtime/node/open.js");
  const { train } = await import("../dist/train/train.js");
  const options = { recipe: await readRecipe(recipe, settings), dataset: await openDataset(dataset(samples)) };
  const out = join(flags.dir, `run-${process.pid}`);
  await train({ ...options, open: openSession, device: "cpu", out, onProgress: () => undefined });
  rmSync(out, { recursive: true });
}

/** Reads 200 batches of 1,000 training rows in an order without order, whatever N: garbage is then the same. */
async function streamedRows() {
  const { openRowStore } = await import("../dist/train/rows/row-store.js");
  const store = await openRowStore(dataset(samples), { residentBytes: 0 });
  const rows = store.rowsOf("train");
  const into = { x: new Float32Array(1000 * store.landmarks), y: new Float32Array(1000 * store.targets) };
  for (let start = 0; start < 200_000; start += 1000) {
    const batch = Int32Array.from({ length: 1000 }, (_, at) => rows[((start + at) * 7919) % rows.length]);
    await store.read(batch, into);
  }
}

const keptBytes = (count) => (4 * count * width <= cacheBytes ? 4 * count * width : 0);
const subjects = {
  ridge: { run: () => training("recipes/ridge.json"), kept: () => 0 },
  dgex: {
    run: () => training("recipes/dgex-small.json", [`optimisation.epochs=${flags.epochs}`]),
    kept: keptBytes,
  },
  "rows streamed": { run: streamedRows, kept: () => 0 },
};

/** Peak memory in MB of a process of its own: the least of some, for garbage that was not collected in time is chance. */
function alone(subject, count) {
  const args = [fileURLToPath(import.meta.url), "--one-run", subject, "--samples", String(count)];
  for (const name of ["landmarks", "targets", "epochs", "dir"]) args.push(`--${name}`, flags[name]);
  return Math.min(...Array.from({ length: Number(flags.rounds) }, () => Number(output(args))));
}

if (flags["one-run"] !== undefined) {
  await subjects[flags["one-run"]].run();
  console.log(String(process.resourceUsage().maxRSS / 1000));
  process.exit(0);
}
mkdirSync(flags.dir, { recursive: true });
console.log(
  `${cpus()[0]?.model}, ${availableParallelism()} cores; ${flags.landmarks} landmarks, ${flags.targets} targets`,
);
for (const count of [samples, 4 * samples]) dataset(count);
for (const [name, { kept }] of Object.entries(subjects)) {
  const [small, large] = [samples, 4 * samples].map((count) => alone(name, count) - kept(count) / 1e6);
  const told =
    kept(samples) > 0 ? `, beside ${kept(samples) / 1e6} and ${kept(4 * samples) / 1e6} MB of rows kept` : "";
  console.log(
    `${name.padEnd(14)} ${samples}: ${small.toFixed(0)} MB, ${4 * samples}: ${large.toFixed(0)} MB, ` +
      `growth ${(large / small).toFixed(3)}, ${((1e6 * (large - small)) / (3 * samples)).toFixed(0)} bytes a sample${told}`,
  );
}
if (flags.dir.startsWith(tmpdir())) rmSync(flags.dir, { recursive: true });
