import type { GraphBuilder } from "../onnx/builder.ts";
import { StoredTensor } from "../onnx/stored-tensor.ts";
import type { WeightSource } from "./lower/network.ts";
import { type LayersModel, weightOf } from "./read/layers-model.ts";
import { elements, type Weight } from "./read/weight-data.ts";

/**
 * A {@link WeightSource} that makes every weight an initializer `<layer>/<weight>` (transposed for a kernel asked for as
 * `out-in`), once however often a shared layer asks. The values stay in the model's files until they are written.
 * @throws AppError `bad-model` from the source when a weight is missing or has other dims than its layer needs.
 */
export function initializersOf(model: LayersModel, builder: GraphBuilder): WeightSource {
  const made = new Map<string, string>();
  return (request) => {
    const name = `${request.layer}/${request.weight}`;
    const before = made.get(name);
    if (before !== undefined) return before;
    const weight = weightOf(model, request);
    const tensor = request.layout === "in-out" ? storedTensor(weight) : scaledTranspose(weight);
    const value = builder.initializer(name, tensor);
    made.set(name, value);
    return value;
  };
}

/**
 * A weight as it is stored, read anew whenever it is needed.
 * @param options `partElements`: elements read at a time, 16 MiB by default
 */
export function storedTensor(
  { dims, read }: Weight,
  { partElements = 2 ** 22 }: { readonly partElements?: number } = {},
): StoredTensor {
  const count = elements(dims);
  function* parts(): Generator<Float32Array, void> {
    const part = new Float32Array(Math.min(count, partElements));
    for (let start = 0; start < count; start += part.length) {
      const values = part.subarray(0, Math.min(part.length, count - start));
      read(start, values);
      yield values;
    }
  }
  return new StoredTensor({ dims, parts });
}

/** How a kernel is turned. */
export interface TransposeOptions {
  /** Factor of each column; absent: 1. */
  readonly scale?: ArrayLike<number>;
  /** Elements turned at a time, 64 MiB by default: every row is read once for each such panel, so that few are better. */
  readonly panelElements?: number;
}

/**
 * A weight `[rows, columns]` as `[columns, rows]`, column c times `scale[c]` in float64 where scales are given. A part
 * holds as many columns as fit; they are read from the file row by row.
 */
export function scaledTranspose(
  { dims, read }: Weight,
  { scale, panelElements = 2 ** 24 }: TransposeOptions = {},
): StoredTensor {
  const [rows = 1, columns = 1] = dims;
  const width = Math.max(1, Math.min(columns, Math.floor(panelElements / rows)));
  function* parts(): Generator<Float32Array, void> {
    const panel = new Float32Array(rows * width);
    const part = new Float32Array(rows * width);
    for (let left = 0; left < columns; left += width) {
      const size = { rows, columns: Math.min(width, columns - left) };
      const taken = panel.subarray(0, rows * size.columns);
      if (size.columns === columns) read(0, taken);
      else
        for (let r = 0; r < rows; r++)
          read(r * columns + left, taken.subarray(r * size.columns, (r + 1) * size.columns));
      const turned = part.subarray(0, taken.length);
      transpose(taken, turned, size);
      if (scale !== undefined) scaleRows(turned, rows, (c) => scale[left + c] ?? 1);
      yield turned;
    }
  }
  return new StoredTensor({ dims: dims.toReversed(), parts });
}

/** `[rows, columns]` to `[columns, rows]` in tiles that stay in the cache. */
function transpose(
  from: Float32Array,
  to: Float32Array,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): void {
  const tile = 32;
  for (let left = 0; left < columns; left += tile)
    for (let upper = 0; upper < rows; upper += tile) {
      const [right, lower] = [Math.min(columns, left + tile), Math.min(rows, upper + tile)];
      for (let c = left; c < right; c++)
        for (let r = upper; r < lower; r++) to[c * rows + r] = from[r * columns + c] as number;
    }
}

/** Rows of `width` values, each times its factor in float64, rounded once. */
function scaleRows(values: Float32Array, width: number, factorOf: (row: number) => number): void {
  for (let start = 0, row = 0; start < values.length; start += width, row++) {
    const factor = factorOf(row);
    for (let i = start; i < start + width; i++) values[i] = (values[i] as number) * factor;
  }
}
