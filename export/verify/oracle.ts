import type { HostTensor } from "../../runtime/session.ts";
import { parameterCount, readLayersModel } from "../read/layers-model.ts";
import { type LayerValues, predictLayerwise, refKey } from "./layerwise.ts";
import { withTfjsModel } from "./tfjs-model.ts";

/**
 * Parameters up to which a model is given to tfjs whole, 128 MiB: tfjs holds a file's bytes, its tensors and its
 * WebAssembly heap at once, four times the weights (measured: 4.4 GB for 1.03 GB), and cannot go beyond 2 to 4 GiB.
 */
const largestWhole = 2 ** 25;

/** Products of a value and a weight that verification may spend: some ten seconds in JavaScript. */
const mostProducts = 2 ** 33;
/** Rows that even the largest model is verified on. */
const fewestRows = 16;

/** What the oracle says about some rows. */
export interface OracleAnswers {
  /** In the model's order. */
  readonly outputs: readonly HostTensor[];
  /** The values of all layers, where the model was computed layer by layer. */
  readonly values?: LayerValues;
}

/** How the oracle is asked. */
export interface OracleOptions {
  /** Parameters above which a model is computed layer by layer; {@link largestWhole} by default. */
  readonly wholeUpTo?: number;
  readonly signal?: AbortSignal | undefined;
}

/** How many of `rows` rows a model of this size is verified on. */
export function affordableRows(parameters: number, rows: number): number {
  return Math.min(rows, Math.max(fewestRows, Math.floor(mostProducts / Math.max(1, parameters))));
}

/** `count` of the rows of a matrix `[rows, width]`, spread evenly, both ends included. */
export function spreadRows(matrix: Float32Array, width: number, count: number): Float32Array {
  const rows = matrix.length / width;
  if (count >= rows) return matrix;
  const chosen = new Float32Array(count * width);
  for (let i = 0; i < count; i++) {
    const row = count === 1 ? 0 : Math.round((i * (rows - 1)) / (count - 1));
    chosen.set(matrix.subarray(row * width, (row + 1) * width), i * width);
  }
  return chosen;
}

/**
 * The outputs of the tfjs model in `dir`: by tfjs itself for a model that it can hold, layer by layer for a larger one
 * ({@link predictLayerwise}). Nothing of it is in memory afterwards.
 * @throws AppError `bad-model` when tfjs cannot load or run it, `cancelled`.
 */
export async function askOracle(
  dir: string,
  inputs: readonly HostTensor[],
  { wholeUpTo = largestWhole, signal }: OracleOptions = {},
): Promise<OracleAnswers> {
  const model = await readLayersModel(dir);
  if (parameterCount(model) <= wholeUpTo)
    return { outputs: await withTfjsModel(dir, async (tfjs) => tfjs.predict(inputs)) };
  const values = await predictLayerwise(model, inputs, { signal });
  return { outputs: model.outputs.flatMap((ref) => values.get(refKey(ref)) ?? []), values };
}
