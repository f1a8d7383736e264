import type { Block } from "../data/source.ts";

/** Columns of a block `[rows, genes]` as `[rows, columns]`; belongs to the caller. */
export function gatherColumns({ rows, values }: Block, columns: Int32Array): Float32Array {
  const width = columns.length;
  const gathered = new Float32Array(rows * width);
  const genes = rows === 0 ? 0 : values.length / rows;
  for (let row = 0; row < rows; row += 1) {
    for (let i = 0; i < width; i += 1)
      gathered[row * width + i] = values[row * genes + (columns[i] as number)] as number;
  }
  return gathered;
}
