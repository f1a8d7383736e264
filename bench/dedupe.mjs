// Question: how long does it take to find the duplicates of 129,158 profiles of 22,268 probes (D-GEX's compendium), and
// in how much memory?
//
// usage: node bench/dedupe.mjs [--samples 4000] [--genes 22268] [--full 129158] [--memory 268435456] [--dir DIR]
//
// Each line is a process of its own over a simulated GCTX (simulated-replicates.mjs). Two runs are not whole: few profiles
// of all genes, which give the cost a profile of passes over the file, and all profiles of few genes, which give the cost
// of comparing them (it depends on the sketches alone). Their sum is the estimate; full-size.mjs is the whole. The files do
// not fit into the memory given.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { dedupe } from "../dist/data/dedupe/dedupe.js";
import { openExpression } from "../dist/data/node/open.js";
import { openSession } from "../dist/runtime/node/open.js";
import { writeReplicates } from "./simulated-replicates.mjs";

const { values: flags } = parseArgs({
  options: {
    samples: { type: "string", default: "4000" },
    genes: { type: "string", default: "22268" },
    full: { type: "string", default: "129158" },
    memory: { type: "string", default: String(2 ** 28) },
    dir: { type: "string", default: join(tmpdir(), "landfall-bench-dedupe") },
    method: { type: "string" },
  },
});
const [samples, genes, full] = [flags.samples, flags.genes, flags.full].map(Number);
const fewGenes = 512;

/** A GCTX of profiles with duplicates, made at the first call. */
async function simulated(rows, columns) {
  const path = join(flags.dir, `dedupe-${rows}x${columns}.gctx`);
  if (!existsSync(path)) await writeReplicates(path, rows, columns);
}

/** One run in a process of its own: seconds of each phase, peak memory. */
function alone(method, rows, columns) {
  const args = [fileURLToPath(import.meta.url), "--method", method, "--samples", `${rows}`, "--genes", `${columns}`];
  for (const name of ["memory", "dir"]) args.push(`--${name}`, flags[name]);
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

if (flags.method !== undefined) {
  const source = await openExpression(join(flags.dir, `dedupe-${samples}x${genes}.gctx`));
  const seconds = {};
  let last = performance.now();
  const took = (phase) => {
    const now = performance.now();
    seconds[phase] = (seconds[phase] ?? 0) + (now - last) / 1000;
    last = now;
  };
  const { dropped, clusters } = await dedupe(source, {
    open: openSession,
    method: flags.method,
    seed: 1,
    memoryBytes: Number(flags.memory),
    onProgress: ({ phase }) => took(phase),
  });
  took("verify");
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ seconds, dropped: dropped.length, steps: clusters?.steps, peak }));
  process.exit(0);
}

mkdirSync(flags.dir, { recursive: true });
await simulated(samples, genes);
await simulated(full, fewGenes);
console.log(`${cpus()[0]?.model ?? "?"}, ${availableParallelism()} threads, Node ${process.version}`);
const phases = ["sketch samples", "cluster samples", "assign clusters", "compare samples", "verify"];
const heads = [...phases, "all"];
console.log(`\n${"".padEnd(28)}${heads.map((name) => name.padStart(16)).join("")}   dropped  steps   peak`);
for (const method of ["exact", "kmeans"]) {
  const wide = alone(method, samples, genes);
  const long = alone(method, full, fewGenes);
  const line = (name, seconds, rest = "") => {
    const all = phases.reduce((sum, phase) => sum + (seconds[phase] ?? 0), 0);
    const cells = [...phases.map((phase) => seconds[phase] ?? 0), all].map((s) => `${s.toFixed(1)} s`.padStart(16));
    console.log(`${name.padEnd(28)}${cells.join("")}${rest}`);
  };
  const rest = ({ dropped, steps, peak }) =>
    `${dropped}`.padStart(10) + `${steps ?? "-"}`.padStart(7) + `${Math.round(peak)} MB`.padStart(9);
  line(`${method} ${samples} x ${genes}`, wide.seconds, rest(wide));
  line(`${method} ${full} x ${fewGenes}`, long.seconds, rest(long));
  const scaled = Object.fromEntries(phases.map((phase) => [phase, ((wide.seconds[phase] ?? 0) * full) / samples]));
  // Steps of a fit end when it stops improving, which is not a matter of how many genes there are.
  if (wide.steps) scaled["cluster samples"] = ((wide.seconds["cluster samples"] ?? 0) / wide.steps) * long.steps;
  line(`  estimate ${full} x ${genes}`, { ...scaled, "compare samples": long.seconds["compare samples"] });
}
rmSync(flags.dir, { recursive: true });
