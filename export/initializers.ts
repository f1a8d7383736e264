import type { GraphBuilder } from "../onnx/builder.ts";
import type { WeightSource } from "./lower/network.ts";
import { type LayersModel, weightOf } from "./read/layers-model.ts";
import { valuesOf, type Weight } from "./read/weight-data.ts";

/**
 * A {@link WeightSource} that makes every weight an initializer `<layer>/<weight>` (transposed for a kernel asked for as
 * `out-in`), once however often a shared layer asks.
 * @throws AppError `bad-model` from the source when a weight is missing or has other dims than its layer needs.
 */
export function initializersOf(model: LayersModel, builder: GraphBuilder): WeightSource {
  const made = new Map<string, string>();
  return (request) => {
    const name = `${request.layer}/${request.weight}`;
    const before = made.get(name);
    if (before !== undefined) return before;
    const weight = weightOf(model, request);
    const { dims } = weight;
    const value =
      request.layout === "in-out"
        ? builder.initializer(name, { type: "float32", dims, data: valuesOf(weight) })
        : builder.initializer(name, { type: "float32", dims: dims.toReversed(), data: scaledTranspose(weight) });
    made.set(name, value);
    return value;
  };
}

/** Elements read at a time while transposing: 16 MiB. */
const panelElements = 2 ** 22;

/**
 * A weight `[rows, columns]` as `[columns, rows]`, column c times `scale[c]` in float64 where scales are given. Reads
 * panels of rows and works on them in tiles that stay in the cache.
 */
export function scaledTranspose({ dims, read }: Weight, scale?: ArrayLike<number>): Float32Array {
  const [rows = 1, columns = 1] = dims;
  const result = new Float32Array(rows * columns);
  const tile = 32;
  const panel = Math.max(tile, Math.floor(panelElements / columns));
  const data = new Float32Array(Math.min(rows, panel) * columns);
  for (let top = 0; top < rows; top += panel) {
    const bottom = Math.min(rows, top + panel);
    read(top * columns, data.subarray(0, (bottom - top) * columns));
    for (let left = 0; left < columns; left += tile)
      for (let upper = top; upper < bottom; upper += tile)
        for (let c = left; c < Math.min(columns, left + tile); c++) {
          const factor = scale?.[c] ?? 1;
          const end = Math.min(bottom, upper + tile);
          for (let r = upper; r < end; r++) result[c * rows + r] = (data[(r - top) * columns + c] as number) * factor;
        }
  }
  return result;
}
