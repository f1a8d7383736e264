import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openDataset } from "../../../data/node/dataset.ts";
import { type PrepareOptions, prepareDataset } from "../../../data/node/prepare.ts";
import { prepareOptions, writeSmallCohort } from "../../data/dataset/small-cohort.ts";
import { normals } from "../ort/nets.ts";

/** How a cohort's targets follow from its landmarks: weight of the shared regulation, of noise; a shift of all. */
const cohorts = [
  { cohort: "GEO", samples: 150, shared: 1, noise: 0.3 },
  { cohort: "1000G", samples: 40, shared: -0.4, noise: 1 },
  { cohort: "GTEx", samples: 40, shared: -0.2, noise: 0.8 },
] as const;

/**
 * A dataset with the paper's cohorts: GEO in all splits, 1000G validates, GTEx tests. Regulation on the other platforms
 * is another, so that their rows choose other epochs, λ and k than GEO's. 6 landmarks, 7 targets, one of them a landmark.
 */
export async function paperDataset(folder: string): Promise<string> {
  const genes = 12;
  const inputs: { cohort: string; path: string }[] = [];
  for (const [at, { cohort, samples, shared, noise }] of cohorts.entries()) {
    const drawn = normals(samples * genes, at + 1);
    const of = (sample: number, gene: number): number => drawn[sample * genes + gene] ?? 0;
    const value = (sample: number, gene: number): number =>
      8 +
      (gene < 6
        ? of(sample, gene)
        : noise * of(sample, gene) + shared * Math.tanh(of(sample, gene - 6) + of(sample, 0)));
    const path = join(folder, `${cohort}.gctx`);
    await writeSmallCohort(path, { samples, genes, value, prefix: cohort });
    inputs.push({ cohort, path });
  }
  const out = join(folder, "data");
  const assigned = { "1000G": "validation", GTEx: "test" } as const;
  const split: PrepareOptions["split"] = { kind: "random", fractions: [0.6, 0.2, 0.2], seed: 1, assigned };
  await prepareDataset({ ...prepareOptions("", out), inputs, split });
  return out;
}

/** Rows of a cohort in a split in z units, whole: `[rows][genes]`, and the targets' ids. */
export async function rowsOf(data: string, split: "validation" | "test", cohort: string) {
  await using dataset = await openDataset(data);
  const [x, y]: [number[][], number[][]] = [[], []];
  const cut = (from: Float32Array, width: number): number[][] =>
    Array.from({ length: from.length / width }, (_, row) => Array.from(from.subarray(row * width, (row + 1) * width)));
  for await (const { landmarks, targets } of dataset.blocks({ split, cohort, units: "z" })) {
    x.push(...cut(landmarks, dataset.landmarks.length));
    y.push(...cut(targets, dataset.targets.length));
  }
  return { x, y, targets: dataset.targets.map(({ id }) => id) };
}

/** MAE of every gene, then mean and population sd over genes, as a table's cell: the paper's definition. */
export function cellOf(predicted: readonly (readonly number[])[], truth: readonly (readonly number[])[]): string {
  const genes = truth[0]?.map((_, gene) => {
    const errors = truth.map((row, at) => Math.abs((row[gene] ?? 0) - (predicted[at]?.[gene] ?? Number.NaN)));
    return errors.reduce((sum, error) => sum + error, 0) / errors.length;
  });
  const [maes, count] = [genes ?? [], genes?.length ?? 0];
  const mean = maes.reduce((sum, mae) => sum + mae, 0) / count;
  const sd = Math.sqrt(maes.reduce((sum, mae) => sum + (mae - mean) ** 2, 0) / count);
  return `${mean.toFixed(4)} ± ${sd.toFixed(4)}`;
}

/** An `.npy` of float32 as rows (numpy/lib/format.py). */
export async function npyRows(path: string): Promise<number[][]> {
  const bytes = await readFile(path);
  const start = 10 + bytes.readUInt16LE(8);
  const [rows = 0, columns = 0] = [
    ...(/\(([^)]*)\)/.exec(bytes.toString("latin1", 10, start))?.[1] ?? "").matchAll(/\d+/g),
  ].map(Number);
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (__, column) => bytes.readFloatLE(start + 4 * (row * columns + column))),
  );
}

/** Predictions of a run's affine model, from the weights that it wrote: kernel `[L, T]`, then bias `[T]`. */
export async function affineRows(run: string, x: readonly (readonly number[])[]): Promise<number[][]> {
  const bytes = await readFile(join(run, "tfjs", "weights.bin"));
  const landmarks = x[0]?.length ?? 0;
  const targets = bytes.length / 4 / (landmarks + 1);
  return x.map((row) =>
    Array.from({ length: targets }, (_, t) =>
      row.reduce(
        (sum, value, l) => sum + value * bytes.readFloatLE(4 * (l * targets + t)),
        bytes.readFloatLE(4 * (landmarks * targets + t)),
      ),
    ),
  );
}

/** The targets' ids in a run's order. */
export async function targetsOf(run: string): Promise<string[]> {
  const [header = "", ...lines] = (await readFile(join(run, "genes.tsv"), "utf8")).trimEnd().split("\n");
  const [role, id] = ["role", "id"].map((name) => header.split("\t").indexOf(name));
  return lines
    .map((line) => line.split("\t"))
    .flatMap((cells) => (cells[role ?? 0] === "target" ? [cells[id ?? 0] ?? ""] : []));
}
