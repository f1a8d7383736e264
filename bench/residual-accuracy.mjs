// By how much does recipes/residual.json predict targets better than ridge, with donors and with whole projects held out?
// RNAseqDB, 942 landmarks to the 8,850 D-GEX targets that are no landmarks, fractions .7, .15, .15, z units clipped at 8.
// MAE on test rows; intervals by resampling donors or projects. `chowdary`: the same of models of RNAseqDB on another
// platform (HG-U133A tumours), both standardised by their own moments, tumours resampled.
//   node bench/residual-accuracy.mjs [seeds = 4] [donor,project,chowdary] [recipe = residual, or dgex]
// After npm run build; data in LANDFALL_DATA.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readRecipe } from "../dist/cli/recipe.js";
import { openDataset } from "../dist/data/node/dataset.js";
import { openExpression } from "../dist/data/node/open.js";
import { Random } from "../dist/data/random.js";
import { openSession } from "../dist/runtime/node/open.js";
import { fitFamily } from "../dist/train/family-of.js";
import { secondMoments } from "../dist/train/second-moments.js";
import { trainingData } from "../dist/train/standardised.js";

const data = process.env.LANDFALL_DATA ?? "../shared/data";
const seeds = Number(process.argv[2] ?? 4);
const wanted = (process.argv[3] ?? "donor,project,chowdary").split(",");
const contender = process.argv[4] ?? "residual";
const source = join(data, "rnaseqdb/rnaseqdb_dev_n910x18154.gctx");
const folder = await mkdtemp(join(tmpdir(), "landfall-residual-"));
const context = { onProgress: () => undefined };
const resamples = 2000;
const lists = { landmarks: join(folder, "landmarks.grp"), targets: join(folder, "targets.grp") };

/** Writes the ids of D-GEX's landmarks, and of the genes that it infers and that are no landmarks. */
async function writeLists() {
  const file = await openExpression(source);
  const { ids, fields } = file.genes;
  await file[Symbol.asyncDispose]();
  const flag = (name, row) => fields.get(name)?.[row] === 1;
  const write = (path, chosen) => writeFile(path, `${ids.filter((_, row) => chosen(row)).join("\n")}\n`);
  await write(lists.landmarks, (row) => flag("dgex_landmark", row));
  await write(lists.targets, (row) => flag("dgex_target", row) && !flag("dgex_landmark", row));
}

/** Makes a dataset with `landfall prepare`. */
async function prepare(out, inputs, more) {
  const genes = ["--landmarks", lists.landmarks, "--targets", lists.targets];
  const args = ["bin/landfall.js", "prepare", "-i", ...inputs, "-o", out, ...genes, "--clip", "8", ...more];
  await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 26 });
}

async function fitted(name, dataset) {
  const rows = trainingData(dataset, undefined);
  const moments = await secondMoments(rows, openSession, context);
  const recipe = await readRecipe(`recipes/${name}.json`, []);
  const startMs = performance.now();
  const model = await fitFamily(recipe, {
    data: rows,
    moments,
    open: openSession,
    device: "cpu",
    dataset: dataset.directory,
    context,
  });
  return { model, seconds: (performance.now() - startMs) / 1000 };
}

/** Σ|error| of every test row, and of every target. */
async function testErrors(model, dataset) {
  const width = dataset.targets.length;
  const [byRow, byTarget] = [[], new Float64Array(width)];
  for await (const { landmarks, targets, rows } of trainingData(dataset, undefined).blocks("test")) {
    const predicted = await model.predictZ(landmarks, rows);
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let t = 0; t < width; t++) {
        const error = Math.abs(predicted[row * width + t] - targets[row * width + t]);
        sum += error;
        byTarget[t] += error;
      }
      byRow.push(sum / width);
    }
  }
  return { byRow, byTarget };
}

const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** 95 % interval of the gain over ridge, groups resampled. */
function interval(rows, ridgeRows, groups) {
  const members = new Map();
  for (const [row, group] of groups.entries()) members.set(group, [...(members.get(group) ?? []), row]);
  const rowsOfGroup = [...members.values()];
  const random = new Random(1);
  const gains = Array.from({ length: resamples }, () => {
    const drawn = rowsOfGroup.flatMap(() => rowsOfGroup[random.integer(rowsOfGroup.length)]);
    return 100 * (1 - meanOf(drawn.map((row) => rows[row])) / meanOf(drawn.map((row) => ridgeRows[row])));
  }).toSorted((a, b) => a - b);
  return [gains[Math.floor(0.025 * resamples)], gains[Math.ceil(0.975 * resamples) - 1]];
}

