import type { Prediction } from "../predictor.ts";

/**
 * Lays a prediction out as rows of the output, `[rows, genes]`: landmarks, further landmarks, targets.
 * @param into at least `rows × genes` values; belongs to the caller
 * @returns the part of `into` that was written
 */
export function packRows({ rows, measured, further, targets }: Prediction, into: Float32Array): Float32Array {
  const parts = [measured, further, targets].map((values) => ({ values, columns: values.length / rows }));
  let at = 0;
  for (let row = 0; row < rows; row += 1) {
    for (const { values, columns } of parts) {
      into.set(values.subarray(row * columns, (row + 1) * columns), at);
      at += columns;
    }
  }
  return into.subarray(0, at);
}
