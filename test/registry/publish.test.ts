import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readHistory } from "../../registry/history.ts";
import { readManifest } from "../../registry/manifest.ts";
import { publishVersion } from "../../registry/publish.ts";
import { removeVersion } from "../../registry/remove.ts";
import { verifyModel } from "../../registry/verify-model.ts";
import { writeGenericVersion, writeManifest, writeSmallVersion } from "./small-version.ts";
import { type TemporaryRepository, temporaryRepository } from "./temporary-repository.ts";

let repository: TemporaryRepository;
let from: string;
let models: string;
beforeEach(async () => {
  repository = await temporaryRepository();
  models = repository.models;
  from = join(repository.folder, "export");
});
afterEach(() => repository[Symbol.asyncDispose]());

const publish = () =>
  publishVersion({ from, models, name: "ridge", who: "jane", at: new Date("2025-02-03T04:05:06Z") });

describe("publishing", () => {
  it("makes version 1 of a new name: the same bytes, with name and number in the manifest only", async () => {
    const manifest = await writeSmallVersion(from);
    const published = await publishVersion({
      from,
      models,
      name: "ridge",
      who: "jane",
      why: "first",
      licence: "CC-BY-4.0",
      at: new Date("2025-02-03T04:05:06Z"),
    });
    const { contentHash } = manifest;
    const dir = join(models, "ridge", "1");
    expect(published).toEqual({ name: "ridge", version: 1, dir, contentHash, status: "published" });
    expect(await readManifest(dir)).toEqual({ ...manifest, name: "ridge", version: 1, licence: "CC-BY-4.0" });
    for (const { path } of manifest.files)
      expect(await readFile(join(dir, path))).toEqual(await readFile(join(from, path)));
    expect((await readdir(join(models, "ridge"))).toSorted()).toEqual(["1", "config.pbtxt", "history.jsonl"]);
    expect(await readHistory(join(models, "ridge"))).toEqual([
      { at: "2025-02-03T04:05:06.000Z", who: "jane", action: "publish", version: 1, why: "first", contentHash },
    ]);
    expect((await verifyModel(models, "ridge")).problems).toEqual([]);
  });
  it("does not publish the same content twice", async () => {
    await writeSmallVersion(from);
    const first = await publish();
    expect(await publish()).toEqual({ ...first, status: "unchanged" });
    // Another licence or card is the same model.
    const again = await repository.publish({ manifest: { licence: "other" } });
    expect(again).toMatchObject({ version: 1, status: "unchanged" });
    expect(await readHistory(join(models, "ridge"))).toHaveLength(1);
  });
  it("takes a published version of another repository, without its name, number and parent", async () => {
    await repository.publish();
    const { dir } = await repository.publish({ weight: 2 }, { parent: 1 });
    expect(await readManifest(dir)).toMatchObject({ name: "ridge", version: 2, parent: 1 });
    const elsewhere = join(repository.folder, "elsewhere");
    const copy = await publishVersion({ from: dir, models: elsewhere, name: "copy", who: "jane" });
    const manifest = await readManifest(copy.dir);
    expect(manifest).toMatchObject({ name: "copy", version: 1 });
    expect(manifest.parent).toBeUndefined();
  });
  it("counts on from the highest number ever used", async () => {
    for (const weight of [1, 2, 3]) await repository.publish({ weight });
    await removeVersion({ models, name: "ridge", version: 3, who: "jane" });
    expect(await repository.publish({ weight: 4 })).toMatchObject({ version: 4, status: "published" });
    expect(await repository.publish({ weight: 3 })).toMatchObject({ version: 5, status: "published" });
  });
  it("publishes bare nets and nets with external weights", async () => {
    await writeGenericVersion(from);
    expect(await publishVersion({ from, models, name: "bare", who: "jane" })).toMatchObject({ version: 1 });
    const large = { external: true, landmarks: 20, targets: 30 };
    const { dir } = await repository.publish(large, { name: "large" });
    expect(await readdir(dir)).toContain("model.onnx.data");
    for (const name of ["bare", "large"]) {
      const { problems, versions } = await verifyModel(models, name);
      expect([problems, versions.map((version) => version.problems)]).toEqual([[], [[]]]);
    }
  });
});

