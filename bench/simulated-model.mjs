// A version folder of a network with random weights, and profiles for it: what the benchmarks of inference run on.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatGenesTable } from "../dist/data/genes-table.js";
import { RowFile } from "../dist/data/node/row-file.js";
import { Random } from "../dist/data/random.js";
import { gctxLayout } from "../dist/data/write/gctx-layout.js";
import { exportRun } from "../dist/export/expression.js";
import { openSession } from "../dist/runtime/node/open.js";

/** @typedef {{ landmarks: number, hidden: number, targets: number }} Sizes */

/** Cheap, seeded, roughly uniform in ±scale: the benchmark does not depend on the values. */
function weights(count, scale, seed) {
  const values = new Float32Array(count);
  let state = seed | 1;
  for (let i = 0; i < count; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    values[i] = (state / 2 ** 31) * scale;
  }
  return values;
}

const dense = (name, units, activation) => ({
  class_name: "Dense",
  config: { name, units, activation, use_bias: true },
});

/** Writes the run that `landfall train` would have written for such a network. @param {Sizes} sizes */
function writeRun(dir, { landmarks: l, hidden: h, targets: t }) {
  mkdirSync(join(dir, "tfjs"), { recursive: true });
  const layers = [
    { class_name: "InputLayer", config: { batch_input_shape: [null, l], dtype: "float32", name: "landmarks" } },
    dense("hidden", h, "tanh"),
    dense("head", t, "linear"),
  ];
  const arrays = [
    ["hidden/kernel", [l, h], weights(l * h, Math.sqrt(3 / l), 1)],
    ["hidden/bias", [h], weights(h, 0.1, 2)],
    ["head/kernel", [h, t], weights(h * t, Math.sqrt(3 / h), 3)],
    ["head/bias", [t], weights(t, 0.1, 4)],
  ];
  const manifest = arrays.map(([name, shape]) => ({ name, shape, dtype: "float32" }));
  const json = {
    format: "layers-model",
    modelTopology: {
      class_name: "Sequential",
      config: { name: "simulated", layers },
      keras_version: "tfjs-layers 4.22.0",
    },
    weightsManifest: [{ paths: ["weights.bin"], weights: manifest }],
  };
  writeFileSync(join(dir, "tfjs", "model.json"), JSON.stringify(json));
  writeFileSync(
    join(dir, "tfjs", "weights.bin"),
    Buffer.concat(arrays.map(([, , { buffer }]) => new Uint8Array(buffer))),
  );
  const ones = (count, value) => Array.from({ length: count }, () => value);
  const genes = [
    ...ones(l).map((_, i) => ({
      id: `LMK${i}`,
      role: "landmark",
      symbol: `LMK${i}`,
      entrez: String(i + 1),
      ensembl: "",
    })),
    ...ones(t).map((_, i) => ({
      id: `TGT${i}`,
      role: "target",
      symbol: `TGT${i}`,
      entrez: String(l + i + 1),
      ensembl: "",
      mae: 0.4,
    })),
  ];
  writeFileSync(join(dir, "genes.tsv"), formatGenesTable(genes));
  const stats = new Float32Array(l * (l + 1)).fill(8, 0, l);
  for (let i = 0; i < l; i += 1) stats[l + i * (l + 1)] = 1;
  writeFileSync(join(dir, "landmarks.stats.f32"), new Uint8Array(stats.buffer));
  writeFileSync(join(dir, "ood.f32"), new Uint8Array(weights(50 * l, Math.sqrt(3 / l), 5).buffer));
  const probabilities = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
  const normal = [-2.33, -1.64, -0.67, 0, 0.67, 1.64, 2.33];
  const mae = { model: 0.4, mean: 0.8 };
  writeFileSync(
    join(dir, "run.json"),
    JSON.stringify({
      schemaVersion: 1,
      task: "expression",
      recipe: { schemaVersion: 1, name: "simulated", family: "linear" },
      selected: {},
      candidates: [],
      dataset: { name: "simulated", hash: "00".repeat(32) },
      engine: "none",
      device: "none",
      seed: 0,
      codeVersion: "0.1.0",
      startedAt: "2026-01-01T00:00:00Z",
      seconds: 0,
      idType: "symbol",
      scale: "log2",
      transform: {
        epsilon: 1e-3,
        clip: 8,
        landmarks: { mean: ones(l, 8), sd: ones(l, 1) },
        targets: { mean: ones(t, 8), sd: ones(t, 1) },
      },
      inputProfile: {
        probabilities,
        quantiles: ones(
          l,
          normal.map((z) => 8 + z),
        ),
        reference: Array.from({ length: l }, (_, i) => 6 + (4 * i) / l),
      },
      ood: { components: 50, variances: ones(50, 2), residualVariance: 1, threshold: 40 },
      scores: { train: { samples: 1, mae } },
      notes: ["random weights"],
    }),
  );
}

