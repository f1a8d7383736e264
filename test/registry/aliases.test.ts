import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aliasesAfter, readAliases, rollback, setAlias } from "../../registry/aliases.ts";
import { parseHistory, readHistory, replayAliases } from "../../registry/history.ts";
import { removeVersion } from "../../registry/remove.ts";
import { resolveModel } from "../../registry/resolve.ts";
import { verifyModel } from "../../registry/verify-model.ts";
import type { HistoryEntry } from "../../schemas/index.ts";
import { type TemporaryRepository, temporaryRepository } from "./temporary-repository.ts";

let repository: TemporaryRepository;
let models: string;
let dir: string;
beforeEach(async () => {
  repository = await temporaryRepository();
  models = repository.models;
  dir = join(models, "ridge");
  for (const weight of [1, 2, 3]) await repository.publish({ weight });
});
afterEach(() => repository[Symbol.asyncDispose]());

const at = new Date("2025-02-03T04:05:06Z");
const set = (version: number, alias = "production") =>
  setAlias({ models, name: "ridge", alias, version, who: "jane", why: `try ${version}`, at });
const back = (alias = "production") => rollback({ models, name: "ridge", alias, who: "joe", why: "it is worse", at });
const production = async () => (await readAliases(dir)).get("production");

describe("an alias", () => {
  it("points to a version, and the history tells who moved it, when, from where and why", async () => {
    expect(await set(1)).toEqual({ name: "ridge", alias: "production", version: 1, status: "changed" });
    expect(await set(3)).toEqual({ name: "ridge", alias: "production", version: 3, from: 1, status: "changed" });
    expect(JSON.parse(await readFile(join(dir, "aliases.json"), "utf8"))).toEqual({
      schemaVersion: 1,
      aliases: { production: 3 },
    });
    expect((await readHistory(dir)).filter(({ action }) => action === "alias")).toMatchObject([
      { at: at.toISOString(), who: "jane", action: "alias", alias: "production", version: 1, why: "try 1" },
      { at: at.toISOString(), who: "jane", action: "alias", alias: "production", version: 3, from: 1, why: "try 3" },
    ]);
  });
  it("set again to the same version changes nothing", async () => {
    await set(2);
    const before = await readFile(join(dir, "history.jsonl"), "utf8");
    expect(await set(2)).toMatchObject({ status: "unchanged" });
    expect(await readFile(join(dir, "history.jsonl"), "utf8")).toBe(before);
  });
  it("rolls back to the version before, step by step, and no further than its first", async () => {
    for (const version of [1, 2, 3]) await set(version);
    expect(await back()).toMatchObject({ version: 2, from: 3 });
    expect(await back()).toMatchObject({ version: 1, from: 2 });
    await expect(back()).rejects.toThrow(/has pointed to no other version/);
    expect(await production()).toBe(1);
    expect((await readHistory(dir)).at(-1)).toMatchObject({ action: "rollback", who: "joe", why: "it is worse" });
    await set(3);
    expect(await back()).toMatchObject({ version: 1, from: 3 });
  });
  it("does not roll back to a version that was removed meanwhile", async () => {
    for (const version of [1, 2, 3]) await set(version);
    await removeVersion({ models, name: "ridge", version: 2, who: "jane" });
    expect(await back()).toMatchObject({ version: 1, from: 3 });
  });
  it("points to no version that does not exist or whose bytes changed", async () => {
    await set(1);
    await expect(set(9)).rejects.toMatchObject({ tag: "unknown-model", fault: { expected: "3, 2, 1" } });
    await writeFile(join(dir, "2", "genes.tsv"), "id\n");
    await expect(set(2)).rejects.toThrow(/genes\.tsv: 3 bytes instead of/);
    await set(3);
    await writeFile(join(dir, "1", "genes.tsv"), "id\n");
    await expect(back()).rejects.toMatchObject({ tag: "bad-model" });
    expect(await production()).toBe(3);
  });
  it.each(["3", "Production", "a b", "", "../x"])("is not called %j", async (alias) => {
    await expect(set(1, alias)).rejects.toMatchObject({ tag: "usage" });
  });
  it("may be called like a property of every object", async () => {
    await expect(resolveModel("ridge@constructor", { models })).rejects.toMatchObject({ tag: "unknown-model" });
    await set(2, "constructor");
    expect(await resolveModel("ridge@constructor", { models })).toMatchObject({ version: 2 });
  });
  it("that was never set cannot be rolled back", async () => {
    await set(1, "staging");
    await expect(back("stagin")).rejects.toMatchObject({ tag: "unknown-model", fault: { expected: "staging" } });
  });
});

