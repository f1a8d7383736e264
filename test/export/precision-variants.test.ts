/** Variants as users get them. Oracle: the float32 graph of the same folder, on the dataset's held-out rows. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDataset } from "../../data/node/dataset.ts";
import { exportRun, exportSource } from "../../export/index.ts";
import { decodeModel } from "../../onnx/codec/index.ts";
import { verifyFolder } from "../../registry/verify.ts";
import { openSession as open } from "../../runtime/node/open.ts";
import type { OpenSession } from "../../runtime/session.ts";
import type { Precision } from "../../schemas/index.ts";
import { landmarkCount, type PreparedRun, preparedRun, targetCount, withHiddenLayer } from "./support/prepared-run.ts";

const all: readonly Precision[] = ["fp32", "fp16", "int8", "int4"];
const paths = ["model.fp16", "model.int8", "model.int4", "model.int4.web"].map((name) => `variants/${name}.onnx`);

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-variants-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A run with its dataset, and where it is exported to: a folder in which nothing else is. */
async function prepare(): Promise<PreparedRun & { readonly out: string }> {
  await mkdir(join(folder, "exports"));
  return { ...(await preparedRun(folder)), out: join(folder, "exports", "model") };
}

const exported = (precisions: readonly Precision[], { data, run, out }: { data: string; run: string; out: string }) =>
  exportRun({ run, out, open, precisions, data });

/** MAE in z units of a file's targets on the validation rows, computed from the dataset. */
async function validationMae(path: string, data: string): Promise<number> {
  await using session = await open({ path }, { device: "cpu" });
  await using dataset = await openDataset(data);
  const { epsilon } = dataset.dataset.standardisation;
  let [sum, cells] = [0, 0];
  for await (const block of dataset.blocks({ split: "validation", units: "native" })) {
    const feeds = { landmarks: { type: "float32", dims: [block.rows, landmarkCount], data: block.landmarks } } as const;
    const { targets } = await session.run(feeds);
    for (const [i, truth] of block.targets.entries()) {
      const unit = (dataset.targetMoments.sd[i % targetCount] ?? 0) + epsilon;
      sum += Math.abs(Number(targets?.data[i]) - truth) / unit;
      cells += 1;
    }
  }
  return sum / cells;
}

describe("a run exported in all precisions", () => {
  test("has a file a variant, part of its identity, that the registry finds sound", async () => {
    const prepared = await prepare();
    await withHiddenLayer(prepared);
    const { files, variants, parity, contentHash } = await exported(all, prepared);
    expect(variants?.map(({ path }) => path)).toEqual(paths);
    for (const path of paths) expect(files.find((file) => file.path === path)?.identity).toBe(true);
    expect(await verifyFolder(prepared.out)).toMatchObject({ problems: [] });
    // The same export again is the same content; without variants it is another.
    expect((await exported(all, { ...prepared, out: `${prepared.out}-2` })).contentHash).toBe(contentHash);
    expect((await exported([], { ...prepared, out: `${prepared.out}-3` })).contentHash).not.toBe(contentHash);
    expect(parity.map(({ variant, batchDependence }) => [variant, batchDependence])).toEqual([
      ["fp32", 0],
      ["fp16", 0],
      ["int8", 0],
      ["int4", 0],
      ["int4-web", 0],
    ]);
    for (const path of paths) {
      const { metadata, opset } = decodeModel(await readFile(join(prepared.out, path)));
      expect(Object.keys(metadata)).toEqual(["landfall.genes", "landfall.run"]);
      expect(opset).toBe(variants?.find((variant) => variant.path === path)?.opset);
    }
  });

  test("records for each what it costs on held-out rows, and where ranges come from", async () => {
    const prepared = await prepare();
    await withHiddenLayer(prepared);
    const { variants = [] } = await exported(all, prepared);
    const reference = await validationMae(join(prepared.out, "model.onnx"), prepared.data);
    for (const { path, measured } of variants) {
      const mae = await validationMae(join(prepared.out, path), prepared.data);
      expect(measured).toMatchObject({ rows: "validation", count: 60 });
      expect(measured.mae?.fp32).toBeCloseTo(reference, 5);
      expect(measured.mae?.variant).toBeCloseTo(mae, 5);
      expect(measured.change).toBeCloseTo((mae - reference) / reference, 4);
      expect(measured.change).toBeLessThanOrEqual(measured.limit);
      expect(measured.meanDifference).toBeGreaterThan(0);
    }
    const int8 = variants.find(({ precision }) => precision === "int8");
    expect(int8?.layers.map(({ precision, input }) => [precision, input?.from])).toEqual([
      ["int8", "clip"],
      ["int8", "calibrated"],
    ]);
    expect(int8?.layers[0]?.input).toMatchObject({ low: -8, high: 8 });
    expect(int8?.layers[1]?.input?.low).toBe(0);
  });
});

