import { mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { openExpression } from "../../../data/node/open.ts";
import { shardPath } from "../../../data/node/zarr-folder.ts";
import { readMarkers } from "../../../infer/node/shards/marker.ts";
import { readShardPlan, runFolder } from "../../../infer/node/shards/run-folder.ts";
import { placeObjects } from "../../../infer/node/shards/shard-objects.ts";
import { shardsStatus } from "../../../infer/node/shards/status.ts";
import type { InferOptions, ShardMarker } from "../../../schemas/index.ts";
import { bytesOf } from "../shards/support/bytes-of.ts";
import { ShardsFixture } from "../shards/support/shards-fixture.ts";
import { failure } from "../support/batch-fixture.ts";

// 50 profiles, blocks of 8, shards of 16: objects 0 to 6 in shards 0 to 3.
const f = new ShardsFixture();
const output = () => f.path("out.zarr");
const partial = () => `${output()}.partial`;
const plan = (more: Parameters<typeof f.plan>[0] = {}) => f.plan({ output: output(), ...more });
const placed = async (): Promise<string[]> => {
  const names: string[] = await readdir(join(partial(), "matrix", "c")).catch(() => []);
  return names.toSorted();
};
const markers = async (): Promise<ShardMarker[]> => {
  const run = runFolder(f.run);
  return await readMarkers({ run, plan: await readShardPlan(run) });
};

/** The oracle: what one process writes. */
let reference: Record<string, string>;
beforeEach(async () => {
  await f.infer({ output: f.path("reference.zarr") });
  reference = await bytesOf(f.path("reference.zarr"));
});

describe("shards of a Zarr output", () => {
  it("are objects of the growing output; the merge moves none of their bytes, and gives those of one process", async () => {
    const { plan: made } = await plan();
    expect([made.shards, made.shardRows]).toEqual([4, 16]);
    expect(await f.shards([3])).toEqual({ committed: [3], already: [] });
    expect(await placed()).toEqual(["6"]);
    await f.shards([1]);
    expect(await placed()).toEqual(["2", "3", "6"]);
    const before = await stat(shardPath(partial(), 3));
    await f.shards();
    expect(await readdir(f.inRun("shards"))).toHaveLength(4);
    expect((await f.merge()).status).toBe("merged");
    const after = await stat(shardPath(output(), 3));
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
    expect(await bytesOf(output())).toEqual(reference);
    const left = (await f.files()).filter((name) => name.includes("out.zarr"));
    expect(left).toEqual(["out.zarr", "out.zarr.run.json"]);
  });
  it("can be read while they grow: what is not there yet is missing", async () => {
    await plan();
    await f.shards([1]);
    await symlink(partial(), f.path("growing.zarr"));
    const rowsOf = async (path: string): Promise<Float32Array> => {
      await using source = await openExpression(path);
      const rows = new Float32Array(50 * 55);
      for await (const block of source.blocks()) rows.set(block.values, block.start * 55);
      return rows;
    };
    const whole = await rowsOf(f.path("reference.zarr"));
    const isThere = (cell: number): boolean => cell >= 16 * 55 && cell < 32 * 55;
    const expected = whole.map((value, cell) => (isThere(cell) ? value : Number.NaN));
    expect(await rowsOf(f.path("growing.zarr"))).toEqual(expected);
  });
  it.each<Partial<InferOptions>>([
    { storage: "float16", round: 2 },
    { scale: "z", harmonise: "cohort" },
  ])("are those of one process with %o too", async (options) => {
    await f.infer({ output: f.path("one.zarr"), options });
    await plan({ options });
    await f.shards();
    await f.merge();
    expect(await bytesOf(output())).toEqual(await bytesOf(f.path("one.zarr")));
  });
  it("are the same inference as one process, which then finds it done", async () => {
    await plan();
    await f.shards();
    const { run } = await f.merge();
    const {
      plan: single,
      outOfDistribution,
      computed,
    } = JSON.parse(await readFile(f.path("reference.zarr.run.json"), "utf8"));
    expect(run).toMatchObject({ plan: single, outOfDistribution, computed });
    expect((await f.infer({ output: output() })).status).toBe("already done");
    expect((await plan()).status).toBe("already done");
    expect((await f.merge()).status).toBe("already done");
    expect((await shardsStatus(f.run)).status).toMatchObject({ committed: 4, missing: "", merged: true });
    await f.merge({ clean: true });
    expect(await bytesOf(output())).toEqual(reference);
  });
  it("are counted by the status, objects and all", async () => {
    await plan();
    await f.shards([1]);
    const { status, missing } = await shardsStatus(f.run);
    expect(missing).toEqual([0, 2, 3]);
    const object = (await stat(shardPath(partial(), 2))).size;
    expect(status).toMatchObject({ committed: 1, missing: "0,2-3", bytes: 2 * object + 16 * 8, merged: false });
  });
  it("keep what is committed when they are planned again", async () => {
    await plan();
    await f.shards([0, 2]);
    expect((await plan()).status).toBe("already planned");
    expect((await shardsStatus(f.run)).missing).toEqual([1, 3]);
    expect(await placed()).toEqual(["0", "1", "4", "5"]);
    const error = await failure(plan({ options: { scale: "z" } }));
    expect(error.tag).toBe("other-plan");
    await plan({ options: { scale: "z" }, force: true });
    expect(await placed()).toEqual([]);
    expect((await shardsStatus(f.run)).missing).toEqual([0, 1, 2, 3]);
  });
  it("complete what one process had begun, and the other way round", async () => {
    await f.stopAfter(24, { output: output() });
    await plan();
    await f.shards();
    await f.merge();
    expect(await bytesOf(output())).toEqual(reference);
    await rm(output(), { recursive: true });
    await plan();
    await f.shards([0, 3]);
    await f.infer({ output: output() });
    expect(await bytesOf(output())).toEqual(reference);
  });
});

describe("an attempt at a shard of Zarr", () => {
  it("that died between its commit and the moving of its objects is done all the same", async () => {
    await plan();
    await f.shards();
    // As that death leaves it: objects under the attempt's name, not in their places.
    for (const { file, objects = [] } of await markers())
      for (const { block } of objects) await rename(shardPath(partial(), block), f.inRun("shards", `${file}.${block}`));
    expect((await shardsStatus(f.run)).missing).toEqual([]);
    await rm(f.input);
    expect(await f.shards([1])).toEqual({ committed: [], already: [1] });
    expect((await stat(shardPath(partial(), 2))).isFile()).toBe(true);
    await f.merge();
    expect(await bytesOf(output())).toEqual(reference);
  });
  it("that is late by a whole merge leaves the output as it is, and begins none anew", async () => {
    await plan();
    await f.shards();
    const [marker] = await markers();
    await f.merge();
    if (marker === undefined) throw new Error("nothing is committed");
    await writeFile(f.inRun("shards", `${marker.file}.0`), "late");
    const run = runFolder(f.run);
    await placeObjects({ run, plan: await readShardPlan(run) }, marker);
    expect(await bytesOf(output())).toEqual(reference);
    expect((await f.files()).filter((name) => name.includes("out.zarr"))).toEqual(["out.zarr", "out.zarr.run.json"]);
  });
  it("twice at a time has one winner, and the loser takes its objects away", async () => {
    await plan();
    const outcomes = await Promise.all([f.shards(), f.shards(), f.shards()]);
    expect(outcomes.flatMap(({ committed }) => committed).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    expect(await readdir(f.inRun("shards"))).toHaveLength(4);
    expect(await readdir(f.inRun("tmp"))).toEqual([]);
    await f.merge();
    expect(await bytesOf(output())).toEqual(reference);
  });
});

describe("a merge into Zarr", () => {
  it("reads every object that was placed, those over blocks of one process too", async () => {
    await f.stopAfter(24, { output: output() });
    await plan();
    await f.shards();
    await writeFile(shardPath(partial(), 0), Buffer.alloc((await stat(shardPath(partial(), 0))).size));
    expect((await failure(f.merge())).fault.got).toMatch(/ 0$/);
    await f.shards();
    await f.merge();
    expect(await bytesOf(output())).toEqual(reference);
  });
  it("is to be tried again while shards are missing", async () => {
    await plan();
    await f.shards([0, 3]);
    const error = await failure(f.merge());
    expect([error.tag, error.exitCode, error.fault.got]).toEqual(["try-again", 75, "1-2"]);
    expect(await f.files()).not.toContain("out.zarr");
  });
  it("finds an object with a wrong byte, one that is gone, and wrong columns; these are computed again", async () => {
    await plan();
    await f.shards();
    const damage = async (path: string): Promise<void> => {
      const bytes = await readFile(path);
      bytes[7] = (bytes[7] ?? 0) ^ 1;
      await writeFile(path, bytes);
    };
    await damage(shardPath(partial(), 1));
    await damage(f.inRun("shards", (await markers())[2]?.file ?? ""));
    const error = await failure(f.merge());
    expect([error.tag, error.fault.got]).toEqual(["try-again", expect.stringMatching(/ 0,2$/)]);
    await rm(shardPath(partial(), 6));
    // Shard 3 was sound, and is journaled; what has gone since is found missing.
    expect((await shardsStatus(f.run)).missing).toEqual([0, 2, 3]);
    await f.shards();
    await f.merge();
    expect(await bytesOf(output())).toEqual(reference);
  });
  it("starts over where the unfinished output is gone", async () => {
    await plan();
    await f.shards();
    for (const path of [partial(), `${output()}.journal`, `${output()}.plan.json`]) await rm(path, { recursive: true });
    expect((await shardsStatus(f.run)).missing).toEqual([0, 1, 2, 3]);
    await f.shards();
    expect(await f.files()).not.toContain("out.zarr.partial");
    await f.merge();
    expect(await bytesOf(output())).toEqual(reference);
  });
  it("needs objects and output on one file system, which the plan finds out", async (ctx) => {
    const other = await stat("/dev/shm").catch(() => undefined);
    if (other === undefined || other.dev === (await stat(f.folder)).dev) ctx.skip("there is no second file system");
    const folder = await mkdtemp("/dev/shm/landfall-shards-");
    try {
      const error = await failure(plan({ folder }));
      expect([error.tag, error.fault.where]).toEqual(["usage", folder]);
      expect((await f.files()).filter((name) => name.includes("out.zarr"))).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