describe("a crash", () => {
  it("between history and aliases.json is told by verify and healed by the same command", async () => {
    await set(1);
    const aliases = await readFile(join(dir, "aliases.json"));
    await set(2);
    await writeFile(join(dir, "aliases.json"), aliases);
    const { problems } = await verifyModel(models, "ridge");
    expect(problems).toEqual(["aliases.json says production → 1, history.jsonl adds up to production → 2"]);
    expect(await set(2)).toMatchObject({ version: 2, status: "unchanged" });
    expect(await production()).toBe(2);
    expect((await verifyModel(models, "ridge")).problems).toEqual([]);
  });
  it("that tears the history's last line loses nothing before it nor after it", async () => {
    await set(1);
    await appendFile(join(dir, "history.jsonl"), '{"at":"2025-02-03T04:05:06Z","who":"ja');
    const before = await readHistory(dir);
    await set(2);
    const after = await readHistory(dir);
    expect(after.slice(0, -1)).toEqual(before);
    expect(after.at(-1)).toMatchObject({ action: "alias", version: 2, from: 1 });
  });
  it("cannot be mistaken for a line that is not an entry", async () => {
    await appendFile(join(dir, "history.jsonl"), '{"at":"yesterday"}\n');
    await expect(readHistory(dir)).rejects.toMatchObject({ tag: "bad-model" });
    await expect(readHistory(dir)).rejects.toThrow(/line 4: at: /);
  });
});

it("aliases.json that is damaged is an error that says what to do, and is made anew", async () => {
  await set(3);
  await writeFile(join(dir, "aliases.json"), "{");
  await expect(resolveModel("ridge", { models })).rejects.toThrow(/the aliases are damaged.*Delete it/);
  await rm(join(dir, "aliases.json"));
  await set(3);
  expect(await production()).toBe(3);
});

it("concurrent changes of several aliases are all there in the end", async () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  await Promise.all(names.map((alias, i) => set(1 + (i % 3), alias)));
  expect(Object.fromEntries(await readAliases(dir))).toEqual({ a: 1, b: 2, c: 3, d: 1, e: 2, f: 3 });
  expect((await verifyModel(models, "ridge")).problems).toEqual([]);
});

describe("replaying a history", () => {
  const entry = (action: HistoryEntry["action"], version: number, alias?: string): HistoryEntry => ({
    at: at.toISOString(),
    who: "jane",
    action,
    version,
    ...(alias !== undefined && { alias }),
  });
  it("gives the last version set, for histories without rollbacks and removals (oracle: a map)", () => {
    const move = fc.record({ alias: fc.constantFrom("a", "b"), version: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(fc.array(move), (moves) => {
        const history = moves.map(({ alias, version }) => entry("alias", version, alias));
        const expected = new Map(moves.map(({ alias, version }) => [alias, version]));
        expect(new Map(aliasesAfter(history))).toEqual(expected);
      }),
    );
  });
  it("takes an alias away with the version it points to", () => {
    const history = [entry("alias", 1, "a"), entry("alias", 2, "a"), entry("alias", 1, "b"), entry("remove", 2)];
    expect([...aliasesAfter(history)]).toEqual([["b", 1]]);
    expect(replayAliases(history).get("a")).toEqual([]);
  });
  it("gives the same for two rollbacks that raced for one step as for one", () => {
    const history = [1, 2, 3].map((version) => entry("alias", version, "a"));
    const once = replayAliases([...history, entry("rollback", 2, "a")]);
    expect(once.get("a")).toEqual([1, 2]);
    expect(replayAliases([...history, entry("rollback", 2, "a"), entry("rollback", 2, "a")])).toEqual(once);
  });
  it("leaves torn lines out wherever they stand (property)", () => {
    const lines = [entry("publish", 1), entry("alias", 1, "a")].map((each) => JSON.stringify(each));
    const torn = fc
      .integer({ min: 0, max: (lines[1] ?? "").length - 1 })
      .map((length) => (lines[1] ?? "").slice(0, length));
    fc.assert(
      fc.property(torn, fc.integer({ min: 0, max: 2 }), (part, place) => {
        expect(parseHistory(lines.toSpliced(place, 0, part).join("\n"), "h")).toHaveLength(2);
      }),
    );
  });
});
