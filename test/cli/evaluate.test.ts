import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluateCommand } from "../../cli/commands/evaluate.ts";
import { openDataset } from "../../data/node/dataset.ts";
import { prepareDataset } from "../../data/node/prepare.ts";
import { exportSource } from "../../export/source.ts";
import { openSession } from "../../runtime/node/open.ts";
import { Evaluation, Recipe, TrainingRun } from "../../schemas/index.ts";
import { train } from "../../train/train.ts";
import { log2Like, prepareOptions, writeSmallCohort } from "../data/dataset/small-cohort.ts";
import { runCommand } from "./run-command.ts";

let root: string;
const at = (name: string): string => join(root, name);

/** A ridge model, trained and exported; of a fixed λ, so that it is not the baseline itself, unless told. */
async function makeModel(data: string, out: string, fields: object = { lambda: 0.1 }): Promise<void> {
  const recipe = Recipe.parse({ schemaVersion: 1, name: out, family: "linear", ...fields });
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
  await makeModel("dataset", "knn-ge", { family: "knn" });
});
afterAll(() => rm(root, { recursive: true }));

/** Runs `landfall evaluate …` in this process; returns what it printed. */
async function evaluate(...args: readonly string[]): Promise<string> {
  return (await runCommand([evaluateCommand], ["evaluate", ...args, "-o", at("report"), "--force"])).printed.join("\n");
}

