import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { prepareCommand } from "../../cli/commands/prepare.ts";
import { openDataset } from "../../data/node/dataset.ts";
import { log2Like, writeSmallCohort } from "../data/dataset/small-cohort.ts";
import { runCommand } from "./run-command.ts";

let folder: string;
let input: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-prepare-cli-"));
  input = join(folder, "in.gctx");
  out = join(folder, "my-dataset");
  await writeSmallCohort(input, { samples: 20, genes: 6 });
});
afterEach(() => rm(folder, { recursive: true }));

/** The cohort's first gene is landmark and target. */
const flattered = "1 of 4 targets are landmarks too, which flatters scores over all targets: GENE0";

/** Runs `landfall prepare …` in this process. */
async function prepare(...args: readonly string[]): Promise<{ printed: string; notes: string[] }> {
  const { printed, notes } = await runCommand([prepareCommand], ["prepare", ...args]);
  return { printed: printed.join("\n"), notes };
}

describe("landfall prepare", () => {
  it("prints a summary, and says already done the second time", async () => {
    const { printed, notes } = await prepare("-i", input, "-o", out, "--split", "group:study");
    expect(notes).toEqual([`warning: ${flattered}`]);
    expect(printed).toBe(
      [
        "prepared",
        `  dataset    my-dataset (${out})`,
        "  samples    20: 6 train, 7 validation, 7 test",
        "  split      group, seed 0",
        "  groups     by study: 1 train, 1 validation, 1 test",
        "  genes      6 (symbol ids)",
        "  landmarks  3",
        "  targets    4, of which 1 are landmarks too",
        "  scale      log2",
        "  steps      none",
        "  z scores   fitted on train, not clipped",
        "  warnings   1",
      ].join("\n"),
    );
    const second = await prepare("-i", input, "-o", out, "--split", "group:study");
    expect(second.printed).toMatch(/^already done/);
  });
  it("prints the same facts as JSON", async () => {
    const { printed, notes } = await prepare(
      "-i",
      `in=${input}`,
      "-o",
      out,
      "--json",
      "--standardise",
      "all",
      "--clip",
    );
    expect(JSON.parse(printed)).toMatchObject({
      status: "prepared",
      name: "my-dataset",
      samples: 20,
      genes: 6,
      landmarks: 3,
      targets: 4,
      overlap: 1,
      counts: { train: 16, validation: 2, test: 2 },
      scale: "log2",
      steps: [],
      split: { kind: "random", fractions: [0.8, 0.1, 0.1], seed: 0 },
      standardisation: { fittedOn: "all", clip: 8 },
    });
    const leak = "standardised on all rows: moments have seen test rows";
    expect(JSON.parse(printed).warnings).toEqual([flattered, leak]);
    expect(notes).toEqual([`warning: ${flattered}`, `warning: ${leak}`]);
  });
  it("passes every option on", async () => {
    const second = join(folder, "second.gctx");
    for (const [path, prefix] of [
      [input, "s"],
      [second, "t"],
    ] as const)
      await writeSmallCohort(path, {
        samples: 20,
        genes: 6,
        prefix,
        value: (s, g) => 2 ** log2Like(s, g) - 0.5,
      });
    const landmarks = join(folder, "landmarks.grp");
    await writeFile(landmarks, "sym0\nGENE1\nNOBODY\n");
    const where = ["-i", `a=${input}`, `b=${second}`, "-o", out, "--name", "both"];
    const genes = ["--landmarks", landmarks, "--targets", "meta:lf_target=1"];
    const rows = ["--split", "kfold:4:study", "--test-fold", "3", "--seed", "9"];
    await expect(prepare(...where, ...genes, ...rows)).rejects.toThrow(/too few groups in study/);
    const split = ["--split", "kfold:4", "--test-fold", "3", "--seed", "9"];
    const values = ["--log2", "1", "--clip", "5", "--standardise", "cohort", "--scale", "log2", "--missing", "mean"];
    const { notes } = await prepare(...where, ...genes, ...split, ...values, "--duplicates", "max");
    expect(notes).toContain("warning: landmarks.grp: 1 of 3 entries not found: NOBODY");
    await using open = await openDataset(out);
    expect(open.landmarks.map(({ id }) => id)).toEqual(["GENE0", "GENE1"]);
    expect(open.dataset).toMatchObject({
      name: "both",
      samples: 40,
      scale: "log2",
      steps: [{ kind: "log2", offset: 1 }],
      sources: [{ cohort: "a" }, { cohort: "b" }],
      split: { kind: "kfold", folds: 4, testFold: 3, seed: 9 },
      standardisation: { fittedOn: "cohort", clip: 5 },
      counts: { train: 20, validation: 10, test: 10 },
    });
  });
  it.each([
    ["no input", ["-o", "x"]],
    ["no output", ["-i", "x"]],
    ["fractions that are no numbers", ["-i", "x", "-o", "y", "--fractions", "a,b,c"]],
    ["two fractions", ["-i", "x", "-o", "y", "--fractions", "0.5,0.5"]],
    ["a seed that is no integer", ["-i", "x", "-o", "y", "--seed", "1.5"]],
    ["a clip of 0", ["-i", "x", "-o", "y", "--clip", "0"]],
    ["a negative offset", ["-i", "x", "-o", "y", "--log2", "-1"]],
    ["an unknown choice", ["-i", "x", "-o", "y", "--standardise", "test"]],
    ["a way of seeking duplicates that is none", ["-i", "x", "-o", "y", "--dedupe", "fuzzy"]],
    ["no clusters", ["-i", "x", "-o", "y", "--dedupe-clusters", "0"]],
  ])("refuses %s before it reads anything", async (_, args) => {
    await expect(prepare(...args)).rejects.toMatchObject({ name: "CommanderError", exitCode: 1 });
  });
  it.each([
    ["fractions that do not add up", ["--fractions", "0.5,0.1,0.1"], /fractions/],
    ["an unknown split", ["--split", "halves"], /not a split/],
    ["an empty selection", ["--landmarks", "meta:"], /not a selection/],
    ["a map without a file", ["--landmarks", "map:"], /not a selection/],
    ["an assignment that is none", ["--assign", "in=all"], /not an assignment of a cohort.*in=all/],
    ["an assignment of an unknown cohort", ["--assign", "gtex=test"], /cohorts that are not there.*got gtex/],
    ["an assignment that leaves nothing to train on", ["--assign", "in=test"], /no sample is left to train on/],
    ["a quantile reference that is not there", ["--quantile", "geo"], /--quantile names cohorts that are not there/],
    ["rank rules that are none", ["--quantile", "--quantile-ranks", "in=min"], /not a rank rule/],
    ["a distance of duplicates that nobody seeks", ["--dedupe-distance", "2"], /--dedupe-distance without --dedupe/],
    ["clusters that nobody looks into", ["--dedupe-clusters", "3"], /--dedupe-clusters without --dedupe/],
    [
      "clusters for all pairs",
      ["--dedupe", "exact", "--dedupe-clusters", "3"],
      /--dedupe-clusters with --dedupe exact/,
    ],
    ["rank rules without quantiles", ["--quantile-ranks", "in=dense"], /without --quantile/],
    ["logarithms of an unknown cohort", ["--log2", "--log2-cohorts", "geo"], /--log2-cohorts names cohorts/],
    ["cohorts of no logarithm", ["--log2-cohorts", "in"], /--log2-cohorts without --log2/],
    ["targets that are landmarks, every one", ["--targets", "meta:lf_landmark"], /every target is a landmark too/],
    ["two inputs of one name", ["-i", "dir/in.tsv.gz"], /same cohort name: in\./],
  ])("refuses %s as a usage error", async (_, args, message) => {
    const work = prepare("-i", input, "-o", out, ...args);
    await expect(work).rejects.toMatchObject({ tag: "usage" });
    await expect(work).rejects.toThrow(message);
  });
  it("names a gene map that is not there", async () => {
    const work = prepare("-i", input, "-o", out, "--gene-map", "no/such.chip");
    await expect(work).rejects.toMatchObject({ tag: "no-input" });
    await expect(work).rejects.toThrow("no/such.chip: the gene map cannot be read");
  });
});
