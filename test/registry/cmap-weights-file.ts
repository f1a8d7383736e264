/**
 * Files laid out as GSE92743_Broad_OLS_WEIGHTS_n979x11350.gctx: HDF5 with a compressed matrix, targets as rows, `OFFSET`
 * and the landmarks as columns.
 * @module
 */
import { Random } from "../../data/random.ts";
import type { ExpressionSource } from "../../data/source.ts";
import { version, writeGolden } from "../data/read/golden-gctx.ts";

/** A table of weights as the file has it, with the intercept as a landmark's column. */
export interface WeightTable {
  readonly targets: readonly string[];
  /** With the intercept among them. */
  readonly columns: readonly string[];
  /** `[columns, targets]`: the order of the file's matrix. */
  readonly values: Float32Array;
}

/** Random weights that keep log2 profiles around 8; the first target is far above the clamp, the second far below. */
export function randomWeights(landmarks: readonly string[], targets: readonly string[]): WeightTable {
  const random = new Random(1);
  const [l, t] = [landmarks.length, targets.length];
  const values = new Float32Array((l + 1) * t);
  const sums = new Float64Array(t);
  for (let at = t; at < values.length; at++) {
    const weight = random.normal() / Math.sqrt(l);
    values[at] = weight;
    sums[at % t] = (sums[at % t] ?? 0) + weight;
  }
  for (let target = 0; target < t; target++) {
    const level = [50, -50][target] ?? 8;
    values[target] = level - 8 * (sums[target] ?? 0);
  }
  return { targets, columns: ["OFFSET", ...landmarks], values };
}

/** The turned table's values: `[targets, columns]`. */
export function turned({ targets, columns, values }: WeightTable): Float32Array {
  return Float32Array.from(values, (_, at) => {
    const [target, column] = [Math.floor(at / columns.length), at % columns.length];
    return values[column * targets.length + target] ?? Number.NaN;
  });
}

const ids = (list: readonly string[]) => ({ id: { data: [...list], dtype: "A12" } });

/** Writes the table into `folder` as CMap's, or turned; returns the path. */
export function writeWeights(folder: string, table: WeightTable, { isTurned = false } = {}): Promise<string> {
  const { targets, columns, values } = table;
  const [rows, across] = isTurned ? [columns, targets] : [targets, columns];
  return writeGolden(folder, {
    matrix: {
      data: isTurned ? turned(table) : values,
      shape: [across.length, rows.length],
      chunks: [Math.min(64, across.length), rows.length],
      compression: "gzip",
      compression_opts: [4],
    },
    genes: ids(rows),
    samples: ids(across),
    attributes: version,
  });
}

/** The formula of `infer_tool.m` in float64 for one profile, written out: landmarks by id. */
export function inferredBy({ targets, columns, values }: WeightTable, profile: ReadonlyMap<string, number>) {
  return targets.map((_, target) => {
    let [sum, magnitude] = [0, 0];
    for (const [place, id] of columns.entries()) {
      const x = id === "OFFSET" ? 1 : (profile.get(id) ?? Number.NaN);
      const product = (values[place * targets.length + target] ?? Number.NaN) * x;
      sum += product;
      magnitude += Math.abs(product);
    }
    // Any order of n float32 additions is within n half-ulps of the sum of magnitudes (Higham 2002, eq. 3.5).
    return { value: Math.min(Math.max(sum, 0), 15), rounding: (columns.length + 1) * 2 ** -24 * magnitude };
  });
}

/** All values of a source, `[samples, genes]`. */
export async function allValues(source: ExpressionSource): Promise<Float32Array> {
  const genes = source.genes.ids.length;
  const values = new Float32Array(source.samples.ids.length * genes);
  for await (const block of source.blocks()) values.set(block.values, block.start * genes);
  return values;
}
