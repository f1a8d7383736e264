import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRecipe } from "../../cli/recipe.ts";
import { mapQuantiles } from "../../data/harmonise/quantile.ts";
import { openDataset } from "../../data/node/dataset.ts";
import { type PrepareOptions, prepareDataset } from "../../data/node/prepare.ts";
import { exportRun } from "../../export/expression.ts";
import { loadModelFolder } from "../../infer/node/load-model.ts";
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
