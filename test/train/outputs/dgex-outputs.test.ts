import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Axis } from "../../../data/source.ts";
import type { LayersModel } from "../../../train/layers-model.ts";
import { type DgexOutputs, dgexBase, writeDgexOutputs } from "../../../train/outputs/dgex-outputs.ts";
import type { SplitName } from "../../../train/standardised.ts";
import type { KeptNet } from "../../../train/trained-net.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-dgex-outputs-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Samples of the paper's cohorts, mixed; the value of sample i's landmark is i. */
const samples = [
  ["s0", "train", "GEO"],
  ["s1", "test", "GTEx"],
  ["s2", "validation", "GEO"],
  ["s3", "validation", "1000G"],
  ["s4", "test", "GEO"],
  ["s5", "test", "GTEx"],
  ["s6", "validation", "GEO"],
  ["s7", "test", "GTEx"],
] as const;

const axis: Axis = {
  ids: samples.map(([id]) => id),
  fields: new Map<string, readonly string[]>([
    ["lf_split", samples.map(([, split]) => split)],
    ["lf_cohort", samples.map(([, , cohort]) => cohort)],
  ]),
};

const targets = 3;

function indices(split: SplitName, cohort?: string): number[] {
  return samples.flatMap(([, s, c], i) => (s === split && (cohort === undefined || c === cohort) ? [i] : []));
}

/** Blocks of two rows. */
const data: DgexOutputs["data"] = {
  targets,
  cohortsOf: (split) => [...new Set(indices(split).map((i) => samples[i]?.[2] ?? ""))],
  async *blocks(split, cohort) {
    const rows = indices(split, cohort);
    for (let start = 0; start < rows.length; start += 2) {
      const landmarks = Float32Array.from(rows.slice(start, start + 2));
      yield { rows: landmarks.length, landmarks, targets: new Float32Array(landmarks.length * targets) };
    }
  },
};

const kept: KeptNet[] = [
  {
    name: "validation:GEO",
    epoch: 2,
    validationMae: 0.25,
    weights: new Map([["targets/kernel", Float32Array.of(1, 2, 3)]]),
  },
  {
    name: "validation:1000G",
    epoch: 1,
    validationMae: 0.5,
    weights: new Map([["targets/kernel", Float32Array.of(-1, 0, 1)]]),
  },
];

const kernelOf = (net: KeptNet): Float32Array => net.weights.get("targets/kernel") ?? new Float32Array();

function outputs(changes: Partial<DgexOutputs> = {}): DgexOutputs & { disposed: string[] } {
  const disposed: string[] = [];
  const model = (net: KeptNet): LayersModel => ({
    name: "net",
    inputs: 1,
    layers: [
      {
        kind: "dense",
        name: "targets",
        units: targets,
        activation: "linear",
        kernel: kernelOf(net),
        bias: new Float32Array(targets),
      },
    ],
  });
  const predict = async (net: KeptNet) => ({
    predictZ: async (x: Float32Array) => Float32Array.from([...x].flatMap((v) => [...kernelOf(net)].map((w) => v * w))),
    [Symbol.asyncDispose]: async () => void disposed.push(net.name),
  });
  const options = { folder, base: "run", history: [], kept, model, predict, data, samples: axis, disposed };
  return { ...options, onProgress: () => undefined, ...changes };
}

/** Reads a float32 `.npy` by the format's specification (numpy/lib/format.py), not by our writer's constants. */
async function readNpy(name: string): Promise<{ shape: number[]; values: number[] }> {
  const bytes = await readFile(join(folder, name));
  expect(bytes.subarray(0, 6).toString("latin1")).toBe("\x93NUMPY");
  const end = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString("latin1", 10, end);
  expect(header).toMatch(/'descr': '<f4', 'fortran_order': False/);
  expect(end % 64).toBe(0);
  const shape = [...(/\(([^)]*)\)/.exec(header)?.[1] ?? "").matchAll(/\d+/g)].map(Number);
  const values = Array.from({ length: (bytes.length - end) / 4 }, (_, i) => bytes.readFloatLE(end + 4 * i));
  return { shape, values };
}

