import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryPath } from "../../data/node/atomic.ts";
import { readAliases, setAlias } from "../../registry/aliases.ts";
import { collectGarbage } from "../../registry/gc.ts";
import { readHistory } from "../../registry/history.ts";
import { removeVersion } from "../../registry/remove.ts";
import { verifyModel } from "../../registry/verify-model.ts";
import { writeSmallVersion } from "./small-version.ts";
import { type TemporaryRepository, temporaryRepository } from "./temporary-repository.ts";

let repository: TemporaryRepository;
let models: string;
let dir: string;
beforeEach(async () => {
  repository = await temporaryRepository();
  models = repository.models;
  dir = join(models, "ridge");
  for (const weight of [1, 2]) await repository.publish({ weight });
  await setAlias({ models, name: "ridge", alias: "production", version: 2, who: "jane" });
});
afterEach(() => repository[Symbol.asyncDispose]());

const remove = (version: number, force = false) =>
  removeVersion({ models, name: "ridge", version, force, who: "jane", why: "leaky" });

describe("removing", () => {
  it("deletes a version and tells the history", async () => {
    expect(await remove(1)).toEqual({ name: "ridge", version: 1, aliases: [] });
    expect((await readdir(dir)).toSorted()).toEqual(["2", "aliases.json", "config.pbtxt", "history.jsonl"]);
    expect((await readHistory(dir)).at(-1)).toMatchObject({ action: "remove", version: 1, who: "jane", why: "leaky" });
    await expect(remove(1)).rejects.toMatchObject({ tag: "unknown-model" });
  });
  it("refuses a version that an alias points to, unless forced: then the alias goes too", async () => {
    const work = remove(2);
    await expect(work).rejects.toMatchObject({ tag: "usage" });
    await expect(work).rejects.toThrow(/ridge:2 is in use \(got alias production\)/);
    expect(await readdir(dir)).toContain("2");
    expect(await remove(2, true)).toEqual({ name: "ridge", version: 2, aliases: ["production"] });
    expect(await readAliases(dir)).toEqual(new Map());
    expect((await verifyModel(models, "ridge")).problems).toEqual([]);
  });
});

describe("collecting garbage", () => {
  /** Makes leftovers of a publisher, a removal and a file, all last written to at `written`. */
  async function leave(written: Date): Promise<string[]> {
    const publish = join(dir, ".publish-0123456789ab");
    const trash = join(models, "killed", ".trash-0123456789ab");
    await writeSmallVersion(publish);
    await mkdir(trash, { recursive: true });
    const file = temporaryPath(join(dir, "aliases.json"));
    await writeFile(file, "{}");
    const inside = await readdir(publish, { recursive: true });
    for (const path of [...inside.map((name) => join(publish, name)), publish, trash, file])
      await utimes(path, written, written);
    return [publish, trash, file].toSorted();
  }
  const now = new Date("2025-02-03T04:05:06Z");
  const ago = (hours: number) => new Date(now.getTime() - 3600_000 * hours);

  it("tells what is older than an hour, and deletes it when asked to", async () => {
    const paths = await leave(ago(2));
    const found = await collectGarbage({ models, now });
    expect(found.map(({ path }) => path).toSorted()).toEqual(paths);
    expect(found.every(({ ageSeconds }) => ageSeconds === 7200)).toBe(true);
    expect((await readdir(dir)).filter((name) => name.startsWith("."))).toHaveLength(2);
    expect(await collectGarbage({ models, now, remove: true })).toEqual(found);
    expect((await readdir(dir)).toSorted()).toEqual(["1", "2", "aliases.json", "config.pbtxt", "history.jsonl"]);
    expect(await readdir(models)).toEqual(["ridge"]);
    expect(await collectGarbage({ models, now })).toEqual([]);
    expect(await verifyModel(models, "ridge")).toMatchObject({
      problems: [],
      versions: [{ problems: [] }, { problems: [] }],
    });
  });
  it("leaves work alone that may be going on: a folder is as old as the youngest file in it", async () => {
    await leave(ago(2));
    await utimes(join(dir, ".publish-0123456789ab", "tfjs", "weights.bin"), ago(0.5), ago(0.5));
    const found = await collectGarbage({ models, now, remove: true });
    expect(found.map(({ path }) => path)).not.toContain(join(dir, ".publish-0123456789ab"));
    expect(await readdir(dir)).toContain(".publish-0123456789ab");
    expect(await collectGarbage({ models, now, olderThanSeconds: 60 })).toHaveLength(1);
  });
  it("leaves other hidden files alone", async () => {
    await writeFile(join(dir, ".keep"), "");
    expect(await collectGarbage({ models, olderThanSeconds: 0 })).toEqual([]);
  });
});
