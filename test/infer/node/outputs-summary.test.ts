import { readFile, rm, writeFile } from "node:fs/promises";
import { beforeEach, expect, it } from "vitest";
import { htmlInference } from "../../../evaluate/inference-page.ts";
import { requireSummarised, summarise } from "../../../infer/node/summary.ts";
import { projectProfiles } from "../../../infer/project-profiles.ts";
import { principalComponents } from "../../../runtime/algebra/pca.ts";
import { InferenceSummary } from "../../../schemas/index.ts";
import { BatchFixture, failure, samples } from "../support/batch-fixture.ts";
import { writeProfiles } from "../support/profiles.ts";

const f = new BatchFixture();
beforeEach(async () => writeProfiles(f.input, f.profiles()));

async function summaryOf(name: string, group?: string) {
  const output = f.path(name);
  const { run } = await f.infer({ output });
  return await summarise({ model: f.model, inputs: [f.input], output, run, group });
}

it("summarises every profile's score, what is missing, and the profiles before and after by group", async () => {
  const summary = await summaryOf("out.zarr", "plate");
  expect(InferenceSummary.parse(summary)).toEqual(summary);
  expect(summary).toMatchObject({ output: "out.zarr", profiles: samples, lacking: [[0, samples]] });
  expect(summary.ood.scores).toHaveLength(samples);
  expect(summary.landmarks.missing).toEqual([]);
  expect(summary.sampled.groups?.slice(8, 12)).toEqual(["plate 0", "plate 0", "plate 1", "plate 1"]);
  expect(summary.sampled.input.points).toHaveLength(samples);
  const page = htmlInference(summary);
  expect(page).toContain("plate 4");
  expect(page).toBe(htmlInference(summary));
  expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)|NaN/);
});

it("is the same of every format that keeps the scores", async () => {
  const { output: _zarr, ...zarr } = await summaryOf("out.zarr");
  for (const name of ["out.gctx", "out.arrow", "out.gct", "out.tsv", "out.csv.gz"]) {
    const { output, ...summary } = await summaryOf(name);
    expect(output).toBe(name);
    expect(summary).toEqual(zarr);
  }
});

it("refuses npy, which is not read, and a table of samples that is not the output's", async () => {
  expect(() => requireSummarised("csv")).not.toThrow();
  const refusal = { tag: "usage", message: expect.stringContaining("npy is written only") };
  expect(() => requireSummarised("npy")).toThrow(expect.objectContaining(refusal));
  const output = f.path("out.tsv");
  const { run } = await f.infer({ output });
  const table = await readFile(`${output}.samples.tsv`, "utf8");
  await writeFile(`${output}.samples.tsv`, table.replace("\nS3\t", "\nS333\t"));
  const summary = () => summarise({ model: f.model, inputs: [f.input], output, run });
  expect((await failure(summary())).message).toContain("other samples than the output");
  await rm(`${output}.samples.tsv`);
  expect((await failure(summary())).tag).toBe("no-input");
});

it("refuses a group field that is not there, naming those that are", async () => {
  const error = await failure(summaryOf("out.gctx", "batch"));
  expect([error.tag, error.message]).toEqual(["usage", expect.stringContaining("plate")]);
});

it("projects profiles as the covariance of their genes does, missing values at the mean (oracle: primal PCA)", () => {
  const [profiles, genes] = [7, 3];
  const values = Float32Array.from({ length: profiles * genes }, (_, i) => Math.sin(i * i) * (1 + (i % 3)));
  values[4] = Number.NaN;
  const centred = Float64Array.from(values);
  for (let gene = 0; gene < genes; gene++) {
    const known = Array.from(values).filter((value, i) => i % genes === gene && !Number.isNaN(value));
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    for (let i = gene; i < centred.length; i += genes)
      centred[i] = Number.isNaN(values[i]) ? 0 : (values[i] ?? 0) - mean;
  }
  const covariance = new Float64Array(genes * genes);
  for (let i = 0; i < centred.length; i++) {
    const row = i - (i % genes);
    for (let b = 0; b < genes; b++)
      covariance[(i % genes) * genes + b] =
        (covariance[(i % genes) * genes + b] ?? 0) + (centred[i] ?? 0) * (centred[row + b] ?? 0);
  }
  const { components, variances, totalVariance } = principalComponents(covariance, genes, 2);
  const { points, shares } = projectProfiles(values, profiles);
  for (const c of [0, 1] as const) {
    expect(shares[c]).toBeCloseTo((variances[c] ?? 0) / totalVariance, 5);
    const expected = points.map((_, p) =>
      [0, 1, 2].reduce((sum, g) => sum + (centred[p * genes + g] ?? 0) * (components[c * genes + g] ?? 0), 0),
    );
    // A component's sign is free.
    const sign = Math.sign((expected[0] ?? 0) * (points[0]?.[c] ?? 0));
    for (const [p, point] of points.entries()) expect(sign * point[c]).toBeCloseTo(expected[p] ?? Number.NaN, 4);
  }
});

it("of a single profile is a point in the middle", () => {
  expect(projectProfiles(Float32Array.of(1, 2), 1)).toEqual({ points: [[0, 0]], shares: [0, 0] });
});
