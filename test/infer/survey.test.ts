import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ExpressionSource } from "../../data/source.ts";
import { memorySource } from "../../infer/memory-source.ts";
import { loadModelFolder } from "../../infer/node/load-model.ts";
import type { InferChoices, Predictor } from "../../infer/predictor.ts";
import { type Survey, surveyInput } from "../../infer/survey.ts";
import type { MatrixFormat } from "../../schemas/index.ts";
import { makeProfiles } from "./support/profiles.ts";
import { makeSmallModel } from "./support/small-model.ts";

let folder: string;
let model: Predictor;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-survey-"));
  const { dir } = await makeSmallModel(folder);
  model = await loadModelFolder(dir, { device: "cpu" });
});
afterAll(async () => {
  await model[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const samples = 3000;

/** Profiles of which some are on another scale, as a file of this format; it tells which rows were read. */
function counting(format: MatrixFormat, linear: (row: number) => boolean) {
  const { values, ...axes } = makeProfiles({ samples });
  const width = axes.genes.ids.length;
  const source = memorySource({
    ...axes,
    values: values.map((x, i) => (linear(Math.floor(i / width)) ? 2 ** x : x)),
    label: `in.${format}`,
  });
  const read: number[] = [];
  const counted: ExpressionSource = {
    ...source,
    format,
    async *blocks(range) {
      for await (const block of source.blocks(range)) {
        for (let row = 0; row < block.rows; row += 1) read.push(block.start + row);
        yield block;
      }
    },
  };
  return { source: counted, read };
}

function survey(source: ExpressionSource, options: InferChoices = {}): Promise<Survey> {
  const plan = model.prepareInput(source.genes, { label: source.label, options });
  return surveyInput(source, plan, { manifest: model.manifest, genes: model.genes });
}

describe("the survey of an input", () => {
  it("reads 512 profiles of a GCTX, evenly spread from the first to the last", async () => {
    const { source, read } = counting("gctx", () => false);
    const { verdict, warnings } = await survey(source);
    expect([verdict.ok, warnings]).toEqual([true, []]);
    expect(read).toHaveLength(512);
    expect([read[0], read.at(-1)]).toEqual([0, samples - 1]);
    expect(Math.max(...read.map((row, i) => row - (read[i - 1] ?? row)))).toBeLessThan(samples / 16);
  });
  it.each(["tsv", "gctx"] as const)("notices another scale wherever most of it lies (%s)", async (format) => {
    const { source } = counting(format, (row) => row > 1000);
    await expect(survey(source)).rejects.toMatchObject({ tag: "scale-mismatch" });
  });
  it("comes to the same verdict for a text file, of which it reads every row once", async () => {
    const { source, read } = counting("tsv", (row) => row % 3 === 0);
    const { source: same } = counting("gctx", (row) => row % 3 === 0);
    const options = { allowScaleMismatch: true };
    expect((await survey(source, options)).warnings.map((text) => text.slice(8))).toEqual(
      (await survey(same, options)).warnings.map((text) => text.slice(9)),
    );
    expect(read).toEqual(Array.from({ length: samples }, (_, row) => row));
  });
  it("takes a cohort's moments from every row, in one reading", async () => {
    const { source, read } = counting("gctx", () => false);
    const { cohort } = await survey(source, { harmonise: "cohort" });
    expect(read).toHaveLength(samples);
    const { values, genes } = makeProfiles({ samples });
    let sum = 0;
    for (let row = 0; row < samples; row += 1) sum += values[row * genes.ids.length + 4] ?? 0;
    expect(cohort?.inputMean[4]).toBeCloseTo(sum / samples, 10);
  });
  it("warns of landmarks that have too few values for moments of their own", async () => {
    const { values, ...axes } = makeProfiles({ samples: 100 });
    for (let row = 10; row < 100; row += 1) values[row * axes.genes.ids.length + 3] = Number.NaN;
    const source = memorySource({ ...axes, values, label: "in.gctx" });
    const { warnings, cohort } = await survey(source, { harmonise: "cohort" });
    expect(warnings.join()).toMatch(/^1 landmarks have too few values/);
    expect(cohort?.sparse).toEqual([3]);
  });
});
