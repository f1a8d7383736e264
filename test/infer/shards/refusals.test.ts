import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { shardsStatus } from "../../../infer/node/shards/status.ts";
import { failure } from "../support/batch-fixture.ts";
import { makeProfiles, writeProfiles } from "../support/profiles.ts";
import { ShardsFixture } from "./support/shards-fixture.ts";

const f = new ShardsFixture();

describe("a plan", () => {
  it("refuses what a run by one process refuses, and makes nothing", async () => {
    const profiles = f.profiles();
    await writeProfiles(f.input, { ...profiles, values: profiles.values.map((value) => value * 1000) });
    expect((await failure(f.plan())).tag).toBe("scale-mismatch");
    expect((await failure(f.plan({ inputs: [f.path("absent.gctx")] }))).tag).toBe("no-input");
    await writeFile(f.output, "something else");
    expect((await failure(f.plan({ options: { allowScaleMismatch: true } }))).tag).toBe("other-plan");
    expect(await readdir(f.folder)).not.toContain("run");
  });
  it("made again is the same run, wherever its output goes now", async () => {
    await f.plan();
    await f.shards([0, 2]);
    const { status, plan } = await f.plan({ output: f.path("elsewhere.gctx") });
    expect([status, plan.paths.output]).toEqual(["already planned", f.path("elsewhere.gctx")]);
    expect((await shardsStatus(f.run)).missing).toEqual([1, 3]);
    await f.shards();
    await f.merge();
    expect((await readFile(f.path("elsewhere.gctx"))).equals(f.reference)).toBe(true);
  });
  it("of another inference replaces a run only when forced; its shards then do not count", async () => {
    await f.plan();
    await f.shards([0]);
    const marker = await readFile(f.inRun("done", "0.json"), "utf8");
    const other = { options: { scale: "z" } } as const;
    const error = await failure(f.plan(other));
    expect([error.tag, error.fault.where]).toEqual(["other-plan", f.run]);
    expect((await failure(f.plan({ shardRows: 8 }))).tag).toBe("other-plan");
    expect((await shardsStatus(f.run)).missing).toEqual([1, 2, 3]);
    await f.plan({ ...other, force: true });
    // A process of the old run is still at work.
    await writeFile(f.inRun("done", "0.json"), marker);
    expect((await shardsStatus(f.run)).missing).toEqual([0, 1, 2, 3]);
    await f.infer({ output: f.path("z.gctx"), ...other });
    await f.shards();
    await f.merge();
    expect((await f.merged()).equals(await readFile(f.path("z.gctx")))).toBe(true);
  });
});

describe("a shard", () => {
  it("is not computed from another input than was planned, and says so", async () => {
    await f.plan();
    await writeProfiles(f.input, makeProfiles({ samples: 50, seed: 41 }));
    const error = await failure(f.shards());
    expect([error.tag, error.exitCode]).toEqual(["other-plan", 73]);
    expect(error.fault.examples).toHaveLength(1);
    expect(error.message).toContain("inputs: planned");
  });
  it("is not computed by another model than was planned", async () => {
    await f.plan();
    const genes = join(f.small.dir, "genes.tsv");
    const aside = `${genes}.aside`;
    await rename(genes, aside);
    const error = await failure(f.shards());
    await rename(aside, genes);
    expect([error.tag, error.exitCode]).toEqual(["bad-model", 65]);
  });
  it("needs the run's files as they were planned", async () => {
    await f.plan();
    const job = await readFile(f.inRun("job.json"), "utf8");
    await writeFile(f.inRun("job.json"), job.replace('"warnings":[', '"warnings":["x"'));
    const error = await failure(f.shards());
    expect([error.tag, error.fault.where]).toEqual(["bad-data", f.inRun("job.json")]);
    await writeFile(f.inRun("job.json"), job);
    await rm(f.inRun("header.bin"));
    await f.shards();
    const missing = await failure(f.merge());
    expect([missing.tag, missing.fault.where]).toEqual(["bad-data", f.inRun("header.bin")]);
    await f.plan();
    await f.merge();
    expect((await f.merged()).equals(f.reference)).toBe(true);
  });
  it("that is committed costs neither model nor input", async () => {
    await f.plan();
    await f.shards([2]);
    await rm(f.input);
    expect(await f.shards([2])).toEqual({ committed: [], already: [2] });
    expect((await failure(f.shards([1]))).tag).toBe("no-input");
  });
});

describe("a merge", () => {
  it("is to be tried again while shards are missing, and makes nothing", async () => {
    await f.plan();
    await f.shards([0, 3]);
    const error = await failure(f.merge());
    expect([error.tag, error.exitCode, error.fault.got]).toEqual(["try-again", 75, "1-2"]);
    expect((await f.files()).filter((name) => name.startsWith("out"))).toEqual([]);
  });
  it("finds every damaged byte, merges what is sound, and has the rest computed again", async () => {
    await f.plan();
    await f.shards();
    for (const shard of [1, 2]) {
      const name = (await readdir(f.inRun("shards"))).find((file) => file.startsWith(`${shard}.`)) ?? "";
      const data = await readFile(f.inRun("shards", name));
      data[shard === 1 ? 0 : data.length - 1] = (data[shard === 1 ? 0 : data.length - 1] ?? 0) ^ 1;
      await writeFile(f.inRun("shards", name), data);
    }
    const error = await failure(f.merge());
    expect([error.tag, error.exitCode, error.fault.got]).toEqual(["try-again", 75, expect.stringMatching(/ 1-2$/)]);
    expect((await shardsStatus(f.run)).missing).toEqual([1, 2]);
    await f.shards();
    // Shards 0 and 3 are in the output already: their data is not looked at any more.
    const phases: number[] = [];
    await f.merge({ onProgress: ({ done }) => void phases.push(done) });
    expect(phases).toEqual([16, 32, 48, 50]);
    expect((await f.merged()).equals(f.reference)).toBe(true);
  });
  it("does not replace the output of another plan unless forced", async () => {
    await f.plan();
    await f.shards();
    await f.infer({ options: { scale: "z" } });
    expect((await failure(f.merge())).tag).toBe("other-plan");
    await f.merge({ force: true });
    expect((await f.merged()).equals(f.reference)).toBe(true);
  });
});
