import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatBytes } from "../../cli/commands/models/words.ts";
import { modelsCommand } from "../../cli/commands/models.ts";
import { writeGenericVersion, writeSmallVersion } from "../registry/small-version.ts";
import { type TemporaryRepository, temporaryRepository } from "../registry/temporary-repository.ts";

let repository: TemporaryRepository;
let models: string;
let from: string;
beforeEach(async () => {
  repository = await temporaryRepository();
  models = repository.models;
  from = join(repository.folder, "export");
});
afterEach(() => repository[Symbol.asyncDispose]());

/** Runs `landfall models … --models <the test's repository>` in this process; what it printed is kept on an error too. */
let printed: string[] = [];
async function run(...args: readonly string[]): Promise<string> {
  printed = [];
  const program = new Command("landfall").exitOverride().configureOutput({ writeErr: () => undefined });
  modelsCommand(program, {
    signal: new AbortController().signal,
    onProgress: () => undefined,
    print: (text) => printed.push(text),
    note: (text) => printed.push(`note: ${text}`),
  });
  await program.parseAsync(["node", "landfall", "models", ...args, "--models", models]);
  return printed.join("\n");
}

async function publish(weight: number, ...args: readonly string[]): Promise<string> {
  const dir = `${from}-${weight}`;
  await writeSmallVersion(dir, { weight });
  return run("publish", dir, "--name", "ridge", "--who", "jane", ...args);
}

/** Figures of the machine and the hashes, by words. */
const steady = (text: string): string =>
  text
    .replaceAll(repository.folder, "DIR")
    .replace(/\b[0-9a-f]{64}\b/g, "HASH64")
    .replace(/\b[0-9a-f]{12}\b/g, "HASH12")
    .replace(/\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}/g, "TIME");

