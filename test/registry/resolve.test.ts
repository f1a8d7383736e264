import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { setAlias } from "../../registry/aliases.ts";
import { closestFirst } from "../../registry/closest.ts";
import { listModels } from "../../registry/list.ts";
import { resolveModel, resolvePublished } from "../../registry/resolve.ts";
import { describeModel } from "../../registry/show.ts";
import { writeSmallVersion } from "./small-version.ts";
import { type TemporaryRepository, temporaryRepository } from "./temporary-repository.ts";

let repository: TemporaryRepository;
let models: string;
beforeEach(async () => {
  repository = await temporaryRepository();
  models = repository.models;
  for (const weight of [1, 2]) await repository.publish({ weight });
});
afterEach(() => repository[Symbol.asyncDispose]());

const alias = (name: string, version: number) => setAlias({ models, name: "ridge", alias: name, version, who: "jane" });

describe("a reference", () => {
  it("by name is the highest version, or the alias production where it is set", async () => {
    for (let weight = 3; weight <= 10; weight++) await repository.publish({ weight });
    const dir = (version: number) => join(models, "ridge", String(version));
    expect(await resolveModel("ridge", { models })).toEqual({ dir: dir(10), name: "ridge", version: 10 });
    await alias("staging", 3);
    expect(await resolveModel("ridge", { models })).toMatchObject({ version: 10 });
    await alias("production", 1);
    expect(await resolveModel("ridge", { models })).toEqual({
      dir: dir(1),
      name: "ridge",
      version: 1,
      alias: "production",
    });
    expect(await resolveModel("ridge:2", { models })).toEqual({ dir: dir(2), name: "ridge", version: 2 });
    expect(await resolveModel("ridge@staging", { models })).toMatchObject({ version: 3, alias: "staging" });
  });
  it("by path is the folder, published or not", async () => {
    const from = join(repository.folder, "an-export");
    await writeSmallVersion(from);
    expect(await resolveModel(from, { models: "/nowhere" })).toEqual({ dir: from });
    expect(await resolveModel(join(models, "ridge/2"), { models })).toEqual({ dir: join(models, "ridge/2") });
  });
  it("from a request is never taken as a path", async () => {
    await expect(resolvePublished(join(models, "ridge/2"), { models })).rejects.toMatchObject({ tag: "usage" });
    await expect(resolvePublished("../models/ridge", { models })).rejects.toMatchObject({ tag: "usage" });
  });
  it.each([
    ["rigde", "unknown-model", /no such model \(expected ridge, got rigde\)/],
    ["ridge:7", "unknown-model", /no such version of ridge \(expected 2, 1, got 7\)/],
    ["ridge@prod", "unknown-model", /no such alias of ridge: there is none \(got prod\)/],
    ["./nowhere", "unknown-model", /no model in this folder/],
    ["a/b", "unknown-model", /no model in this folder/],
    ["", "usage", /not a model name/],
    ["Ridge", "usage", /not a model name/],
    ["ridge\0", "usage", /not a model name/],
    ["x".repeat(5000), "usage", /not a model name/],
  ])("%j is refused with what exists", async (reference, tag, message) => {
    const work = resolveModel(reference, { models });
    await expect(work).rejects.toMatchObject({ tag });
    await expect(work).rejects.toThrow(message);
  });
  it("to a repository that is not there says so", async () => {
    await expect(resolveModel("ridge", { models: join(repository.folder, "no") })).rejects.toThrow(
      /no such model: there is none .*--models/,
    );
  });
});

it("nobody sees unfinished work, files, or folders that are no versions", async () => {
  const before = await listModels(models);
  await writeFile(join(models, "README.md"), "");
  await mkdir(join(models, "killed", ".publish-0123456789ab"), { recursive: true });
  await mkdir(join(models, "Not A Model", "1"), { recursive: true });
  for (const name of [".publish-0123456789ab", ".trash-0123456789ab", "03", "latest"])
    await writeSmallVersion(join(models, "ridge", name), { weight: 9 });
  await writeFile(join(models, "ridge", "9"), "a file");
  expect(await listModels(models)).toEqual(before);
  expect(await resolveModel("ridge", { models })).toMatchObject({ version: 2 });
  await expect(resolveModel("killed", { models })).rejects.toMatchObject({ tag: "unknown-model" });
});

it("lists models by name and their versions from the newest, a damaged one with its problem", async () => {
  await repository.publish({}, { name: "dgex" });
  await alias("production", 1);
  await writeFile(join(models, "ridge", "2", "manifest.json"), "{");
  expect(await listModels(models)).toMatchObject([
    { name: "dgex", aliases: {}, versions: [{ version: 1, aliases: [], head: { scale: "log2", landmarks: 3 } }] },
    {
      name: "ridge",
      aliases: { production: 1 },
      versions: [
        { version: 2, aliases: [], problem: expect.stringMatching(/the manifest is not JSON/) },
        { version: 1, aliases: ["production"], head: { name: "ridge", version: 1 } },
      ],
    },
  ]);
  expect(await listModels(join(repository.folder, "no"))).toEqual([]);
});

it("describes a version with its model's versions and history, without the long arrays of the manifest", async () => {
  await alias("production", 1);
  const description = await describeModel("ridge", { models });
  expect(description).toMatchObject({
    name: "ridge",
    version: 1,
    alias: "production",
    head: { idType: "symbol", training: { dataset: { name: "cohort" } } },
    model: { versions: [{ version: 2 }, { version: 1 }] },
    history: [{ action: "publish" }, { action: "publish" }, { action: "alias" }],
  });
  expect(description.bytes).toBeGreaterThan(0);
  for (const field of ["transform", "inputProfile", "golden", "ood"])
    expect(description.head).not.toHaveProperty(field);
  expect(await describeModel(join(models, "ridge/1"), { models })).not.toHaveProperty("history");
});

it("the closest names come first (oracle: Levenshtein by hand)", () => {
  expect(closestFirst("rigde", ["dgex", "ridge", "residual", "bridge"])).toEqual([
    "ridge",
    "bridge",
    "dgex",
    "residual",
  ]);
  expect(closestFirst("", ["bb", "a"])).toEqual(["a", "bb"]);
});
