// Does the ordering of the D-GEX paper appear: D-GEX below linear regression, on nearly every gene?
//
// usage: node bench/paper-ordering.mjs [--samples 24000] [--landmarks 300] [--targets 1200] [--epochs 60] [--dir DIR]     (after npm run build)
//
// A sanity check of the machinery, not a finding about biology: the simulator and its non-linear regulation are ours.
// Random split as in the paper; OLS, ridge (λ on validation) and D-GEX are trained on the same rows, scored on test.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: {
    samples: { type: "string", default: "24000" },
    landmarks: { type: "string", default: "300" },
    targets: { type: "string", default: "1200" },
    hidden: { type: "string", default: "1000" },
    epochs: { type: "string", default: "60" },
    dir: { type: "string", default: join(tmpdir(), "landfall-bench-paper-ordering") },
  },
});
const width = Number(flags.landmarks) + Number(flags.targets);
const path = (name) => join(flags.dir, name);

/** Runs a command of ours and returns what it printed, or fails with what it said. */
function landfall(...args) {
  const options = { encoding: "utf8", maxBuffer: 2 ** 28 };
  const { status, stdout, stderr } = spawnSync(process.execPath, ["bin/landfall.js", ...args], options);
  if (status !== 0) throw new Error(`landfall ${args.join(" ")}\n${stderr}`);
  return stdout;
}

const file = path(`simulated_n${flags.samples}x${width}.gctx`);
const sizes = ["--samples", flags.samples, "--landmarks", flags.landmarks, "--targets", flags.targets];
if (!existsSync(file)) landfall("simulate", "-o", flags.dir, ...sizes, "--studies", "60", "--seed", "1");
const data = path("dataset");
landfall("prepare", "--input", file, "-o", data, "--split", "random", "--clip", "8");

const net = [`hidden=[${flags.hidden}]`, `optimisation.epochs=${flags.epochs}`].flatMap((one) => ["--set", one]);
const recipes = { ols: [], ridge: [], "dgex-small": net };
for (const [recipe, settings] of Object.entries(recipes)) {
  const run = path(`run-${recipe}`);
  rmSync(run, { recursive: true, force: true });
  landfall("train", `recipes/${recipe}.json`, "--data", data, "-o", run, "--force", ...settings);
  landfall("export", run, "-o", path(`model-${recipe}`), "--force");
}
const models = Object.keys(recipes).map((recipe) => path(`model-${recipe}`));
// The paper's LR.
const base = "model-ols";
const evaluated = landfall(
  "evaluate",
  ...models,
  "--data",
  data,
  "-o",
  path("report"),
  "--no-stress",
  "--base",
  base,
  "--json",
);
const { all: scores, comparisons } = JSON.parse(evaluated);

console.log(`${flags.samples} profiles, ${flags.landmarks} landmarks, ${flags.targets} targets, test split, z units`);
console.log("| model | MAE ± SD over genes | against OLS | genes better than OLS |\n|---|---|---|---|");
for (const { model, mae } of scores) {
  const against = comparisons.find((one) => one.model === model && one.baseline === base);
  const change = against === undefined ? "" : `${(-100 * against.improvement).toFixed(1)} %`;
  const wins = against === undefined ? "" : `${(100 * against.winRate).toFixed(2)} %`;
  console.log(`| ${model} | ${mae.mean.toFixed(4)} ± ${mae.sd.toFixed(4)} | ${change} | ${wins} |`);
}
