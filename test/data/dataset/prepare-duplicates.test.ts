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
