import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluateCommand } from "../../cli/commands/evaluate.ts";
import { openDataset } from "../../data/node/dataset.ts";
import { prepareDataset } from "../../data/node/prepare.ts";
import { exportSource } from "../../export/source.ts";
import { openSession } from "../../runtime/node/open.ts";
import { Evaluation, LinearRecipe } from "../../schemas/index.ts";
import { train } from "../../train/train.ts";
import { log2Like, prepareOptions, writeSmallCohort } from "../data/dataset/small-cohort.ts";
import { runCommand } from "./run-command.ts";

let root: string;
const at = (name: string): string => join(root, name);

/** A ridge model of a fixed λ (so that it is not the baseline itself), trained and exported. */
async function makeModel(data: string, out: string): Promise<void> {
  const recipe = LinearRecipe.parse({ schemaVersion: 1, name: out, family: "linear", lambda: 0.1 });
  await using dataset = await openDataset(at(data));
  await train({
    recipe,
    dataset,
    open: openSession,
    device: "cpu",
    out: at(`run-${out}`),
    onProgress: () => undefined,
  });
  await exportSource(at(`run-${out}`), { out: at(out), open: openSession });
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "landfall-evaluate-cli-"));
  await writeSmallCohort(at("in.gctx"), { samples: 60, genes: 8, value: log2Like });
  await prepareDataset(prepareOptions(at("in.gctx"), at("dataset")));
  await prepareDataset({
    ...prepareOptions(at("in.gctx"), at("other")),
    split: { kind: "random", fractions: [0.6, 0.2, 0.2], seed: 7 },
  });
  await makeModel("dataset", "here");
  await makeModel("other", "there");
});
afterAll(() => rm(root, { recursive: true }));

/** Runs `landfall evaluate …` in this process; returns what it printed. */
async function evaluate(...args: readonly string[]): Promise<string> {
  return (await runCommand([evaluateCommand], ["evaluate", ...args, "-o", at("report")])).printed.join("\n");
}

test("scores a model beside mean and ridge, with landmarks missing, and writes three files", async () => {
  const printed = await evaluate(at("here"), "--data", at("dataset"));
  expect(await readdir(at("report"))).toEqual(["metrics.json", "per_gene.tsv", "report.html"]);
  const evaluation = Evaluation.parse(JSON.parse(await readFile(join(at("report"), "metrics.json"), "utf8")));
  expect(evaluation.all.map(({ model }) => model)).toEqual(["here", "mean", "ridge"]);
  expect(evaluation.base).toBe("ridge");
  expect(evaluation.stress?.shares).toEqual([0, 0.01, 0.05, 0.1, 0.25]);
  // Imputed by conditional means in ridge and in the exported model alike: both lose, neither breaks.
  for (const { mae } of evaluation.stress?.mae ?? []) expect(mae.every(Number.isFinite)).toBe(true);
  expect(printed).toMatch(/landmarks missing +0 %/);
  expect(printed).toMatch(/here against ridge/);
});

test("--no-stress hides nothing; --base names what others are held against", async () => {
  const printed = await evaluate(at("here"), "--data", at("dataset"), "--no-stress", "--base", "mean", "--json");
  const evaluation = Evaluation.parse(JSON.parse(printed));
  expect(evaluation.stress).toBeUndefined();
  expect(evaluation.base).toBe("mean");
  const unknown = evaluate(at("here"), "--data", at("dataset"), "--base", "nobody");
  await expect(unknown).rejects.toMatchObject({ tag: "usage" });
});

test("--against pairs models of one recipe, each on the split it was trained on", async () => {
  const models = [at("here"), at("there")];
  const printed = await evaluate(...models, "--data", at("dataset"), "--against", at("other"), "--json");
  const { against, all } = Evaluation.parse(JSON.parse(printed));
  expect(all.map(({ model }) => model)).toEqual(["here", "mean", "ridge"]);
  const pairs = against?.gaps.map(({ model, other }) => `${model}/${other}`);
  expect(pairs).toEqual(["here/there", "mean/mean", "ridge/ridge"]);
  expect(against?.otherSplit).toBe("random");
});

test("--against with one model gives the baselines' gap and says why the model has none", async () => {
  const printed = await evaluate(at("here"), "--data", at("dataset"), "--against", at("other"), "--json");
  const { against, notes } = Evaluation.parse(JSON.parse(printed));
  expect(against?.gaps.map(({ model }) => model)).toEqual(["mean", "ridge"]);
  expect(notes.at(-1)).toMatch(/^here: no gap to/);
});