/** The version folder of a network of these sizes, made at the first call. @param {Sizes} sizes */
export async function simulatedModel(folder, sizes) {
  const dir = join(folder, `model-${sizes.landmarks}-${sizes.hidden}-${sizes.targets}`);
  if (existsSync(join(dir, "manifest.json"))) return dir;
  const run = join(folder, `run-${randomBytes(4).toString("hex")}`);
  writeRun(run, sizes);
  await exportRun({ run, out: dir, open: openSession });
  rmSync(run, { recursive: true });
  return dir;
}

/** Landmarks of a model folder: their ids and moments, and what the folder's inputs are named by. */
function landmarksOf(model) {
  const { landmarks, transform, contentHash } = JSON.parse(readFileSync(join(model, "manifest.json"), "utf8"));
  const lines = readFileSync(join(model, "genes.tsv"), "utf8").split("\n");
  const genes = { ids: lines.slice(1, landmarks + 1).map((line) => line.split("\t")[0]), fields: new Map() };
  const random = new Random(1);
  const { mean, sd } = transform.landmarks;
  const rows = (count) =>
    Float32Array.from(
      { length: count * landmarks },
      (_, i) => mean[i % landmarks] + sd[i % landmarks] * random.normal(),
    );
  return { landmarks, genes, rows, name: `${landmarks}-${contentHash.slice(0, 8)}` };
}

const ids = (prefix, count) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

/** A GCTX of so many normal profiles around the model's means, made at the first call. */
export async function simulatedProfiles(folder, { samples, model }) {
  const { landmarks, genes, rows, name } = landmarksOf(model);
  const path = join(folder, `profiles-${samples}x${name}.gctx`);
  if (existsSync(path)) return path;
  const layout = gctxLayout({
    genes,
    samples: { ids: ids("S", samples), fields: new Map([["plate", ids("P", samples)]]) },
    attributes: {},
  });
  const file = await RowFile.create(`${path}.making`, layout);
  const block = rows(1024);
  for (let start = 0; start < samples; start += 1024)
    await file.writeRows(start, [{ values: block, columns: landmarks }], Math.min(1024, samples - start));
  await file.sync();
  await file.close();
  renameSync(`${path}.making`, path);
  return path;
}

/**
 * A GCTX of so many profiles of which only those have values that a survey looks at: the rest is a hole of the file.
 * Ids are as long as those of L1000 profiles.
 */
export async function sparseProfiles(folder, { samples, model }) {
  const { landmarks, genes, rows, name } = landmarksOf(model);
  const path = join(folder, `sparse-${samples}x${name}.gctx`);
  if (existsSync(path)) return path;
  const layout = gctxLayout({
    genes,
    samples: { ids: ids("REP.A001_A375_24H_X1_B22:", samples), fields: new Map() },
    attributes: {},
  });
  const file = await RowFile.create(`${path}.making`, layout);
  const values = rows(16);
  for (let place = 0; place < 32; place += 1) {
    const start = Math.floor((place * (samples - 16)) / 31);
    await file.writeRows(start, [{ values, columns: landmarks }], 16);
  }
  await file.sync();
  await file.close();
  renameSync(`${path}.making`, path);
  return path;
}
