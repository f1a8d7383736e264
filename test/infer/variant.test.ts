/** Which graph of a model runs, and that its golden results are its own. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exportRun } from "../../export/index.ts";
import { inferFile } from "../../infer/node/batch.ts";
import { loadModelFolder } from "../../infer/node/load-model.ts";
import { chooseGraph, type PrecisionChoice } from "../../infer/variant.ts";
import { openSession as open } from "../../runtime/node/open.ts";
import type { Provider } from "../../runtime/session.ts";
import type { ExpressionManifest } from "../../schemas/index.ts";
import { preparedRun } from "../export/support/prepared-run.ts";

let folder = "";
let manifest: ExpressionManifest;
const model = (): string => join(folder, "model");

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-variant-"));
  const { run, data } = await preparedRun(folder);
  manifest = await exportRun({ run, data, out: model(), open, precisions: ["fp16", "int8", "int4"] });
});
afterEach(() => rm(folder, { recursive: true }));

const pathOf = (precision: PrecisionChoice, provider: Provider, of = manifest): string =>
  chooseGraph(of, { precision, provider }).path;

describe("a precision", () => {
  test("is the file that was made for the provider", () => {
    expect(pathOf("fp32", "cpu")).toBe("model.onnx");
    expect(pathOf("int4", "cpu")).toBe("variants/model.int4.onnx");
    expect(pathOf("int4", "wasm")).toBe("variants/model.int4.web.onnx");
    expect(pathOf("int8", "webgpu")).toBe("variants/model.int8.onnx");
  });

  test("auto is the fastest that the model has for the provider", () => {
    const providers: readonly Provider[] = ["cpu", "wasm", "webgpu", "cuda"];
    expect(providers.map((provider) => chooseGraph(manifest, { precision: "auto", provider }).precision)).toEqual([
      "int8",
      "int8",
      "fp16",
      "fp32",
    ]);
    const { variants: _, ...bare } = manifest;
    expect(providers.map((provider) => pathOf("auto", provider, bare))).toEqual(Array(4).fill("model.onnx"));
  });

  test("that the model does not have is refused, telling which it has", () => {
    const some = { ...manifest, variants: manifest.variants?.filter(({ precision }) => precision === "fp16") };
    expect(() => pathOf("int8", "cpu", some)).toThrow(/no int8 variant.*expected fp32, fp16.*--precision auto/);
  });
});

test.each(["fp16", "int8", "int4", "auto"] as const)("%s loads, with its own golden results", async (precision) => {
  await using predictor = await loadModelFolder(model(), { device: "cpu", precision });
  expect(predictor.precision).toBe(precision === "auto" ? "int8" : precision);
  expect(predictor.manifest.golden.landmarks).toEqual(manifest.golden.landmarks);
  expect(predictor.manifest.golden.targets).not.toEqual(manifest.golden.targets);
});

test("the other graphs of a model are not needed, a changed one of its own is refused", async () => {
  await rm(join(model(), "model.onnx"));
  await using predictor = await loadModelFolder(model(), { device: "cpu", precision: "int8" });
  expect(predictor.precision).toBe("int8");
  await expect(loadModelFolder(model(), { device: "cpu" })).rejects.toThrow(/model.onnx is missing/);
  const path = join(model(), "variants/model.int8.onnx");
  const bytes = await readFile(path);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(path, bytes);
  await expect(loadModelFolder(model(), { device: "cpu", precision: "int8" })).rejects.toMatchObject({
    tag: "bad-model",
    message: expect.stringContaining("variants/model.int8.onnx has another sha256"),
  });
});

test("golden results of a variant are its own: those of another graph are found out", async () => {
  const text = await readFile(join(model(), "manifest.json"), "utf8");
  const damaged = JSON.parse(text);
  for (const variant of damaged.variants) variant.golden.ood[0] += 1;
  await writeFile(join(model(), "manifest.json"), JSON.stringify(damaged));
  await expect(loadModelFolder(model(), { device: "cpu", precision: "int8" })).rejects.toThrow(/golden row 1, ood/);
  await using whole = await loadModelFolder(model(), { device: "cpu" });
  expect(whole.precision).toBe("fp32");
});

test("an output in fewer bits says so, and belongs to another plan than one in float32", async () => {
  const output = join(folder, "out.gctx");
  const infer = async (precision: PrecisionChoice) => {
    await using predictor = await loadModelFolder(model(), { device: "cpu", precision });
    return await inferFile({ model: predictor, inputs: [join(folder, "in.gctx")], output });
  };
  const { run } = await infer("int8");
  expect(run.plan.model.precision).toBe("int8");
  await expect(infer("fp32")).rejects.toMatchObject({ tag: "other-plan" });
  expect((await infer("int8")).status).toBe("already done");
});
