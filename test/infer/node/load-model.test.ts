import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadModelFolder } from "../../../infer/node/load-model.ts";
import type { AppError } from "../../../schemas/index.ts";
import { makeProfiles } from "../support/profiles.ts";
import { makeSmallModel, type SmallModel } from "../support/small-model.ts";

let root: string;
let small: SmallModel;
let dir: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "landfall-load-"));
  small = await makeSmallModel(root);
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  dir = join(await mkdtemp(join(root, "test-")), "version");
  await cp(small.dir, dir, { recursive: true });
});

const load = () => loadModelFolder(dir, { device: "cpu" });
const refused = (): Promise<AppError> =>
  load().then(
    () => Promise.reject(new Error("it should be refused")),
    (error: AppError) => error,
  );
const edit = async (file: string, change: (text: string) => string): Promise<void> =>
  writeFile(join(dir, file), change(await readFile(join(dir, file), "utf8")));

describe("a version folder", () => {
  it("is loaded without its tfjs files, which inference does not need", async () => {
    await rm(join(dir, "tfjs"), { recursive: true });
    await using model = await load();
    expect(model.genes).toEqual(small.genes);
    expect(model.manifest).toEqual(small.manifest);
  });
  it("is loaded in a thread of its own with the same results", async () => {
    await using here = await load();
    await using there = await loadModelFolder(dir, { device: "cpu", host: "worker" });
    const profiles = makeProfiles({ samples: 9 });
    expect((await there.predict(profiles)).values).toEqual((await here.predict(profiles)).values);
  });
  it("whose files changed is refused, naming all of them", async () => {
    await appendFile(join(dir, "genes.tsv"), "\n");
    await rm(join(dir, "landmarks.stats.f32"));
    const bytes = await readFile(join(dir, "model.onnx"));
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    await writeFile(join(dir, "model.onnx"), bytes);
    const error = await refused();
    expect([error.tag, error.exitCode]).toEqual(["bad-model", 65]);
    expect(error.fault.what).toBe("this is a model whose bytes changed");
    expect(error.fault.examples).toEqual([
      expect.stringMatching(/^genes.tsv has \d+ bytes instead of \d+$/),
      "landmarks.stats.f32 is missing",
      "model.onnx has another sha256",
    ]);
  });
  it("of a generic model is refused with advice", async () => {
    await edit("manifest.json", (text) => text.replace('"task": "expression"', '"task": "generic"'));
    const error = await refused();
    expect(error.tag).toBe("bad-model");
    expect(error.message).toMatch(/expected task expression, got task generic.*ONNX Runtime/);
  });
  it("whose manifest is damaged is refused, telling where", async () => {
    await edit("manifest.json", (text) => text.replace('"opset": 17', '"opset": "x"'));
    expect((await refused()).message).toMatch(/manifest.json: .*opset/s);
    await edit("manifest.json", (text) => text.slice(0, 100));
    expect((await refused()).message).toContain("the manifest is not JSON");
  });
  it("that is none is an unknown model", async () => {
    dir = join(root, "none");
    const error = await refused();
    expect([error.tag, error.exitCode]).toEqual(["unknown-model", 66]);
  });
  it("whose golden results differ from what its graph gives is refused, naming the folder", async () => {
    await edit("manifest.json", (text) => {
      const manifest = JSON.parse(text);
      manifest.golden.ood[0] += 1;
      return JSON.stringify(manifest);
    });
    const error = await refused();
    expect(error.tag).toBe("bad-model");
    expect(error.fault.where).toBe(dir);
    expect(error.message).toContain("golden row 1, ood: expected");
  });
});