describe("publishing refuses", () => {
  it("a folder whose bytes are not those of the manifest, naming every file", async () => {
    await writeSmallVersion(from);
    const weights = await readFile(join(from, "tfjs/weights.bin"));
    await writeFile(join(from, "tfjs/weights.bin"), weights.fill(9));
    await writeFile(join(from, "card.md"), "# other\n\n");
    await rm(join(from, "landmarks.stats.f32"));
    await writeFile(join(from, "tfjs/extra"), "");
    await symlink("/etc/passwd", join(from, "link"));
    const error = await publish().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ tag: "bad-model", fault: { where: from } });
    expect((error as { fault: { examples: string[] } }).fault.examples.toSorted()).toEqual([
      "card.md: 9 bytes instead of 8",
      "landmarks.stats.f32: missing",
      "link: not a regular file",
      "tfjs/extra: not in the manifest",
      expect.stringMatching(/^tfjs\/weights\.bin: its bytes changed/),
    ]);
    await expect(readdir(models)).rejects.toThrow(/ENOENT/);
  });
  it("a content hash that is not that of the files", async () => {
    const manifest = await writeSmallVersion(from);
    await writeManifest(from, { ...manifest, contentHash: "0".repeat(64) });
    await expect(publish()).rejects.toThrow(/contentHash: 000000000000 instead of/);
  });
  it("a manifest with files outside of its folder", async () => {
    const manifest = await writeSmallVersion(from);
    await writeFile(join(repository.folder, "secret"), "");
    const outside = { path: "../secret", bytes: 0, sha256: "0".repeat(64), identity: false };
    await writeManifest(from, { ...manifest, files: [...manifest.files, outside] });
    await expect(publish()).rejects.toThrow(/\.\.\/secret: missing/);
  });
  it.each([
    ["the weights", { landmarks: 4 }, /input 1: .*N, 3.*N, 4/],
    ["the scale", { manifest: { scale: "zscore" as const } }, /scale: log2 → zscore/],
    ["the genes", { prefix: "other-" }, /3 landmarks are other genes: landmark 1 is l0 → other-l0/],
    ["the id type", { manifest: { idType: "entrez" as const } }, /id type: symbol → entrez/],
  ])("another signature under the same name: %s", async (_, small, message) => {
    await repository.publish();
    const work = repository.publish({ weight: 2, ...small });
    await expect(work).rejects.toMatchObject({ tag: "bad-model" });
    await expect(work).rejects.toThrow(message);
    expect(await readdir(join(models, "ridge"))).not.toContain("2");
  });
  it.each(["../x", "CON", "con", "Ridge", "a/b", "", "x".repeat(64)])("the name %j", async (name) => {
    await writeSmallVersion(from);
    await expect(publishVersion({ from, models, name, who: "jane" })).rejects.toMatchObject({ tag: "usage" });
    expect((await readdir(repository.folder)).toSorted()).toEqual(["export"]);
  });
  it("a folder that is no export, and one with a damaged manifest", async () => {
    await expect(publish()).rejects.toMatchObject({ tag: "no-input" });
    await mkdir(from);
    await writeFile(join(from, "manifest.json"), "{");
    await expect(publish()).rejects.toThrow(/the manifest is not JSON/);
    await writeFile(join(from, "manifest.json"), '{"task":"expression"}');
    await expect(publish()).rejects.toThrow(/the manifest is not valid/);
  });
  it("a parent that does not exist", async () => {
    await repository.publish();
    await expect(repository.publish({ weight: 2 }, { parent: 7 })).rejects.toThrow(/no such version of ridge/);
  });
  it("a repository that cannot be written to", async () => {
    await writeSmallVersion(from);
    await writeFile(models, "a file");
    await expect(publish()).rejects.toMatchObject({ tag: "cannot-create" });
  });
  it("to go on when it is cancelled, leaving nothing", async () => {
    await writeSmallVersion(from);
    const signal = AbortSignal.abort();
    await expect(publishVersion({ from, models, name: "ridge", who: "jane", signal })).rejects.toMatchObject({
      tag: "cancelled",
    });
    await expect(readdir(models)).rejects.toThrow(/ENOENT/);
  });
});

it("completes what a killed publisher did not come to", async () => {
  await repository.publish();
  const dir = join(models, "ridge");
  await rm(join(dir, "config.pbtxt"));
  await rm(join(dir, "history.jsonl"));
  await cp(join(dir, "1"), join(dir, ".publish-0123456789ab"), { recursive: true });
  expect(await repository.publish()).toMatchObject({ version: 1, status: "unchanged" });
  expect(await readHistory(dir)).toMatchObject([{ action: "publish", version: 1 }]);
  expect(await verifyModel(models, "ridge")).toMatchObject({ problems: [], versions: [{ problems: [] }] });
});
