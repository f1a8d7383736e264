import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { shardsStatus } from "../../../infer/node/shards/status.ts";
import { InferRun, ShardManifest, ShardMarker } from "../../../schemas/index.ts";
import { failure } from "../support/batch-fixture.ts";
import { makeProfiles, writeProfiles } from "../support/profiles.ts";
import { ShardsFixture } from "./support/shards-fixture.ts";

const f = new ShardsFixture();

describe("a sharded run", () => {
  it("gives the bytes of a run by one process, in whatever order its shards are computed", async () => {
    const { status, plan } = await f.plan();
    expect([status, plan.shards, plan.shardRows]).toEqual(["planned", 4, 16]);
    expect(await f.shards([3])).toEqual({ committed: [3], already: [] });
    expect(await f.shards([1, 0])).toEqual({ committed: [1, 0], already: [] });
    expect(await f.shards()).toEqual({ committed: [2], already: [0, 1, 3] });
    expect((await f.merge()).status).toBe("merged");
    expect((await f.merged()).equals(f.reference)).toBe(true);
  });
  it.each(["quantile", "cohort"] as const)("does so with harmonise %s, whose pass is made once", async (harmonise) => {
    const options = { harmonise, scale: "z" } as const;
    await f.infer({ output: f.path("one.gctx"), options });
    await f.plan({ options });
    const phases = new Set<string>();
    await f.shards(undefined, { onProgress: ({ phase }) => void phases.add(phase) });
    expect(phases).toEqual(new Set(["shard 0", "shard 1", "shard 2", "shard 3"]));
    await f.merge();
    expect((await f.merged()).equals(await readFile(f.path("one.gctx")))).toBe(true);
  });
  it("does so in a text format, from a text format", async () => {
    const { genes, samples, values } = f.profiles();
    const line = (id: string, row: number) => [id, ...values.subarray(row * 26, row * 26 + 26)].join("\t");
    await writeFile(f.path("in.tsv"), [["id", ...genes.ids].join("\t"), ...samples.ids.map(line), ""].join("\n"));
    const inputs = [f.path("in.tsv")];
    const orientation = "samples";
    await f.infer({ inputs, orientation, output: f.path("one.tsv") });
    await f.plan({ inputs, orientation, output: f.path("out.tsv") });
    await f.shards();
    await f.merge();
    expect(await readFile(f.path("out.tsv"), "utf8")).toBe(await readFile(f.path("one.tsv"), "utf8"));
  });
  it("has the record of a run by one process, so that the same inference is already done", async () => {
    await f.plan();
    await f.shards();
    const { run } = await f.merge({ command: "landfall shards merge run" });
    const single = InferRun.parse(JSON.parse(await readFile(f.path("reference.gctx.run.json"), "utf8")));
    for (const key of ["plan", "genes", "outOfDistribution", "warnings", "provider", "tried", "computed"] as const)
      expect(run[key]).toEqual(single[key]);
    expect(run.command).toBe("landfall shards merge run");
    expect(JSON.parse(await readFile(f.path("out.gctx.run.json"), "utf8"))).toEqual(run);
    expect((await f.infer()).status).toBe("already done");
    expect((await f.merge()).status).toBe("already done");
    expect((await f.plan()).status).toBe("already done");
  });
  it("completes what one process had begun, and the other way round", async () => {
    await f.plan();
    await f.shards();
    await f.stopAfter(24);
    await f.merge();
    expect((await f.merged()).equals(f.reference)).toBe(true);
    await rm(f.output);
    const stop = new AbortController();
    const onProgress = ({ done }: { readonly done: number }): void => void (done >= 32 && stop.abort());
    const error = await failure(f.merge({ signal: stop.signal, onProgress, force: true }));
    expect([error.tag, error.message]).toEqual(["cancelled", expect.stringContaining("stopped after 32 of 50")]);
    const { resumed } = await f.infer();
    expect(resumed).toBe(32);
    expect((await f.merged()).equals(f.reference)).toBe(true);
  });
  it("leaves markers that say who computed what, and a manifest of them", async () => {
    const { plan } = await f.plan();
    const environment = { SLURMD_NODENAME: "n 7", SLURM_JOB_ID: "12", SLURM_RESTART_COUNT: "1" };
    await f.shards(undefined, { environment });
    const marker = ShardMarker.parse(JSON.parse(await readFile(f.inRun("done", "3.json"), "utf8")));
    expect(marker).toMatchObject({ shard: 3, start: 48, end: 50, bytes: 2 * (4 * 55 + 8), planHash: plan.hash });
    expect(marker.attempt).toMatch(new RegExp(`^n_7-12-1-${process.pid}-[0-9a-f]{8}$`));
    expect(marker.file).toBe(`3.${marker.sha256.slice(0, 16)}.${marker.attempt}.f32`);
    await f.merge();
    const manifest = ShardManifest.parse(JSON.parse(await readFile(f.inRun("manifest.json"), "utf8")));
    expect(manifest.shards[3]).toEqual(marker);
    expect(manifest.output).toBe(f.output);
  });
  it("sweeps away what attempts left that do not count, and with clean the whole folder", async () => {
    await f.plan();
    await f.shards();
    await writeFile(f.inRun("tmp", "2.n1-1-0-77-abcdef01"), "half a shard");
    // A process that had found a stale lock was killed before it could remove it.
    await writeFile(f.path("out.gctx.lock.0123456789ab"), "{}");
    await writeFile(f.inRun("shards", "2.0123456789abcdef.n1-1-0-77-abcdef01.f32"), "an orphan");
    await f.merge();
    expect(await readdir(f.inRun("tmp"))).toEqual([]);
    expect(await readdir(f.inRun("shards"))).toHaveLength(4);
    await f.merge({ clean: true });
    const left = ["in.gctx", "out.gctx", "out.gctx.run.json", "reference.gctx", "reference.gctx.run.json"];
    expect(await f.files()).toEqual(left);
  });
  it("stops between blocks, keeps what it has committed, and leaves nothing half done", async () => {
    await f.plan({ shardRows: 24 });
    const stop = new AbortController();
    const onProgress = ({ phase, done }: { readonly phase: string; readonly done: number }): void => {
      if (phase === "shard 1" && done === 8) stop.abort();
    };
    const error = await failure(f.shards(undefined, { signal: stop.signal, onProgress }));
    expect([error.tag, error.exitCode]).toEqual(["cancelled", 75]);
    expect((await shardsStatus(f.run)).missing).toEqual([1, 2]);
    expect(await readdir(f.inRun("tmp"))).toEqual([]);
  });
});

