import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRecipe } from "../../cli/recipe.ts";
import { mapQuantiles } from "../../data/harmonise/quantile.ts";
import { openDataset } from "../../data/node/dataset.ts";
import { writeGctx } from "../../data/node/gctx-writer.ts";
import { openExpression } from "../../data/node/open.ts";
import { type PrepareOptions, prepareDataset } from "../../data/node/prepare.ts";
import { exportRun } from "../../export/expression.ts";
import type { TargetChoice } from "../../infer/chosen-targets.ts";
import { inferFile } from "../../infer/node/batch.ts";
import { loadModelFolder } from "../../infer/node/load-model.ts";
import type { Predicted } from "../../infer/predict.ts";
import type { Predictor } from "../../infer/predictor.ts";
import { openSession } from "../../runtime/node/open.ts";
import type { ExpressionDataset } from "../../schemas/index.ts";
import { train } from "../../train/train.ts";
import { type Trio, type TrioCohort, writeTrio } from "./dgex-trio.ts";

let folder: string;
let trio: Trio;
let dataset: ExpressionDataset;
let model: Predictor;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-frozen-"));
  trio = await writeTrio(folder);
  const [data, run, version] = ["data", "run", "version"].map((name) => join(folder, name)) as [string, string, string];
  const options: PrepareOptions = {
    inputs: [
      { cohort: "geo", path: trio.geo.path },
      { cohort: "kg", path: trio.kg.path },
    ],
    landmarks: { kind: "map", path: trio.landmarkMap },
    targets: { kind: "map", path: trio.targetMap },
    split: { kind: "random", fractions: [1, 0, 0], seed: 1, assigned: { kg: "validation" } },
    quantile: {},
    standardise: "train",
    missing: "refuse",
    duplicates: "error",
    name: "small",
    force: false,
    out: data,
  };
  dataset = (await prepareDataset(options)).dataset;
  await using open = await openDataset(data);
  const recipe = await readRecipe("recipes/ridge.json", []);
  await train({
    recipe,
    dataset: open,
    open: openSession,
    out: run,
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
  await exportRun({ run, out: version, open: openSession });
  model = await loadModelFolder(version, { device: "cpu" });
});
afterAll(async () => {
  await model[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const input = (cohort: TrioCohort, samples: readonly number[]) => ({
  genes: cohort.columns,
  values: samples.map((sample) => cohort.values[sample] ?? []),
});
const harmonise = "quantile" as const;

/** What the model gives for a cohort's rows of the dataset, which are normalised already. */
async function fromDataset(cohort: string): Promise<{ values: Float32Array; ood: Float32Array }> {
  await using open = await openDataset(join(folder, "data"));
  const rows: number[] = [];
  for await (const block of open.blocks({ split: "validation", cohort, units: "native" }))
    rows.push(...block.landmarks);
  const genes = model.genes.slice(0, 12).map(({ id }) => id);
  // What is noise has another scale than any other noise.
  const options = { allowScaleMismatch: true };
  const predicted = await model.predict({ genes, values: Float32Array.from(rows), options });
  return { values: targetsOf(predicted), ood: predicted.ood };
}

/** The values of inferred genes, behind 12 landmarks. */
function targetsOf({ values, genes: { ids } }: Predicted): Float32Array {
  return values.filter((_, cell) => cell % ids.length >= 12);
}

/** The inferred values and the attributes of an output. */
async function readOutput(path: string): Promise<{ targets: number[]; attributes: Readonly<Record<string, string>> }> {
  await using source = await openExpression(path);
  const targets: number[] = [];
  const genes = source.genes.ids.length;
  for await (const { values } of source.blocks()) targets.push(...values.filter((_, cell) => cell % genes >= 12));
  return { targets, attributes: source.attributes ?? {} };
}

/** A file of a cohort's landmarks alone, as an L1000 plate has them. */
async function landmarksFile(cohort: TrioCohort): Promise<string> {
  const path = join(folder, "kg-landmarks.gctx");
  const ids = model.genes.slice(0, 12).map(({ ensembl }) => ensembl);
  const columns = ids.map((id) => cohort.columns.indexOf(id));
  await writeGctx(path, {
    genes: { ids, fields: new Map() },
    samples: { ids: cohort.samples.map((id) => `${id}-landmarks`), fields: new Map() },
    attributes: {},
    blocks: [
      {
        start: 0,
        rows: cohort.samples.length,
        values: Float32Array.from(cohort.values.flatMap((profile) => columns.map((at) => profile[at] ?? Number.NaN))),
      },
    ],
  });
  return path;
}

describe("a model of quantile-normalised profiles", () => {
  it("carries the frozen reference, its rules and moments from the dataset to the manifest", () => {
    const reference = dataset.steps.find((step) => step.kind === "quantile")?.reference;
    const { inputProfile, transform } = model.manifest;
    expect(reference?.values).toHaveLength(32);
    expect(inputProfile.joint).toEqual(reference);
    const [moments] = dataset.standardisation.moments;
    expect([...transform.landmarks.mean, ...transform.targets.mean]).toEqual(moments?.mean);
    expect([...transform.landmarks.sd, ...transform.targets.sd]).toEqual(moments?.sd);
  });
  it("refuses profiles of another scale and names the harmonisation that it was trained with", async () => {
    await expect(model.predict(input(trio.gtex, [0, 1, 2]))).rejects.toThrow(
      /looks like linear.*Choose --harmonise quantile: the model was trained on quantile-normalised profiles/,
    );
  });
  it("gives one RNA-seq profile alone what it gives it among others, bit for bit", async () => {
    const samples = [4, 0, 11, 7];
    const together = await model.predict({ ...input(trio.gtex, samples), options: { harmonise } });
    const width = together.genes.ids.length;
    for (const [row, sample] of samples.entries()) {
      const alone = await model.predict({ ...input(trio.gtex, [sample]), options: { harmonise } });
      expect([...alone.values]).toEqual([...together.values.subarray(row * width, (row + 1) * width)]);
    }
  });
  it("maps raw profiles that have all genes as `prepare` mapped them: the same inputs, the same results", async () => {
    const samples = trio.kg.samples.map((_, sample) => sample);
    const raw = await model.predict({ ...input(trio.kg, samples), options: { harmonise } });
    const prepared = await fromDataset("kg");
    const targets = model.genes.length - 12;
    expect(prepared.values).toHaveLength(samples.length * targets);
    expect([...targetsOf(raw)]).toEqual([...prepared.values]);
    expect([...raw.ood]).toEqual([...prepared.ood]);
    expect(raw.warnings.join()).not.toContain("their own ranks");
    // Landmarks are passed on as measured.
    expect(raw.values[0]).toBeCloseTo(trio.kg.values[0]?.[trio.kg.columns.indexOf(raw.genes.ids[0] ?? "")] ?? -1, 5);
  });
  it("gives a batch file, alone or beside one of landmarks only, the same, and its output tells how it was mapped", async () => {
    const landmarks = await landmarksFile(trio.kg);
    const outputs = ["alone", "beside", "landmarks"].map((name) => join(folder, `${name}.gctx`));
    const [alone = "", beside = "", only = ""] = outputs;
    const inferred = async (output: string, ...inputs: readonly string[]) => {
      const { run } = await inferFile({ model, inputs, output, options: { harmonise } });
      const { targets, attributes } = await readOutput(output);
      return { run, targets, ranks: attributes["lf_quantile_ranks"] };
    };
    const raw = await inferred(alone, trio.kg.path);
    const both = await inferred(beside, trio.kg.path, landmarks);
    const few = await inferred(only, landmarks);
    expect([raw.ranks, both.ranks, few.ranks]).toEqual(["dense", "mixed", undefined]);
    expect([raw, both, few].map(({ run }) => run.plan.quantileRanks)).toEqual(["dense", "mixed", undefined]);
    expect(raw.targets).toEqual([...(await fromDataset("kg")).values]);
    expect(both.targets).toEqual([...raw.targets, ...few.targets]);
    expect(few.targets).not.toEqual(raw.targets);
    expect(raw.run.warnings.join()).not.toContain("their own ranks");
    for (const { run } of [both, few])
      expect(run.warnings.join("\n")).toMatch(
        /kg-landmarks.gctx: landmarks are mapped by their own ranks, not as in training, where profiles were ranked over 32 genes, of which the input lacks 17 \(ENSG/,
      );
  });
  it("ranks profiles over all genes of the model where only some targets are inferred", async () => {
    const whole = await model.predict({ ...input(trio.kg, [0]), options: { harmonise } });
    const last = model.genes.at(-1)?.id ?? "";
    const targets: TargetChoice = { by: "list", label: "list", genes: [last] };
    await using some = await loadModelFolder(join(folder, "version"), { device: "cpu", targets });
    const one = await some.predict({ ...input(trio.kg, [0]), options: { harmonise } });
    expect(one.values.at(-1)).toBe(whole.values.at(-1));
    expect(one.warnings).toEqual(whole.warnings);
  });
  it("refuses an infinite value among the genes that are ranked", async () => {
    const [profile = []] = input(trio.kg, [0]).values;
    const at = trio.kg.columns.indexOf(trio.genes[20]?.ensembl ?? "");
    const values = [profile.with(at, Number.NEGATIVE_INFINITY)];
    await expect(model.predict({ genes: trio.kg.columns, values, options: { harmonise } })).rejects.toThrow(
      /mapped by rank has an infinite value.*profile 1, gene ENSG/,
    );
  });
  it("maps a profile's landmarks by rank onto the training landmarks' mean profile, and tells when nobody does", async () => {
    const columns = model.genes.slice(0, 12).map(({ ensembl }) => trio.kg.columns.indexOf(ensembl));
    const raw = Float32Array.from(columns, (column) => trio.kg.values[3]?.[column] ?? Number.NaN);
    const genes = model.genes.slice(0, 12).map(({ id }) => id);
    const byModel = await model.predict({ genes, values: raw, options: { harmonise } });
    const mapped = mapQuantiles(raw, model.manifest.inputProfile.reference);
    const byHand = await model.predict({ genes, values: mapped, options: { allowScaleMismatch: true } });
    // Landmarks are passed on as measured; targets agree.
    expect([...byModel.values.subarray(12)]).toEqual([...byHand.values.subarray(12)]);
    expect(byHand.warnings).toContain(
      "input: the model was trained on quantile-normalised profiles; unless these are normalised alike, choose --harmonise quantile",
    );
    expect(byModel.warnings.join()).not.toContain("quantile-normalised");
  });
});
