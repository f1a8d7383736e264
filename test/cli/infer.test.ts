import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { inferCommand } from "../../cli/commands/infer.ts";
import { publishVersion } from "../../registry/publish.ts";
import { type AppError, InferRun } from "../../schemas/index.ts";
import { readWithHdf5 } from "../data/write/matrix.ts";
import { makeProfiles, withoutGenes, writeProfiles } from "../infer/support/profiles.ts";
import { makeSmallModel } from "../infer/support/small-model.ts";

let root: string;
let models: string;
let folder: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "landfall-infer-cli-"));
  models = join(root, "models");
  const { dir } = await makeSmallModel(root);
  await publishVersion({ from: dir, models, name: "small", who: "test" });
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(root, "test-"));
  await writeProfiles(at("in.gctx"), withoutGenes(makeProfiles({ samples: 20 }), ["LMK5"]));
});
const at = (name: string): string => join(folder, name);

/** Runs `landfall infer …` in this process. */
async function infer(...args: readonly string[]): Promise<{ printed: string; noted: string }> {
  const printed: string[] = [];
  const noted: string[] = [];
  const program = new Command("landfall").exitOverride();
  inferCommand(program, {
    signal: new AbortController().signal,
    onProgress: () => undefined,
    print: (text) => printed.push(text),
    note: (text) => noted.push(text),
  });
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined });
  await program.parseAsync(["node", "landfall", "infer", ...args, "--models", models, "--device", "cpu"]);
  return { printed: printed.join("\n"), noted: noted.join("\n") };
}
const failure = (...args: readonly string[]): Promise<AppError> =>
  infer(...args).then(
    () => Promise.reject(new Error("it should have failed")),
    (error: AppError) => error,
  );