test("a run of the paper's cohorts leaves its seven outputs, predictions of the other test set, and row tables", async () => {
  const names = await writeDgexOutputs(outputs());
  expect(names).toEqual([
    "run.log",
    "run_Y_1000G.rows.tsv",
    "run_Y_GTEx.rows.tsv",
    "run_Y_te.rows.tsv",
    "run_Y_va.rows.tsv",
    "run_best1000G_Y_1000G_hat.npy",
    "run_best1000G_Y_GTEx_hat.npy",
    "run_best1000G_Y_te_hat.npy",
    "run_best1000G_model",
    "run_bestva_Y_GTEx_hat.npy",
    "run_bestva_Y_te_hat.npy",
    "run_bestva_Y_va_hat.npy",
    "run_bestva_model",
  ]);
  expect((await readdir(folder)).toSorted()).toEqual(names);
  expect(await readFile(join(folder, "run.log"), "utf8")).toMatch(
    /MAE_va_best : 0.250000\nMAE_1000G_best : 0.500000\n$/,
  );
});

test("predictions are the kept net's, rows in the dataset's order as the row table says", async () => {
  await writeDgexOutputs(outputs());
  expect(await readFile(join(folder, "run_Y_GTEx.rows.tsv"), "utf8")).toBe("row\tid\n1\ts1\n5\ts5\n7\ts7\n");
  // Three rows in blocks of two: x = 1, 5, 7 times each net's kernel.
  expect(await readNpy("run_bestva_Y_GTEx_hat.npy")).toEqual({
    shape: [3, 3],
    values: [1, 2, 3, 5, 10, 15, 7, 14, 21],
  });
  expect(await readNpy("run_best1000G_Y_GTEx_hat.npy")).toEqual({
    shape: [3, 3],
    values: [-1, 0, 1, -5, 0, 5, -7, 0, 7],
  });
  expect(await readNpy("run_bestva_Y_va_hat.npy")).toEqual({ shape: [2, 3], values: [2, 4, 6, 6, 12, 18] });
  expect(await readNpy("run_best1000G_Y_1000G_hat.npy")).toEqual({ shape: [1, 3], values: [-3, 0, 3] });
});

test("the kept net is a tfjs folder with its weights, and its session is closed", async () => {
  const options = outputs();
  await writeDgexOutputs(options);
  const bytes = await readFile(join(folder, "run_best1000G_model", "weights.bin"));
  expect([0, 4, 8, 12].map((at) => bytes.readFloatLE(at))).toEqual([-1, 0, 1, 0]);
  const json = JSON.parse(await readFile(join(folder, "run_best1000G_model", "model.json"), "utf8"));
  expect(json.modelTopology.class_name).toBe("Sequential");
  expect(options.disposed).toEqual(["validation:GEO", "validation:1000G"]);
});

test("without validation rows the net of the last epoch is written under its own name", async () => {
  const [net] = kept;
  const names = await writeDgexOutputs(
    outputs({ kept: net ? [{ name: "last", epoch: 2, weights: net.weights }] : [] }),
  );
  expect(names.filter((name) => name.includes("last"))).toEqual([
    "run_last_Y_GTEx_hat.npy",
    "run_last_Y_te_hat.npy",
    "run_last_model",
  ]);
  expect(await readFile(join(folder, "run.log"), "utf8")).not.toContain("best");
});

test("a set whose blocks do not come to its rows leaves no file under the name", async () => {
  const short: DgexOutputs["data"] = {
    ...data,
    async *blocks() {
      yield { rows: 1, landmarks: Float32Array.of(1), targets: new Float32Array(targets) };
    },
  };
  const options = outputs({ data: short });
  await expect(writeDgexOutputs(options)).rejects.toMatchObject({ tag: "internal" });
  expect((await readdir(folder)).filter((name) => name.includes("npy"))).toEqual([]);
  expect(options.disposed).toEqual(["validation:GEO"]);
});

test("a folder that is a file is refused by its name", async () => {
  const path = join(folder, "taken");
  await writeFile(path, "");
  await expect(writeDgexOutputs(outputs({ folder: path }))).rejects.toMatchObject({
    tag: "cannot-create",
    fault: { where: path },
  });
});

test("the base name is the authors' (README of uci-cbcl/D-GEX: 9000_H1_0-4760_75)", () => {
  expect(dgexBase({ hidden: [9000], dropout: 0.25 }, { start: 0, end: 4760 })).toBe("9000_H1_0-4760_75");
  expect(dgexBase({ hidden: [3000, 3000], dropout: 0.1 }, { start: 4760, end: 9520 })).toBe("3000_H2_4760-9520_90");
});
