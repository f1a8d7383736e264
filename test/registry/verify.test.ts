import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { setAlias } from "../../registry/aliases.ts";
import { verifyFolder } from "../../registry/verify.ts";
import { verifyModel } from "../../registry/verify-model.ts";
import type { ExpressionManifest, Progress } from "../../schemas/index.ts";
import { writeManifest, writeSmallVersion } from "./small-version.ts";
import { type TemporaryRepository, temporaryRepository } from "./temporary-repository.ts";

let repository: TemporaryRepository;
let dir: string;
let manifest: ExpressionManifest;
beforeEach(async () => {
  repository = await temporaryRepository();
  dir = join(repository.folder, "export");
  manifest = await writeSmallVersion(dir);
});
afterEach(() => repository[Symbol.asyncDispose]());

const problems = async () => (await verifyFolder(dir)).problems;

describe("verifying a folder", () => {
  it("finds nothing wrong with an export, and tells how far it is", async () => {
    const reports: Progress[] = [];
    const { bytes, ...verification } = await verifyFolder(dir, { onProgress: (report) => reports.push(report) });
    expect(verification).toEqual({ dir, manifest, problems: [] });
    expect(reports.at(-1)).toMatchObject({ phase: "verify", done: bytes, total: bytes, unit: "bytes" });
  });
  it("notices any changed byte of any file and names the file (property)", async () => {
    const paths = manifest.files.map(({ path }) => path);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (path, at, flip) => {
          const good = await readFile(join(dir, path));
          const bad = Uint8Array.from(good, (byte, i) => (i === at % good.length ? byte ^ flip : byte));
          await writeFile(join(dir, path), bad);
          expect(await problems()).toContainEqual(expect.stringMatching(`^${path}: its bytes changed`));
          await writeFile(join(dir, path), good);
        },
      ),
      { numRuns: 60 },
    );
    expect(await problems()).toEqual([]);
  });
  it("tells a missing file once", async () => {
    await rm(join(dir, "model.onnx"));
    expect(await problems()).toEqual(["model.onnx: missing"]);
  });
  it("tells what the hash does not cover", async () => {
    const files = manifest.files.map((file) => ({ ...file, identity: file.identity && file.path !== "genes.tsv" }));
    await writeManifest(dir, { ...manifest, files });
    expect(await problems()).toEqual([
      "genes.tsv: not part of the content hash",
      expect.stringMatching(/^contentHash: [0-9a-f]{12} instead of [0-9a-f]{12}$/),
    ]);
  });
  it("tells every claim of the manifest that the graph or the gene table does not bear out", async () => {
    await writeManifest(dir, {
      ...manifest,
      inputs: [{ name: "landmarks", type: "float32", dims: ["N", 4] }],
      outputs: [{ name: "targets", type: "float64", dims: ["N", 2] }],
      opset: 18,
      landmarks: 4,
      golden: { ...manifest.golden, landmarks: [[1]], targetIndices: [0, 7], tolerance: { cuda: 1 } },
    });
    expect(await problems()).toEqual([
      "input 1: the manifest says landmarks float32 [N, 4], model.onnx landmarks float32 [N, 3]",
      "output 1: the manifest says targets float64 [N, 2], model.onnx targets float32 [N, 2]",
      "output 2: the manifest says nothing, model.onnx ood float32 [N, 1]",
      "opset: the manifest says 18, model.onnx 17",
      "landmarks in genes.tsv: 3 instead of 4",
      "columns of output `ood`: 0 instead of 1",
      "transform.landmarks.mean: 3 instead of 4",
      "transform.landmarks.sd: 3 instead of 4",
      "inputProfile.quantiles: 3 instead of 4",
      "inputProfile.reference: 3 instead of 4",
      "bytes of landmarks.stats.f32: 48 instead of 80",
      "golden landmarks of row 1: 1 instead of 4",
      "golden targets of row 1: 1 instead of 2",
      "golden.targetIndices: 7 of 2 targets",
      "golden.tolerance: none for the cpu provider",
    ]);
  });
  it("tells a graph that was made for another gene table", async () => {
    const other = join(repository.folder, "other");
    const { files } = await writeSmallVersion(other, { prefix: "x" });
    await writeFile(join(dir, "genes.tsv"), await readFile(join(other, "genes.tsv")));
    const table = files.find(({ path }) => path === "genes.tsv");
    const mixed = manifest.files.map((file) => (file.path === "genes.tsv" && table ? table : file));
    await writeManifest(dir, { ...manifest, files: mixed });
    expect(await problems()).toContain("model.onnx was made for another gene table than genes.tsv");
  });
  it("tells a manifest that lies under another number", async () => {
    const { dir: published } = await repository.publish();
    const place = { name: "ridge", version: 2 };
    expect((await verifyFolder(published, { place })).problems).toEqual([
      "the manifest is that of ridge:1, not of ridge:2",
    ]);
  });
  it("tells what is no version folder at all", async () => {
    expect((await verifyFolder(repository.folder)).problems).toEqual([expect.stringMatching(/no manifest/)]);
    await writeFile(join(dir, "manifest.json"), JSON.stringify({ ...manifest, landmarks: "many" }));
    expect(await problems()).toEqual([expect.stringMatching(/the manifest is not valid: landmarks: /)]);
  });
  it("stops when it is cancelled", async () => {
    await expect(verifyFolder(dir, { signal: AbortSignal.abort() })).rejects.toMatchObject({ tag: "cancelled" });
  });
});

it("verifies all versions of a model and what lies beside them", async () => {
  const { models } = repository;
  for (const weight of [1, 2]) await repository.publish({ weight });
  await setAlias({ models, name: "ridge", alias: "production", version: 2, who: "jane" });
  await writeFile(join(models, "ridge", "config.pbtxt"), "");
  await writeFile(join(models, "ridge", "1", "card.md"), "");
  await rm(join(models, "ridge", "history.jsonl"));
  expect(await verifyModel(models, "ridge")).toMatchObject({
    name: "ridge",
    problems: [
      "aliases.json says production → 2, history.jsonl adds up to none",
      "config.pbtxt is not that of the newest version",
    ],
    versions: [
      { version: 1, problems: ["card.md: 0 bytes instead of 8"] },
      { version: 2, problems: [] },
    ],
  });
});