describe("landfall infer", () => {
  it("writes the output with its record and ends with a summary on stderr", async () => {
    const { printed, noted } = await infer("small", at("in.gctx"), "-o", at("out.gctx"));
    expect(printed).toBe("");
    expect(noted).toContain(`output     ${at("out.gctx")}: 20 profiles, 55 genes\n`);
    expect(noted).toMatch(/^model {6}small 1 \([0-9a-f]{12}\)$/m);
    expect(noted).toContain("landmarks  23 of 24 found (23 by id)\nimputed    1: LMK5\nharmonised none\n");
    expect(noted).toMatch(/^outside {4}\d+ profiles \(\d+\.\d %\)$/m);
    expect(noted).toMatch(/^computed {3}20 profiles in .* on cpu$/m);
    const { attributes } = await readWithHdf5(at("out.gctx"));
    expect(attributes).toMatchObject({ lf_model: "small", lf_version: "1" });
    expect(await readdir(folder)).toEqual(["in.gctx", "out.gctx", "out.gctx.run.json"]);
  });
  it("says already done the second time, and prints the record as JSON", async () => {
    await infer("small:1", at("in.gctx"), "-o", at("out.gctx"));
    const { printed, noted } = await infer("small", at("in.gctx"), "-o", at("out.gctx"), "--json");
    expect(noted).toContain(`already done: ${at("out.gctx")} (20 profiles)`);
    const { status, output, ...record } = JSON.parse(printed);
    expect([status, output]).toEqual(["already done", at("out.gctx")]);
    expect(InferRun.parse(record)).toEqual(JSON.parse(await readFile(at("out.gctx.run.json"), "utf8")));
  });
  it("takes every choice into the plan", async () => {
    const choices = ["--harmonise", "quantile", "--scale", "z", "--duplicates", "max", "--max-missing", "0.5"];
    const more = ["--allow-scale-mismatch", "--batch-size", "3", "--threads", "1", "--format", "tsv"];
    const { printed } = await infer("small", at("in.gctx"), "-o", at("out.txt"), ...choices, ...more, "--json");
    expect(JSON.parse(printed).plan).toMatchObject({
      blockRows: 3,
      options: {
        harmonise: "quantile",
        scale: "z",
        duplicates: "max",
        maxMissing: 0.5,
        allowScaleMismatch: true,
        format: "tsv",
      },
    });
    expect((await readFile(at("out.txt"), "utf8")).split("\n")).toHaveLength(22);
  });
  it("names the tables of a format without a place for genes' fields, and summarises it", async () => {
    const { printed, noted } = await infer("small", at("in.gctx"), "-o", at("out.csv"), "--summary", "--json");
    const tables = [at("out.csv.genes.tsv"), at("out.csv.samples.tsv")];
    expect(noted).toContain(`tables     ${tables.join(", ")}\n`);
    expect(JSON.parse(printed).tables).toEqual(tables);
    expect(await readdir(folder)).toEqual([
      "in.gctx",
      "out.csv",
      "out.csv.genes.tsv",
      "out.csv.run.json",
      "out.csv.samples.tsv",
      "out.csv.summary.html",
    ]);
    const npy = await failure("small", at("in.gctx"), "-o", at("out.npy"), "--summary");
    expect([npy.tag, npy.message]).toEqual(["usage", expect.stringContaining("written only")]);
  });
  it("takes newer gene names from an HGNC file", async () => {
    const header = "symbol\talias_symbol\tprev_symbol\tentrez_id\tensembl_gene_id\n";
    await writeFile(at("hgnc.txt"), `${header}NEWLMK5\t\tOTHER1\t1005\t\n`);
    const { noted } = await infer("small", at("in.gctx"), "-o", at("out.gctx"), "--hgnc", at("hgnc.txt"));
    expect(noted).toContain("warning: 1 landmarks were found under other names: LMK5 as OTHER1");
    expect(noted).toContain("24 of 24 found (23 by id, 1 by previous)");
    expect((await failure("small", at("in.gctx"), "-o", at("out.gctx"))).tag).toBe("other-plan");
  });
  it("names what exists when there is no such model", async () => {
    const error = await failure("smal", at("in.gctx"), "-o", at("out.gctx"));
    expect([error.tag, error.exitCode]).toEqual(["unknown-model", 66]);
    expect(error.message).toContain("small");
    expect(await readdir(folder)).toEqual(["in.gctx"]);
  });
  it("refuses an output of another plan with exit code 73", async () => {
    await infer("small", at("in.gctx"), "-o", at("out.gctx"));
    const error = await failure("small", at("in.gctx"), "-o", at("out.gctx"), "--scale", "z");
    expect([error.tag, error.exitCode]).toEqual(["other-plan", 73]);
    await infer("small", at("in.gctx"), "-o", at("out.gctx"), "--scale", "z", "--force");
    expect((await readWithHdf5(at("out.gctx"))).attributes["lf_scale"]).toBe("zscore");
  });
  it.each([
    ["--max-missing", "2"],
    ["--batch-size", "0"],
    ["--harmonise", "magic"],
    ["--threads", "two"],
  ])("refuses %s %s as a usage error", async (flag, value) => {
    const error = await failure("small", at("in.gctx"), "-o", at("out.gctx"), flag, value);
    expect(error).toMatchObject({ code: "commander.invalidArgument" });
  });
  it("makes one output of several plates, and refuses samples that two of them have", async () => {
    await copyFile(at("in.gctx"), at("two.gctx"));
    const error = await failure("small", at("in.gctx"), at("two.gctx"), "-o", at("out.gctx"));
    expect([error.tag, error.exitCode]).toEqual(["bad-data", 65]);
    expect(error.message).toMatch(/20 sample ids occur in more than one input: S0 in in\.gctx and two\.gctx/);
    const other = makeProfiles({ samples: 5 });
    const ids = other.samples.ids.map((id) => `B${id}`);
    await writeProfiles(at("two.gctx"), { ...other, samples: { ids, fields: new Map() } });
    const { noted } = await infer("small", at("*.gctx"), "-o", at("joined.out"), "--format", "gctx");
    expect(noted).toContain(`output     ${at("joined.out")}: 25 profiles, 55 genes\n`);
    expect(noted).toContain("warning: in.gctx lacks 1 landmarks that other inputs have (LMK5)");
  });
  it("infers chosen samples and chosen genes", async () => {
    await writeFile(at("samples.grp"), "S3\nS1\nNONE\n");
    await writeFile(at("genes.grp"), "tgt7\n2003\nLMK2\nNOGENE\n");
    const chosen = ["--samples", at("samples.grp"), "--genes", at("genes.grp")];
    const { noted } = await infer("small", at("in.gctx"), "-o", at("out.gctx"), ...chosen);
    expect(noted).toContain("warning: 1 samples of samples.grp are in no input: NONE");
    expect(noted).toContain("warning: 1 genes of genes.grp are not in the model: NOGENE");
    const { row, col } = await readWithHdf5(at("out.gctx"));
    expect(col["id"]).toEqual(["S1", "S3"]);
    expect(row["id"]?.slice(24)).toEqual(["TGT3", "TGT7"]);
    const again = await infer("small", at("in.gctx"), "-o", at("out.gctx"), ...chosen);
    expect(again.noted).toContain("already done");
    const error = await failure("small", at("in.gctx"), "-o", at("out.gctx"), "--genes", at("genes.grp"));
    expect(error.tag).toBe("other-plan");
  });
  it("refuses a published model whose bytes changed", async () => {
    const genes = join(models, "small", "1", "genes.tsv");
    const text = await readFile(genes, "utf8");
    await writeFile(genes, text.replace("LMK3", "LMK9"));
    const error = await failure("small", at("in.gctx"), "-o", at("out.gctx"));
    await writeFile(genes, text);
    expect([error.tag, error.exitCode]).toEqual(["bad-model", 65]);
    expect(error.message).toMatch(/bytes changed: genes.tsv has another sha256/);
  });
});
