/** What verification finds wrong with variants. */
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exportRun } from "../../export/index.ts";
import { verifyFolder } from "../../registry/verify.ts";
import { openSession as open } from "../../runtime/node/open.ts";
import { preparedRun } from "../export/support/prepared-run.ts";

let folder = "";
const model = (): string => join(folder, "model");
const problems = async (): Promise<readonly string[]> => (await verifyFolder(model())).problems;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-registry-"));
  const { run, data } = await preparedRun(folder);
  await exportRun({ run, data, out: model(), open, precisions: ["int8", "int4"] });
});
afterEach(() => rm(folder, { recursive: true }));

test("a folder with variants is sound", async () => {
  expect(await problems()).toEqual([]);
});

test("a variant that is gone, changed or another one is found", async () => {
  const [int8, int4] = ["int8", "int4"].map((name) => join(model(), `variants/model.${name}.onnx`));
  await rename(int8 ?? "", join(folder, "aside"));
  expect(await problems()).toEqual(["variants/model.int8.onnx: missing"]);
  await writeFile(int8 ?? "", await readFile(int4 ?? ""));
  expect(await problems()).toEqual([
    expect.stringMatching(/^variants\/model\.int8\.onnx: \d+ bytes instead of \d+$/),
    "opset: the manifest says 17, variants/model.int8.onnx 21",
  ]);
});

test("golden results that do not fit the model's golden rows, and a variant outside of the hash, are found", async () => {
  const path = join(model(), "manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8"));
  const [int8] = manifest.variants;
  int8.golden.targets[0].pop();
  int8.golden.ood.pop();
  delete int8.golden.tolerance.cpu;
  manifest.files.find((file: { path: string }) => file.path === int8.path).identity = false;
  await writeFile(path, JSON.stringify(manifest));
  expect(await problems()).toEqual(
    expect.arrayContaining([
      expect.stringContaining("contentHash"),
      "variants/model.int8.onnx: not part of the content hash",
      "variants/model.int8.onnx: 5 golden rows of ood instead of 6",
      "variants/model.int8.onnx: 1 golden rows do not have 41 targets",
      "variants/model.int8.onnx: no golden tolerance for the cpu provider",
    ]),
  );
});