describe("landfall models", () => {
  it("publishes, points the alias, and says so when the content is there already", async () => {
    expect(steady(await publish(1, "--alias", "production", "--why", "first"))).toBe(
      "published ridge:1 (HASH12) in DIR/models/ridge/1\nridge@production is version 1",
    );
    expect(steady(await publish(1, "--alias", "production"))).toBe(
      "already published as ridge:1 (HASH12)\nridge@production is version 1 already",
    );
    expect(JSON.parse(await publish(2, "--json", "--parent", "1", "--licence", "MIT"))).toMatchObject({
      name: "ridge",
      version: 2,
      status: "published",
    });
  });
  it("refuses a bad alias before it publishes anything", async () => {
    await expect(publish(1, "--alias", "3")).rejects.toMatchObject({ tag: "usage" });
    expect(await run("list")).toBe(`no models in ${models}`);
  });
  it("lists versions in an aligned table, damaged ones below it", async () => {
    await publish(1, "--alias", "production");
    await publish(2, "--alias", "staging");
    await writeGenericVersion(from);
    await run("publish", from, "--name", "bare");
    expect(steady(await run("list"))).toBe(
      [
        "model  version     aliases        task  genes  scale      MAE (z)  vs ridge        made          hash",
        "bare         1                 generic                                       2025-01-02  HASH12",
        "ridge        2     staging  expression  3 → 2   log2  0.3600 test   -10.0 %  2025-01-02  HASH12",
        "ridge        1  production  expression  3 → 2   log2  0.3600 test   -10.0 %  2025-01-02  HASH12",
      ].join("\n"),
    );
    await writeFile(join(models, "ridge", "1", "manifest.json"), "{");
    expect(await run("list")).toMatch(/\nridge:1 damaged: .*the manifest is not JSON/);
    expect(JSON.parse(await run("list", "--json"))).toMatchObject([
      { name: "bare", versions: [{ version: 1, head: { task: "generic" } }] },
      { name: "ridge", aliases: { production: 1, staging: 2 }, versions: [{ version: 2 }, { version: 1 }] },
    ]);
  });
  it("shows the essentials of a version", async () => {
    await publish(1, "--alias", "production", "--why", "first");
    await publish(2, "--parent", "1", "--licence", "CC-BY-4.0");
    const lines = steady(await run("show", "ridge"))
      .replace(/[\d.]+ kB/, "SIZE")
      .split("\n");
    expect(lines).toEqual([
      "model     ridge:1 (production)",
      "folder    DIR/models/ridge/1",
      "task      expression: 3 landmarks → 2 targets",
      "gene ids  symbol",
      "scale     log2",
      "recipe    small ridge (linear, lambda 0.1)",
      "dataset   cohort HASH64",
      "trained   engine algebra on cpu, seed 0",
      "origin    trained",
      "made      2025-01-02T03:04:05.000Z by Landfall 0.1.0",
      expect.stringMatching(/^graph {5}8 parameters, opset 17, \d+ B in 6 files$/),
      "licence   not stated",
      "hash      HASH64",
      "note: two studies only",
      "",
      "MAE (z units)  profiles   model    mean  vs mean   ridge  vs ridge",
      "train                80  0.3000  0.8000  -62.5 %  0.3500   -14.3 %",
      "test                 10  0.3600  0.8000  -55.0 %  0.4000   -10.0 %",
      "",
      "versions",
      "  2  made 2025-01-02",
      "  1  made 2025-01-02, production",
      "",
      "history",
      "  TIME  jane  publish 1: first",
      "  TIME  jane  alias production → 1: first",
      "  TIME  jane  publish 2",
    ]);
    const second = await run("show", "ridge:2");
    expect(second).toMatch(/\norigin +trained, from version 1\n/);
    expect(second).toMatch(/\nlicence +CC-BY-4\.0\n/);
    expect(JSON.parse(await run("show", "ridge@production", "--json"))).toMatchObject({
      version: 1,
      alias: "production",
    });
  });
  it("verifies everything by default, and fails when something is damaged", async () => {
    expect(await run("verify")).toBe(`no models in ${models}`);
    await publish(1, "--alias", "production");
    await publish(2);
    expect(await run("verify")).toMatch(/^ridge:1 {2}sound \(6 files, \d+ B\)\nridge:2 {2}sound \(6 files, \d+ B\)$/);
    await writeFile(join(models, "ridge", "2", "card.md"), "#");
    await expect(run("verify")).rejects.toMatchObject({ tag: "bad-model" });
    expect(printed.join("\n")).toMatch(/\nridge:2 {2}1 problem\n {2}card\.md: 1 bytes instead of 8$/);
    await expect(run("verify", "ridge:2", "--json")).rejects.toThrow(/1 of 1 verified are damaged: ridge:2/);
    expect(JSON.parse(printed.join(""))).toMatchObject([{ subject: "ridge:2", files: 6 }]);
    expect(await run("verify", "ridge@production", `${from}-2`)).toMatch(/^ridge:1 {2}sound.*\n.*export-2 {2}sound/);
  });
  it("moves aliases and rolls them back", async () => {
    for (const weight of [1, 2]) await publish(weight);
    expect(await run("alias", "ridge:1", "production")).toBe("ridge@production is version 1");
    await run("alias", "ridge:2", "staging");
    expect(await run("alias", "ridge@staging", "production")).toBe("ridge@production is version 2, was 1");
    expect(await run("rollback", "ridge", "--why", "worse")).toBe("ridge@production is version 1, was 2");
    expect(JSON.parse(await run("alias", "ridge:2", "production", "--json"))).toMatchObject({ version: 2, from: 1 });
    await expect(run("rollback", "ridge@staging")).rejects.toThrow(/pointed to no other version/);
    await expect(run("rollback", "ridge:1")).rejects.toMatchObject({ tag: "usage" });
    await expect(run("alias", "ridge", "production")).rejects.toThrow(/which version\?/);
    const history = (await readFile(join(models, "ridge", "history.jsonl"), "utf8")).trimEnd().split("\n");
    expect(history.map((line) => (JSON.parse(line) as { action: string }).action)).toEqual([
      "publish",
      "publish",
      "alias",
      "alias",
      "alias",
      "rollback",
      "alias",
    ]);
  });
  it("compares versions", async () => {
    for (const weight of [1, 2]) await publish(weight);
    expect(await run("diff", "ridge:1", "ridge:1")).toMatch(/^the same content/);
    expect(await run("diff", "ridge:1", "ridge:2")).toBe(
      [
        "other content",
        "signature: the same",
        "landmarks: the same",
        "targets: the same",
        "transform: the same",
        "weights",
        "  head/kernel [3, 2]: 1 element differ, by at most 1.00",
        "  2 tensors equal",
        "facts: the same",
        "scores",
        "  MAE (z units)  before   after  change  ridge before  ridge after",
        "  train          0.3000  0.3000   0.0 %        0.3500       0.3500",
        "  test           0.3600  0.3600   0.0 %        0.4000       0.4000",
      ].join("\n"),
    );
    expect(JSON.parse(await run("diff", "ridge:1", `${from}-2`, "--json"))).toMatchObject({ sameContent: false });
  });
  it("removes versions and collects leftovers", async () => {
    for (const weight of [1, 2]) await publish(weight, "--alias", "production");
    expect(await run("remove", "ridge:1")).toBe("removed ridge:1");
    await expect(run("remove", "ridge:2")).rejects.toThrow(/in use/);
    await expect(run("remove", "ridge")).rejects.toThrow(/which version\?/);
    expect(await run("remove", "ridge:2", "--force")).toBe("removed ridge:2 and its alias production");
    expect(await run("gc")).toBe("nothing to collect");
    const leftover = join(models, "ridge", ".publish-0123456789ab");
    await writeGenericVersion(leftover);
    expect(await run("gc")).toBe("nothing to collect");
    expect(await run("gc", "--older-than", "0")).toMatch(
      /\.publish-0123456789ab {2}.* old\n1 leftover, .*delete with --delete/,
    );
    expect(JSON.parse(await run("gc", "--older-than", "0", "--json"))).toMatchObject({
      deleted: false,
      leftovers: [{ path: leftover }],
    });
    expect(await run("gc", "--older-than", "0", "--delete")).toMatch(/deleted 1 leftover/);
  });
  it.each([
    ["publish without a name", ["publish", "x"]],
    ["publish without a folder", ["publish", "--name", "x"]],
    ["a parent that is no number", ["publish", "x", "--name", "x", "--parent", "0"]],
    ["an age that is no number", ["gc", "--older-than", "soon"]],
    ["an unknown command", ["promote", "x"]],
  ])("refuses %s before it does anything", async (_, args) => {
    await expect(run(...args)).rejects.toMatchObject({ name: "CommanderError", exitCode: 1 });
  });
});

it("bytes are told in the unit that fits", () => {
  expect([0, 999, 1000, 1_234_567, 2e9, 3e15].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "1.2 MB",
    "2.0 GB",
    "3000.0 TB",
  ]);
});
