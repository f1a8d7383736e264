import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openExpression } from "../../../data/node/open.ts";
import { type PrepareOptions, prepareDataset } from "../../../data/node/prepare.ts";
import { openSession } from "../../../runtime/node/open.ts";
import type { OpenSession } from "../../../runtime/session.ts";
import { log2Like, prepareOptions, writeSmallCohort } from "./small-cohort.ts";

let folder: string;
let input: string;
let out: string;
let opened: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-duplicates-"));
  input = join(folder, "in.gctx");
  out = join(folder, "dataset");
  opened = 0;
  // Samples 5 and 12 are sample 2 again, nearly.
  await writeSmallCohort(input, {
    samples: 20,
    genes: 6,
    value: (sample, gene) => log2Like(sample === 5 || sample === 12 ? 2 : sample, gene) + sample / 1e4,
  });
});
afterEach(() => rm(folder, { recursive: true }));

const counted: OpenSession = (...args) => {
  opened += 1;
  return openSession(...args);
};
const dedupe = { method: "exact", distance: 0.5, clusters: 100, seed: 0 } as const;
const prepare = (changed: Partial<PrepareOptions> = {}) =>
  prepareDataset({ ...prepareOptions(input, out), dedupe, ...changed }, { openSession: counted });
const stepOf = ({ dataset }: Awaited<ReturnType<typeof prepare>>) =>
  dataset.steps.find(({ kind }) => kind === "dedupe");

describe("samples that a cohort holds twice", () => {
  it("are left out before the split, and listed", async () => {
    const report = await prepare();
    expect(stepOf(report)).toMatchObject({ method: "exact", distance: 0.5, seed: 0, removed: { main: 2 } });
    expect(report.dataset.samples).toBe(18);
    expect(report.dataset.sources[0]?.samples).toBe(20);
    await using source = await openExpression(join(out, "expression.gctx"));
    const expected = Array.from({ length: 20 }, (_, i) => `s${i}`).filter((id) => id !== "s5" && id !== "s12");
    expect(source.samples.ids).toEqual(expected);
    expect(source.samples.fields.get("study")?.[5]).toBe("ST0");
    const lines = (await readFile(join(out, "dropped.tsv"), "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => line.split("\t").slice(0, 3))).toEqual([
      ["cohort", "sample", "duplicate_of"],
      ["main", "s5", "s2"],
      ["main", "s12", "s2"],
    ]);
  });
  it("are not sought again for the same files and options", async () => {
    await prepare();
    expect(opened).toBeGreaterThan(0);
    opened = 0;
    expect((await prepare()).status).toBe("already-done");
    // Another split of the same samples needs no second search either.
    const other = await prepare({ split: { kind: "random", fractions: [0.5, 0.2, 0.3], seed: 5 }, force: true });
    expect([other.status, other.dataset.samples, opened]).toEqual(["prepared", 18, 0]);
  });
  it("are sought again where the list is damaged, the options differ, or the file does", async () => {
    await prepare();
    await writeFile(join(out, "dropped.tsv"), "cohort\tsample\tduplicate_of\tdistance\n");
    opened = 0;
    await expect(prepare()).rejects.toThrow(/dropped.tsv is damaged/);
    expect(opened).toBeGreaterThan(0);
    const wider = await prepare({ dedupe: { ...dedupe, distance: 1e3 }, force: true }).catch((error: Error) => error);
    expect(wider).toMatchObject({ tag: "usage", message: expect.stringMatching(/too few samples to split/) });
    opened = 0;
    await writeSmallCohort(input, { samples: 20, genes: 6 });
    expect(stepOf(await prepare({ force: true }))).toMatchObject({ removed: { main: 0 } });
    expect(opened).toBeGreaterThan(0);
  });
  it("are found in a small cohort by clusters, however many were asked for", async () => {
    // Samples 60 to 64 are samples 0 to 4 again, nearly.
    await writeSmallCohort(input, {
      samples: 65,
      genes: 6,
      value: (sample, gene) => log2Like(sample % 60, gene) + (sample >= 60 ? 0.01 : 0) + (sample % 60),
    });
    const kmeans = { method: "kmeans", distance: 0.5, seed: 0 } as const;
    const report = await prepare({ dedupe: kmeans });
    expect(stepOf(report)).toMatchObject({ used: { main: 1 }, removed: { main: 5 } });
    expect(stepOf(report)).not.toHaveProperty("clusters");
    expect(report.warnings.join()).not.toContain("clusters");
    const asked = await prepare({ dedupe: { ...kmeans, clusters: 100 }, force: true });
    expect(stepOf(asked)).toMatchObject({ clusters: 100, used: { main: 1 }, removed: { main: 5 } });
    const warning =
      "duplicates of main were sought in 1 cluster instead of 100: 65 samples give fewer than 10 a cluster, where next to none are compared";
    expect(asked.warnings).toContain(warning);
    expect((await prepare({ dedupe: { ...kmeans, clusters: 100 } })).warnings).toContain(warning);
    const few = await prepare({ dedupe: { ...kmeans, clusters: 2 }, force: true });
    expect(stepOf(few)).toMatchObject({ clusters: 2, used: { main: 2 } });
    expect(few.warnings.join()).not.toContain("clusters");
  });
  it("are found where values are missing that are to be filled, and refused with a way out where not", async () => {
    const value = (sample: number, gene: number): number =>
      sample === 9 && gene === 3 ? Number.NaN : log2Like(sample === 5 ? 2 : sample, gene) + sample / 1e4;
    await writeSmallCohort(input, { samples: 20, genes: 6, value });
    await expect(prepare()).rejects.toThrow(
      /sample s9, gene GENE3: no value.*--missing mean fills in the cohort's mean/,
    );
    const report = await prepare({ missing: "mean" });
    expect(stepOf(report)).toMatchObject({ missing: "mean", removed: { main: 1 } });
    expect(report.dataset.samples).toBe(19);
    expect(report.dataset.steps.at(-1)).toEqual({ kind: "impute-mean", cells: 1 });
  });
  it("are compared after the logarithm", async () => {
    const linear = (sample: number, gene: number): number => 2 ** log2Like(sample, gene) + 0.5;
    // Two per cent are 0.03 in log2, and tens of units at the top of the linear scale.
    await writeSmallCohort(input, {
      samples: 20,
      genes: 6,
      value: (sample, gene) => linear(sample === 5 ? 2 : sample, gene) * (sample === 5 ? 1.02 : 1),
    });
    expect(stepOf(await prepare({ log2: 0 }))).toMatchObject({ removed: { main: 1 } });
    expect(stepOf(await prepare({ scale: "linear", force: true }))).toMatchObject({ removed: { main: 0 } });
  });
});
