/**
 * Rows of a matrix that lies in a blob.
 * @module
 */
import type { Block } from "../data/source.ts";
import type { InferredMatrix } from "./infer-input.ts";

/** Rows `[start, end)` of the inferred profiles, `[rows, genes]`; they belong to the caller. */
export async function matrixRows(
  { genes, matrix }: Pick<InferredMatrix, "genes" | "matrix">,
  start: number,
  end: number,
): Promise<Float32Array> {
  const rowBytes = 4 * genes.ids.length;
  return new Float32Array(await matrix.slice(start * rowBytes, end * rowBytes).arrayBuffer());
}

const blockBytes = 8 * 2 ** 20;

/** All rows in order, some megabytes at a time. */
export async function* matrixBlocks(
  inferred: Pick<InferredMatrix, "genes" | "samples" | "matrix">,
): AsyncGenerator<Block> {
  const total = inferred.samples.ids.length;
  const step = Math.max(1, Math.floor(blockBytes / (4 * inferred.genes.ids.length)));
  for (let start = 0; start < total; start += step) {
    const rows = Math.min(step, total - start);
    yield { start, rows, values: await matrixRows(inferred, start, start + rows) };
  }
}
