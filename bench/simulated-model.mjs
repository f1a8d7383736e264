// A version folder of a network with random weights, and profiles for it: what the benchmarks of inference run on.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { RowFile } from "../dist/data/node/row-file.js";
import { Random } from "../dist/data/random.js";
import { gctxLayout } from "../dist/data/write/gctx-layout.js";
import { exportRun } from "../dist/export/expression.js";
import { openSession } from "../dist/runtime/node/open.js";
import { writeSimulatedRun } from "./simulated-run.mjs";

/** @typedef {{ landmarks: number, hidden: number, targets: number }} Sizes one hidden layer */

/** The version folder of a network of these sizes, made at the first call. @param {Sizes} sizes */
export async function simulatedModel(folder, sizes) {
  const dir = join(folder, `model-${sizes.landmarks}-${sizes.hidden}-${sizes.targets}`);
  if (existsSync(join(dir, "manifest.json"))) return dir;
  const run = join(folder, `run-${randomBytes(4).toString("hex")}`);
  writeSimulatedRun(run, { ...sizes, layers: 1 });
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