describe("the status of a run", () => {
  it("counts what is committed and names what is missing", async () => {
    await f.plan();
    await f.shards([1]);
    const { status, missing } = await shardsStatus(f.run);
    expect(missing).toEqual([0, 2, 3]);
    expect(status).toEqual({
      output: f.output,
      shards: 4,
      committed: 1,
      missing: "0,2-3",
      profiles: { committed: 16, total: 50 },
      bytes: 16 * (4 * 55 + 8),
      merged: false,
    });
    await f.shards();
    await f.merge();
    expect((await shardsStatus(f.run)).status).toMatchObject({ committed: 4, missing: "", merged: true });
  });
  it("is refused for a folder without a run", async () => {
    const error = await failure(shardsStatus(f.path("nowhere")));
    expect([error.tag, error.fault.where]).toEqual(["no-input", f.path("nowhere/plan.json")]);
  });
});

it("reads the same profiles wherever a shard begins", async () => {
  // 200 profiles in one block of the reader: shards start in its middle.
  await writeProfiles(f.input, makeProfiles({ samples: 200 }));
  await f.infer({ output: f.path("one.gctx"), blockRows: 200 });
  await f.plan({ blockRows: 7, shardRows: 20 });
  await f.shards();
  await f.merge();
  expect((await f.merged()).equals(await readFile(f.path("one.gctx")))).toBe(true);
});
