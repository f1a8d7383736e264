import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import * as h5wasm from "h5wasm/node";

/** One dataset as `create_dataset` takes it. */
export type Column = Omit<Parameters<h5wasm.Group["create_dataset"]>[0], "name">;

/** A GCTX in parts; what is left out is left out of the file. */
export interface Golden {
  readonly matrix?: Column;
  readonly genes?: Readonly<Record<string, Column>>;
  readonly samples?: Readonly<Record<string, Column>>;
  readonly attributes?: (file: h5wasm.File) => void;
}

export const version = (file: h5wasm.File) => file.create_attribute("version", "GCTX1.0", null, "S7");

/** Two samples, three genes, as cmapPy writes them. */
export const plain = {
  matrix: { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] },
  genes: { id: { data: ["g1", "g2", "g3"], dtype: "A2" } },
  samples: { id: { data: ["s1", "s2"], dtype: "A2" } },
  attributes: version,
} satisfies Golden;

/** Writes `golden.gctx` somewhere in `folder` by h5wasm's own high-level calls, and returns its path. */
export async function writeGolden(folder: string, golden: Golden): Promise<string> {
  await h5wasm.ready;
  const path = join(await mkdtemp(join(folder, "golden-")), "golden.gctx");
  const file = new h5wasm.File(path, "w");
  golden.attributes?.(file);
  const root = file.create_group("0");
  const data = root.create_group("DATA").create_group("0");
  if (golden.matrix) data.create_dataset({ name: "matrix", ...golden.matrix });
  const meta = root.create_group("META");
  for (const [group, columns] of [["ROW", golden.genes] as const, ["COL", golden.samples] as const]) {
    const parent = meta.create_group(group);
    for (const [field, column] of Object.entries(columns ?? {})) parent.create_dataset({ name: field, ...column });
  }
  file.close();
  return path;
}
