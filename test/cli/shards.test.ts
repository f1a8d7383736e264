import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { inferCommand } from "../../cli/commands/infer.ts";
import { shardsCommand } from "../../cli/commands/shards.ts";
import { type AppError, ShardPlan } from "../../schemas/index.ts";
import { makeProfiles, writeProfiles } from "../infer/support/profiles.ts";
import { makeSmallModel } from "../infer/support/small-model.ts";

let root: string;
let model: string;
let folder: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "landfall-shards-cli-"));
  model = (await makeSmallModel(root)).dir;
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(root, "test-"));
  await writeProfiles(at("in.gctx"), makeProfiles({ samples: 40 }));
});
const at = (name: string): string => join(folder, name);

/** Runs `landfall …` in this process. */
async function landfall(...args: readonly string[]): Promise<{ printed: string; noted: string }> {
  const printed: string[] = [];
  const noted: string[] = [];
  const program = new Command("landfall").exitOverride();
  const context = {
    signal: new AbortController().signal,
    onProgress: () => undefined,
    print: (text: string) => void printed.push(text),
    note: (text: string) => void noted.push(text),
  };
  // Before the commands are added: they inherit it.
  program.configureOutput({ writeErr: () => undefined });
  for (const register of [inferCommand, shardsCommand]) register(program, context);
  await program.parseAsync(["node", "landfall", ...args]);
  return { printed: printed.join("\n"), noted: noted.join("\n") };
}
const plan = (...more: readonly string[]) => {
  const grid = ["--device", "cpu", "--batch-size", "8", "--shard-rows", "10"];
  return landfall("shards", "plan", model, at("in.gctx"), "-o", at("out.gctx"), ...grid, ...more);
};
const failure = (work: Promise<unknown>): Promise<AppError> =>
  work.then(
    () => Promise.reject(new Error("it should have failed")),
    (error: AppError) => error,
  );

describe("landfall shards", () => {
  it("plans, runs, shows and merges the inference that infer then finds done", async () => {
    const run = at("out.gctx.shards");
    expect((await plan()).noted).toContain(`run     ${run} (planned)\nshards  3, 0 to 2, of 16 profiles (3.6 kB)\n`);
    expect((await plan()).noted).toContain("(already planned)");
    expect((await landfall("shards", "run", run, "--index", "1", "--threads", "1")).noted).toBe("1 shard committed");
    expect((await landfall("shards", "status", run)).printed).toBe(
      `output    ${at("out.gctx")} (not merged yet)\nshards    1 of 3 committed, 3.6 kB\nprofiles  16 of 40 (40.0 %)\nmissing   0,2`,
    );
    expect((await landfall("shards", "status", run, "--array")).printed).toBe("0,2");
    expect((await landfall("shards", "status", run, "--list")).printed).toBe("0\n2");
    expect(JSON.parse((await landfall("shards", "status", run, "--json")).printed)).toMatchObject({ missing: "0,2" });
    const early = await failure(landfall("shards", "merge", run));
    expect([early.tag, early.exitCode]).toEqual(["try-again", 75]);
    expect((await landfall("shards", "run", run)).noted).toBe("2 shards committed, 1 committed by others");
    expect((await landfall("shards", "status", run, "--list")).printed).toBe("");
    const merged = await landfall("shards", "merge", run, "--clean", "--json");
    expect(merged.noted).toContain(`merged: ${at("out.gctx")} (40 profiles, 55 genes)`);
    expect(JSON.parse(merged.printed)).toMatchObject({ status: "merged", computed: 40 });
    const infer = ["infer", model, at("in.gctx"), "-o", at("out.gctx"), "--device", "cpu", "--batch-size", "8"];
    expect((await landfall(...infer)).noted).toContain("already done");
    expect(await readdir(folder)).toEqual(["in.gctx", "out.gctx", "out.gctx.run.json"]);
  });
  it("does so for Zarr, whose shards are the output already, at their stored size", async () => {
    const run = at("out.zarr.shards");
    const small = ["--storage", "float16", "--samples", "meta:plate=plate 1"];
    const grid = ["--device", "cpu", "--batch-size", "8", "--shard-rows", "8", ...small];
    const planned = await landfall("shards", "plan", model, at("in.gctx"), "-o", at("out.zarr"), ...grid);
    expect(planned.noted).toContain("shards  2, 0 to 1, of 8 profiles (944 B)\n");
    await landfall("shards", "run", run, "--threads", "1");
    expect(await readdir(at("out.zarr.partial/matrix/c"))).toEqual(["0", "1"]);
    expect((await landfall("shards", "merge", run, "--clean")).noted).toContain(
      `merged: ${at("out.zarr")} (10 profiles`,
    );
    expect(await readdir(folder)).toEqual(["in.gctx", "out.zarr", "out.zarr.run.json"]);
    expect(JSON.parse(await readFile(at("out.zarr/zarr.json"), "utf8")).attributes).toMatchObject({
      lf_storage: "float16",
      lf_samples: "meta:plate=plate 1",
    });
  });
  it.each(["tsv", "npy"])(
    "names the tables beside %s, which has no place for what is known of genes",
    async (format) => {
      const output = at(`out.${format}`);
      const run = `${output}.shards`;
      const grid = ["--device", "cpu", "--batch-size", "8", "--shard-rows", "24"];
      await landfall("shards", "plan", model, at("in.gctx"), "-o", output, ...grid);
      await landfall("shards", "run", run, "--threads", "1");
      const tables = [`${output}.genes.tsv`, `${output}.samples.tsv`];
      const merged = await landfall("shards", "merge", run, "--clean", "--json");
      expect(merged.noted).toContain(`merged: ${output} (40 profiles, 55 genes); tables: ${tables.join(", ")}`);
      expect(JSON.parse(merged.printed)).toMatchObject({ output, tables });
      const names = [format, `${format}.genes.tsv`, `${format}.run.json`, `${format}.samples.tsv`];
      expect(await readdir(folder)).toEqual(expect.arrayContaining(names.map((name) => `out.${name}`)));
    },
  );
  it("takes the options of infer into the plan, and the folder of the run where it is told", async () => {
    const { printed } = await plan("--scale", "z", "--harmonise", "quantile", "--run", at("here"), "--json");
    const { status, folder: told, ...rest } = JSON.parse(printed);
    expect([status, told]).toEqual(["planned", at("here")]);
    expect(ShardPlan.parse(rest)).toEqual(JSON.parse(await readFile(at("here/plan.json"), "utf8")));
    expect(rest.infer.options).toMatchObject({ scale: "z", harmonise: "quantile" });
  });
  it("refuses shards that the run does not have", async () => {
    await plan();
    const error = await failure(landfall("shards", "run", at("out.gctx.shards"), "--index", "2-3"));
    expect([error.tag, error.exitCode]).toEqual(["usage", 64]);
  });
  it.each([
    ["submit", "--engine", "pbs"],
    ["submit", "--throttle", "0"],
    ["submit", "--rounds", "-1"],
    ["run", "--threads", "two"],
  ])("refuses %s %s %s as a usage error", async (command, flag, value) => {
    await expect(landfall("shards", command, at("run"), flag, value)).rejects.toMatchObject({
      code: "commander.invalidArgument",
    });
  });
});