test("scores a model beside mean, KNN-GE and ridge, with landmarks missing, and writes three files", async () => {
  const printed = await evaluate(at("here"), "--data", at("dataset"));
  expect(await readdir(at("report"))).toEqual(["metrics.json", "per_gene.tsv", "report.html"]);
  const evaluation = Evaluation.parse(JSON.parse(await readFile(join(at("report"), "metrics.json"), "utf8")));
  expect(evaluation.all.map(({ model }) => model)).toEqual(["here", "mean", "knn-ge", "ridge"]);
  expect(evaluation.base).toBe("ridge");
  expect(evaluation.notes).toContainEqual(
    expect.stringMatching(/fitted on this dataset: knn-ge \(k = \d+\), ridge \(λ = /),
  );
  expect(evaluation.notes).toContainEqual(expect.stringMatching(/^LASSO is no baseline here: .* --lasso adds it$/));
  expect(evaluation.stress?.shares).toEqual([0, 0.01, 0.05, 0.1, 0.25]);
  // Imputed by conditional means in ridge and in the exported model alike: both lose, neither breaks.
  for (const { mae } of evaluation.stress?.mae ?? []) expect(mae.every(Number.isFinite)).toBe(true);
  expect(printed).toMatch(/landmarks missing +0 %/);
  expect(printed).toMatch(/here against ridge/);
});

test("landmarks are hidden from 2,000 samples at most, with --stress from all", async () => {
  await writeSmallCohort(at("many.gctx"), { samples: 2600, genes: 8, value: log2Like });
  await prepareDataset({
    ...prepareOptions(at("many.gctx"), at("many")),
    split: { kind: "random", fractions: [0.2, 0, 0.8], seed: 7 },
  });
  const stressed = async (...args: readonly string[]) => {
    const printed = await evaluate(at("here"), "--data", at("many"), "--json", ...args);
    const { stress, notes } = Evaluation.parse(JSON.parse(printed));
    return { samples: stress?.samples, notes: notes.filter((note) => note.startsWith("Landmarks were hidden")) };
  };
  const note = "Landmarks were hidden from 2000 evenly spaced samples of 2080.";
  expect(await stressed()).toEqual({ samples: 2000, notes: [note] });
  expect(await stressed("--stress")).toEqual({ samples: 2080, notes: [] });
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
  expect(all.map(({ model }) => model)).toEqual(["here", "mean", "knn-ge", "ridge"]);
  const pairs = against?.gaps.map(({ model, other }) => `${model}/${other}`);
  expect(pairs).toEqual(["here/there", "mean/mean", "knn-ge/knn-ge", "ridge/ridge"]);
  expect(against?.otherSplit).toBe("random");
});

test("--against with one model gives the baselines' gap and says why the model has none", async () => {
  const printed = await evaluate(at("here"), "--data", at("dataset"), "--against", at("other"), "--json");
  const { against, notes } = Evaluation.parse(JSON.parse(printed));
  expect(against?.gaps.map(({ model }) => model)).toEqual(["mean", "knn-ge", "ridge"]);
  expect(notes.at(-1)).toMatch(/^here: no gap to/);
});

test("ridge of its own λ or dataset is held against ridge like any model; ridge of no λ serves as the baseline", async () => {
  await makeModel("dataset", "listed", { lambda: [1e-9, 1e-8] });
  await makeModel("other", "elsewhere", {});
  await makeModel("dataset", "tuned", {});
  const rows = async (model: string) => {
    const printed = await evaluate(at("here"), at(model), "--data", at("dataset"), "--no-stress", "--json");
    const { all, notes } = Evaluation.parse(JSON.parse(printed));
    return { models: all.map(({ model: name }) => name), notes: notes.join() };
  };
  const listed = await rows("listed");
  expect(listed.models).toEqual(["here", "listed", "mean", "knn-ge", "ridge"]);
  expect(listed.notes).not.toMatch(/serves as the ridge baseline/);
  expect((await rows("elsewhere")).models).toEqual(["here", "elsewhere", "mean", "knn-ge", "ridge"]);
  const tuned = await rows("tuned");
  expect(tuned.models).toEqual(["here", "mean", "knn-ge", "tuned"]);
  expect(tuned.notes).toMatch(/tuned is ridge fitted on this dataset: it serves as the ridge baseline/);
});

test("a seed that is none is refused before anything is done, with or without stress", async () => {
  for (const seed of ["abc", "", "1.5"]) {
    const refused = evaluate("no-such-model", "--data", at("nowhere"), "--no-stress", "--seed", seed);
    await expect(refused).rejects.toMatchObject({ code: "commander.invalidArgument" });
  }
});

test("a report that is there already is replaced with --force only, before anything is computed", async () => {
  await evaluate(at("here"), "--data", at("dataset"), "--no-stress");
  const again = runCommand([evaluateCommand], ["evaluate", "no-such-model", "--data", at("x"), "-o", at("report")]);
  await expect(again).rejects.toMatchObject({
    tag: "other-plan",
    exitCode: 73,
    fault: { where: at("report"), examples: expect.arrayContaining([join(at("report"), "metrics.json")]) },
  });
});

test("scores of rows that chose λ or that were trained on say so", async () => {
  const notesOf = async (split: string): Promise<string> => {
    const args = [at("here"), "--data", at("dataset"), "--no-stress", "--split", split, "--json"];
    return Evaluation.parse(JSON.parse(await evaluate(...args))).notes.join("\n");
  };
  expect(await notesOf("validation")).toMatch(/^validation rows chose .* coverage are optimistic$/m);
  expect(await notesOf("train")).toMatch(/^train rows are those that .* optimistic$/m);
  expect(await notesOf("test")).not.toMatch(/rows (chose|are those)/);
});

/** The models and baselines of an evaluation of the test rows, and its notes. */
async function scoredWith(...args: readonly string[]): Promise<{ names: string[]; notes: string }> {
  const printed = await evaluate(...args, "--data", at("dataset"), "--no-stress", "--json");
  const { all, notes } = Evaluation.parse(JSON.parse(printed));
  return { names: all.map(({ model }) => model), notes: notes.join("\n") };
}

test("a model that is KNN-GE of this dataset serves as that baseline, but is in question where it is alone", async () => {
  const beside = await scoredWith(at("here"), at("knn-ge"));
  expect(beside.names).toEqual(["here", "mean", "knn-ge", "ridge"]);
  expect(beside.notes).toContain("knn-ge is KNN-GE fitted on this dataset: it serves as the KNN-GE baseline");
  expect(beside.notes).toMatch(/baselines fitted on this dataset: ridge \(/);
  const alone = await scoredWith(at("knn-ge"));
  expect(alone.names).toEqual(["knn-ge", "mean", "ridge"]);
  expect(alone.notes).not.toContain("serves as");
});

test("a fitted KNN-GE has the scores of the trained model", async () => {
  const maeOf = async (model: string) => {
    const printed = await evaluate(at(model), "--data", at("dataset"), "--no-stress", "--json");
    return Evaluation.parse(JSON.parse(printed)).all.find((one) => one.model === "knn-ge")?.mae.mean;
  };
  expect(await maeOf("here")).toBeCloseTo((await maeOf("knn-ge")) ?? 0, 5);
});

test("baselines are scored on the targets that the models know, each on its own", async () => {
  await writeFile(at("few.txt"), "GENE5\nGENE7\n");
  await prepareDataset({ ...prepareOptions(at("in.gctx"), at("few")), targets: { kind: "file", path: at("few.txt") } });
  await makeModel("few", "knows-few");
  const maesBy = async (model: string) => {
    await evaluate(at(model), "--data", at("dataset"), "--no-stress");
    const [header = [], ...rows] = (await readFile(join(at("report"), "per_gene.tsv"), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));
    const columns = ["gene", "knn-ge.mae", "ridge.mae"].map((name) => header.indexOf(name));
    return rows.map((cells) => columns.map((column) => cells[column]));
  };
  const all = await maesBy("here");
  expect(all).toHaveLength(5);
  const few = await maesBy("knows-few");
  expect(few.map(([gene]) => gene)).toEqual(["GENE5", "GENE7"]);
  expect(all).toEqual(expect.arrayContaining(few));
});

test("a model that has the name of a baseline but is another keeps it", async () => {
  const printed = await evaluate(at("knn-ge"), "--data", at("other"), "--no-stress", "--json");
  const { all } = Evaluation.parse(JSON.parse(printed));
  expect(all.map(({ model }) => model)).toEqual(["knn-ge", "mean", "knn-ge (baseline)", "ridge"]);
});

test("--lasso adds LASSO, its λ chosen on validation rows", async () => {
  const { names, notes } = await scoredWith(at("here"), "--lasso");
  expect(names).toEqual(["here", "mean", "knn-ge", "lasso", "ridge"]);
  expect(notes).toMatch(/knn-ge \(k = \d+\), lasso \(λ = [\d.]+\), ridge \(λ = [\d.]+\), chosen on validation rows/);
  expect(notes).not.toContain("--lasso adds it");
});

test("a fitted LASSO has the λ and the scores of the trained model, which serves as that baseline", async () => {
  await makeModel("dataset", "l1", { penalty: "l1" });
  const { selected } = TrainingRun.parse(JSON.parse(await readFile(join(at("run-l1"), "run.json"), "utf8")));
  const lasso = async (name: string, ...models: readonly string[]) => {
    const printed = await evaluate(...models, "--data", at("dataset"), "--no-stress", "--lasso", "--json");
    const { all, notes } = Evaluation.parse(JSON.parse(printed));
    return { mae: all.find(({ model }) => model === name)?.mae.mean ?? 0, notes: notes.join("\n") };
  };
  const fitted = await lasso("lasso", at("here"));
  const served = await lasso("l1", at("here"), at("l1"));
  expect(fitted.notes).toContain(`lasso (λ = ${selected["lambda"]}),`);
  expect(served.notes).toContain("l1 is LASSO fitted on this dataset: it serves as the LASSO baseline");
  expect(served.mae).toBeCloseTo(fitted.mae, 5);
  expect(served.notes).not.toContain("lasso (λ");
});

test("without validation rows the baselines take fixed values, and say so", async () => {
  await prepareDataset({
    ...prepareOptions(at("in.gctx"), at("unvalidated")),
    split: { kind: "random", fractions: [0.8, 0, 0.2], seed: 7 },
  });
  const printed = await evaluate(at("here"), "--data", at("unvalidated"), "--no-stress", "--lasso", "--json");
  const { notes } = Evaluation.parse(JSON.parse(printed));
  expect(notes.join("\n")).toMatch(/knn-ge \(k = \d+\), lasso \(λ = 0.01\), ridge \(λ = 1\), not chosen: there are no/);
});