async function compare(directory, groupOf) {
  const dataset = await openDataset(directory);
  const results = {};
  for (const name of ["ridge", contender]) {
    const { model, seconds } = await fitted(name, dataset);
    results[name] = { ...(await testErrors(model, dataset)), seconds, selected: model.selected };
    await model[Symbol.asyncDispose]();
  }
  const { ridge, [contender]: rival } = results;
  const groups = [...dataset.rowsOf("test")].map(groupOf(dataset));
  const [low, high] = interval(rival.byRow, ridge.byRow, groups);
  const report = {
    counts: ["train", "validation", "test"].map((split) => dataset.sampleCount(split)).join("/"),
    ridge: meanOf(ridge.byRow),
    rival: meanOf(rival.byRow),
    gain: 100 * (1 - meanOf(rival.byRow) / meanOf(ridge.byRow)),
    wins: 100 * meanOf([...rival.byTarget].map((error, t) => (error < ridge.byTarget[t] ? 1 : 0))),
    interval: `${low.toFixed(2)} to ${high.toFixed(2)}`,
    seconds: rival.seconds,
    selected: Object.entries(rival.selected).map(([name, value]) => `${name} ${value}`),
  };
  await dataset[Symbol.asyncDispose]();
  return report;
}

const print = (cells) => console.log(`| ${cells.join(" | ")} |`);
const row = (name, { counts, ridge, rival, gain, wins, interval: range, seconds }) =>
  print([
    name,
    counts,
    ridge.toFixed(4),
    rival.toFixed(4),
    gain.toFixed(2),
    range,
    wins.toFixed(1),
    seconds.toFixed(0),
  ]);

/** Mean and population sd of a figure. */
function spread(results, name) {
  const values = results.map((result) => result[name]);
  const mean = meanOf(values);
  return `${mean.toFixed(2)} ± ${Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2))).toFixed(2)}`;
}

const chosen = [];

/** Splits by donors or projects. */
async function heldOut(field) {
  const results = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const out = join(folder, `${field}-${seed}`);
    const split = ["--split", `group:${field}`, "--fractions", ".7,.15,.15", "--seed", String(seed)];
    await prepare(out, [`rnaseqdb=${source}`], split);
    const result = await compare(
      out,
      ({ groupOf }) =>
        (sample) =>
          groupOf[sample],
    );
    row(`${field} ${seed}`, result);
    chosen.push(`${field} ${seed}: ${result.selected.join(", ")}`);
    results.push(result);
    await rm(out, { recursive: true, force: true });
  }
  print([`${field}, mean ± SD`, "", "", "", spread(results, "gain"), "", spread(results, "wins"), ""]);
}

/** Whole projects choose, microarrays are predicted. */
async function otherPlatform() {
  const out = join(folder, "chowdary");
  const inputs = [`rnaseqdb=${source}`, `chowdary=${join(data, "hgu133a/chowdary_104x22283.tsv.gz")}`];
  const genes = ["--gene-map", join(data, "l1000/gene-lists/HG_U133A.chip"), "--duplicates", "mean"];
  const values = ["--log2", "--log2-cohorts", "chowdary", "--standardise", "cohort"];
  const split = ["--assign", "chowdary=test", "--split", "group:project", "--fractions", ".85,.15,0", "--seed", "1"];
  await prepare(out, inputs, [...genes, ...values, ...split]);
  const result = await compare(out, () => (sample) => sample);
  row("HG-U133A", result);
  chosen.push(`HG-U133A: ${result.selected.join(", ")}`);
}

try {
  await writeLists();
  print(["held out", "profiles", "ridge MAE", `${contender} MAE`, "gain %", "95 %", "genes won %", "seconds"]);
  print(["---", "---", "---:", "---:", "---:", "---", "---:", "---:"]);
  for (const field of wanted) await (field === "chowdary" ? otherPlatform() : heldOut(field));
  console.log(`\nchosen on validation\n${chosen.join("\n")}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
