import { randomBytes } from "node:crypto";
import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { sha256 } from "../../../data/node/hash.ts";
import { type Commit, commitShard } from "../../../infer/node/shards/commit.ts";
import { discardMarker, markerPath, type PlannedRun, readMarker } from "../../../infer/node/shards/marker.ts";
import { runFolder } from "../../../infer/node/shards/run-folder.ts";
import { shardBytes } from "../../../infer/shards/shard-grid.ts";
import type { ShardMarker } from "../../../schemas/index.ts";
import { ShardsFixture } from "./support/shards-fixture.ts";

const f = new ShardsFixture();
let of: PlannedRun;
beforeEach(async () => {
  const { plan } = await f.plan();
  of = { run: runFolder(f.run), plan };
});

/** An attempt at shard 1 that got other bytes than all others, as attempts on another device do. */
async function attempt(name: string): Promise<{ readonly data: Buffer; readonly commit: () => Promise<Commit> }> {
  const temporary = join(of.run.tmp, `1.${name}`);
  const data = randomBytes(shardBytes(16, 55));
  await writeFile(temporary, data);
  const now = new Date().toISOString();
  const range = { start: 16, end: 32, bytes: data.length, sha256: sha256(data) };
  const facts = { shard: 1, ...range, attempt: name, startedAt: now, finishedAt: now };
  return { data, commit: () => commitShard(of, { temporary, facts }) };
}

async function committed(): Promise<{ readonly marker: ShardMarker; readonly data: Buffer }> {
  const marker = await readMarker(of, 1);
  if (marker === undefined) throw new Error("shard 1 is not committed");
  return { marker, data: await readFile(join(of.run.shards, marker.file)) };
}

describe("attempts at one shard", () => {
  it("have one winner, however many there are, and its marker names its own data", async () => {
    for (let round = 0; round < 10; round += 1) {
      const attempts = await Promise.all(Array.from({ length: 8 }, (_, i) => attempt(`n-${round}-${i}`)));
      const results = await Promise.all(attempts.map(({ commit }) => commit()));
      expect(results.filter((result) => result === "won")).toHaveLength(1);
      const { marker, data } = await committed();
      expect(sha256(data)).toBe(marker.sha256);
      expect(data.equals(attempts[results.indexOf("won")]?.data ?? Buffer.alloc(0))).toBe(true);
      // The losers take their data with them.
      expect(await readdir(of.run.shards)).toEqual([marker.file]);
      expect(await readdir(of.run.tmp)).toEqual([]);
      await rm(markerPath(of.run, 1));
      await rm(join(of.run.shards, marker.file));
    }
  });
  it("do not replace one that is committed, and have nothing to do when a merge has swept them away", async () => {
    const first = await attempt("first");
    expect(await first.commit()).toBe("won");
    expect(await (await attempt("second")).commit()).toBe("lost");
    const third = await attempt("third");
    await rm(join(of.run.tmp, "1.third"));
    expect(await third.commit()).toBe("lost");
    expect((await committed()).data.equals(first.data)).toBe(true);
  });
  it("know their own marker when NFS says that it is there already", async () => {
    const { commit, data } = await attempt("mine");
    const stolen = await attempt("earlier");
    expect(await stolen.commit()).toBe("won");
    // The retried call finds the name that the first one has made.
    const text = await readFile(markerPath(of.run, 1), "utf8");
    const mine = JSON.stringify({
      ...JSON.parse(text),
      attempt: "mine",
      file: `1.${sha256(data).slice(0, 16)}.mine.f32`,
    });
    await writeFile(markerPath(of.run, 1), mine);
    expect(await commit()).toBe("won");
    expect((await committed()).data.equals(data)).toBe(true);
  });
});

describe("a marker counts for nothing, and makes way,", () => {
  const spoilers: readonly (readonly [string, (marker: ShardMarker) => Promise<void>])[] = [
    ["when its data is gone", ({ file }) => rm(join(of.run.shards, file))],
    ["when its data is cut short", ({ file }) => truncate(join(of.run.shards, file), 100)],
    ["when it is of another plan", (marker) => rewrite({ ...marker, planHash: "another" })],
    ["when it is of another shard", (marker) => rewrite({ ...marker, shard: 2 })],
    ["when it is of other profiles", (marker) => rewrite({ ...marker, end: 31 })],
    ["when it is torn", () => writeFile(markerPath(of.run, 1), '{"schemaVersion":1,')],
  ];
  const rewrite = (marker: ShardMarker) => writeFile(markerPath(of.run, 1), JSON.stringify(marker));

  it.each(spoilers)("%s", async (_, spoil) => {
    await (await attempt("spoiled")).commit();
    await spoil((await committed()).marker);
    expect(await readMarker(of, 1)).toBeUndefined();
    const again = await attempt("again");
    expect(await again.commit()).toBe("won");
    expect((await committed()).data.equals(again.data)).toBe(true);
  });
});

it("puts back a marker that was made while a wrong one was looked for", async () => {
  const { commit } = await attempt("good");
  await commit();
  const isWrong = vi.fn<() => Promise<boolean>>(async () => false);
  await discardMarker(of.run, 1, isWrong);
  expect(isWrong).toHaveBeenCalledWith((await committed()).marker);
  expect(await readdir(of.run.tmp)).toEqual([]);
});