/** One hidden unit that dwarfs all others: 256 levels for both leave nothing of the others. */
const dwarfing = (hidden: number): number => (hidden === 3 ? 1e5 : 1);

test("a product whose input has no good levels stays float32, and says so", async () => {
  const prepared = await prepare();
  await withHiddenLayer(prepared, { unit: dwarfing, inMiddle: true });
  const { variants } = await exported(["int8"], prepared);
  const layers = variants?.[0]?.layers ?? [];
  expect(layers.map(({ name, precision }) => [name, precision])).toEqual([
    ["hidden/Gemm", "int8"],
    ["scaled/Gemm", "int8"],
    ["head/Gemm", "fp32"],
  ]);
  const [first = 0, second = 0, head = 0] = layers.map(({ error }) => error);
  expect(head).toBeGreaterThan(10 * Math.max(first, second));
});

test("weights that cancel stay float32 in fp16 too, and no others", async () => {
  const prepared = await prepare();
  await withHiddenLayer(prepared, { inMiddle: true, cancelling: 12 });
  const { variants } = await exported(["fp16"], prepared);
  const layers = variants?.[0]?.layers ?? [];
  expect(layers.map(({ name, precision }) => [name, precision])).toEqual([
    ["hidden/Gemm", "fp16"],
    ["scaled/Gemm", "fp16"],
    ["head/Gemm", "fp32"],
  ]);
  const { initializers } = decodeModel(await readFile(join(prepared.out, "variants/model.fp16.onnx"))).graph;
  expect([...initializers.values()].filter(({ type }) => type === "float16")).toHaveLength(2);
});

test("a variant over its limit is refused, and nothing is written", async () => {
  const prepared = await prepare();
  // MAE is some 6 % larger, while no single value is far off: the measured loss decides.
  await withHiddenLayer(prepared, { unit: (hidden) => (hidden === 3 ? 80 : 1) });
  await expect(exported(["fp16", "int8"], prepared)).rejects.toMatchObject({
    tag: "bad-model",
    message: expect.stringMatching(/the int8 variant costs more accuracy.*expected MAE up to 0\.500 % larger/),
  });
  expect(await readdir(join(folder, "exports"))).toEqual([]);
});

/** Sessions of variants give a lone profile another result: as a runtime would that quantises by batch. */
const byBatch: OpenSession = async (model, options) => {
  const session = await open(model, options);
  if (!("path" in model) || !model.path.includes("variants")) return session;
  return {
    ...session,
    run: async (feeds, runOptions) => {
      const outputs = await session.run(feeds, runOptions);
      const { targets } = outputs;
      if (targets?.type !== "float32" || targets.dims[0] !== 1) return outputs;
      return { ...outputs, targets: { ...targets, data: targets.data.map((value) => value + 1e-3) } };
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
};

test("a variant whose results depend on the batch is refused, and nothing is written", async () => {
  const { run, data, out } = await prepare();
  await expect(exportRun({ run, data, out, open: byBatch, precisions: ["int8"] })).rejects.toMatchObject({
    tag: "bad-model",
    message: expect.stringMatching(/int8 variant a profile's result depends on its batch/),
  });
  expect(await readdir(join(folder, "exports"))).toEqual([]);
});

test("fp16 needs no dataset, and is measured on rows like the training set's", async () => {
  const { run, out } = await prepare();
  const { variants } = await exportRun({ run, out, open, precisions: ["fp16"] });
  expect(variants?.[0]?.measured).toMatchObject({ rows: "generated", limit: 0.001 });
  expect(variants?.[0]?.measured.mae).toBeUndefined();
});

describe("a few bits are refused", () => {
  test("without the dataset", async () => {
    const { run, out } = await prepare();
    await expect(exportRun({ run, out, open, precisions: ["int8", "int4"] })).rejects.toMatchObject({
      tag: "usage",
      message: expect.stringMatching(/int8 and int4 cannot be exported without the dataset.*--data/),
    });
    expect(await readdir(join(folder, "exports"))).toEqual([]);
  });

  test("with another dataset than the run's", async () => {
    const prepared = await prepare();
    const text = await readFile(join(prepared.data, "dataset.json"), "utf8");
    await writeFile(join(prepared.data, "dataset.json"), `${text} `);
    await expect(exported(["int8"], prepared)).rejects.toMatchObject({
      tag: "bad-data",
      message: expect.stringContaining("not the dataset that the run was trained on"),
    });
  });

  test("for a bare tfjs model", async () => {
    const { run, out } = await prepare();
    await expect(exportSource(join(run, "tfjs"), { out, open, precisions: ["int8"] })).rejects.toMatchObject({
      tag: "usage",
      message: expect.stringContaining("--precision int8"),
    });
  });
});
