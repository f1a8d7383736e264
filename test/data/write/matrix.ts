import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as h5wasm from "h5wasm/node";
import { onTestFinished } from "vitest";
import type { Axis, Block, ExpressionSource, MetaColumn } from "../../../data/source.ts";

/** A folder of its own for one test, removed with it. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "landfall-write-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export const axis = (ids: readonly string[], fields: Readonly<Record<string, MetaColumn>> = {}): Axis => ({
  ids,
  fields: new Map(Object.entries(fields)),
});

export const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);

/** Blocks of `values` `[samples, genes]`, `blockRows` rows each. */
export function* blocksOf(values: Float32Array, genes: number, blockRows: number): Generator<Block> {
  const samples = values.length / genes;
  for (let start = 0; start < samples; start += blockRows) {
    const rows = Math.min(blockRows, samples - start);
    yield { start, rows, values: values.slice(start * genes, (start + rows) * genes) };
  }
}

/** A matrix in memory as an open file, and how often it was read. */
export function memorySource(
  genes: Axis,
  samples: Axis,
  values: Float32Array,
): ExpressionSource & { readonly readings: () => number } {
  let readings = 0;
  return {
    format: "gctx",
    label: "memory.gctx",
    genes,
    samples,
    warnings: [],
    blocks: async function* () {
      readings++;
      yield* blocksOf(values, genes.ids.length, 3);
    },
    readings: () => readings,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Everything in a GCTX file as the HDF5 library reads it. */
export interface GctxAsRead {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly row: Readonly<Record<string, readonly unknown[]>>;
  readonly col: Readonly<Record<string, readonly unknown[]>>;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Reads a whole GCTX file with h5wasm, the library compiled from the reference implementation's sources. */
export async function readWithHdf5(path: string): Promise<GctxAsRead> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, "r");
  try {
    const dataset = (name: string): h5wasm.Dataset => {
      const found = file.get(name);
      if (!(found instanceof h5wasm.Dataset)) throw new Error(`${name} is no dataset`);
      return found;
    };
    const group = (name: string): Record<string, unknown[]> => {
      const found = file.get(name);
      if (!(found instanceof h5wasm.Group)) throw new Error(`${name} is no group`);
      return Object.fromEntries(
        found.keys().map((key) => [key, [...(dataset(`${name}/${key}`).value as Iterable<unknown>)]]),
      );
    };
    const matrix = dataset("/0/DATA/0/matrix");
    return {
      attributes: Object.fromEntries(Object.entries(file.attrs).map(([name, { value }]) => [name, value])),
      row: group("/0/META/ROW"),
      col: group("/0/META/COL"),
      shape: matrix.shape ?? [],
      values: Float32Array.from(matrix.value as Float32Array),
    };
  } finally {
    file.close();
  }
}
