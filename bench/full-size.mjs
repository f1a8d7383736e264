// Do D-GEX's own sizes stream? 129,158 profiles of 22,268 probes, as in the paper: leave out duplicates by k-means, average
// probes to 943 landmarks and 9,520 targets, quantile-normalise, standardise; then train ridge, and D-GEX 3000×1 for an
// epoch. How long does each take, and in how much memory?
//
// usage: node bench/full-size.mjs [--samples 129158] [--probes 22268] [--genes 10463] [--landmarks 943] [--dir DIR]
//
// (after npm run build; 17 GB of disk.) Every command is a process of its own. The profiles are simulated
// (simulated-replicates.mjs): times and memory mean something, errors do not.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeReplicates } from "./simulated-replicates.mjs";

const { values: flags } = parseArgs({
  options: {
    samples: { type: "string", default: "129158" },
    probes: { type: "string", default: "22268" },
    genes: { type: "string", default: "10463" },
    landmarks: { type: "string", default: "943" },
    dir: { type: "string", default: join(tmpdir(), "landfall-bench-full-size") },
  },
});
const [samples, probes, genes, landmarks] = [flags.samples, flags.probes, flags.genes, flags.landmarks].map(Number);
const at = (name) => join(flags.dir, name);

/** Probes in turn, as evenly as may be, in D-GEX's format of gene maps. */
function writeMaps() {
  const lines = Array.from({ length: genes }, (_, gene) => {
    const own = Array.from({ length: Math.ceil((probes - gene) / genes) }, (_probe, turn) => `G${gene + turn * genes}`);
    return `SYMBOL${gene}\tENSG${String(gene).padStart(11, "0")}\t${own.join(",")}\n`;
  });
  writeFileSync(at("map.txt"), lines.join(""));
  writeFileSync(at("landmarks.txt"), lines.slice(0, landmarks).join(""));
  writeFileSync(at("targets.txt"), lines.slice(landmarks).join(""));
}

/** Runs a command of Landfall: seconds and peak memory of its process. */
function timed(...args) {
  const started = performance.now();
  const node = ["--import", "./bench/peak-at-exit.mjs", "bin/landfall.js", ...args, "--json"];
  const { stdout, stderr, status } = spawnSync(process.execPath, node, { encoding: "utf8", maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(stderr);
  const { peak } = JSON.parse(stdout.trimEnd().split("\n").at(-1));
  return { seconds: Math.round((performance.now() - started) / 1000), "peak MB": Math.round(peak) };
}

mkdirSync(flags.dir, { recursive: true });
writeMaps();
await writeReplicates(at("probes.gctx"), samples, probes);
const gigabytes = (statSync(at("probes.gctx")).size / 1e9).toFixed(1);
console.log(`${cpus()[0]?.model ?? "?"}, ${availableParallelism()} threads; ${samples} × ${probes}, ${gigabytes} GB`);
const maps = ["--landmarks", `map:${at("landmarks.txt")}`, "--targets", `map:${at("targets.txt")}`];
const steps = ["--gene-map", at("map.txt"), "--dedupe", "kmeans", "--quantile", "--clip", "8", "--split", "random"];
const train = (recipe, ...more) => timed("train", `recipes/${recipe}.json`, "--data", at("dataset"), ...more);
console.table({
  prepare: timed("prepare", "-i", `geo=${at("probes.gctx")}`, "-o", at("dataset"), ...maps, ...steps),
  ridge: train("ridge", "-o", at("ridge")),
  "D-GEX 3000×1, an epoch": train("dgex", "--set", "optimisation.epochs=1", "-o", at("dgex")),
});
rmSync(flags.dir, { recursive: true });
