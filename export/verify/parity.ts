import type { HostTensor, SessionHost, TensorMap } from "../../runtime/session.ts";
import { AppError, type Parity } from "../../schemas/index.ts";
import type { Inverse } from "../fold-inverse.ts";
import { nativeRounding, parityTolerance } from "./tolerances.ts";

/** Batch sizes that kernels treat differently: one row, an even and an odd remainder, a full block. */
const parityBatchSizes: readonly number[] = [1, 2, 7, 64];

/** What one output must be. */
export interface Expectation {
  /** Name of the graph's output. */
  readonly output: string;
  /** `[rows, …]`, row-major. */
  readonly dims: readonly number[];
  readonly values: Float32Array | Float64Array;
  /** The graph's output is native = value · scale + offset, by the last axis; absent: it is the value itself. */
  readonly inverse?: Inverse;
}

/** An exported graph in a session, rows for its inputs, and what the oracle says about them. */
export interface ParityRequest {
  readonly variant: string;
  readonly session: SessionHost;
  /** All rows of every input. */
  readonly feeds: TensorMap;
  readonly expected: readonly Expectation[];
  readonly tolerance?: number;
  readonly batchSizes?: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

const rowsOf = ({ dims }: HostTensor): number => dims[0] ?? 0;

/** Rows `[start, end)` of a tensor, sharing its memory. */
function rowsBetween(tensor: HostTensor, start: number, end: number): HostTensor {
  const width = tensor.data.length / Math.max(1, rowsOf(tensor));
  const data = tensor.data.subarray(start * width, end * width);
  // `subarray` keeps the array's class, which the union pairs with `type`.
  return { ...tensor, dims: [end - start, ...tensor.dims.slice(1)], data } as HostTensor;
}

function wrongShape(output: string, expected: string, got: string): AppError {
  return new AppError("bad-model", {
    what: "the exported model has an output of another shape or type",
    where: output,
    expected,
    got,
  });
}

/** Runs all rows in batches of one size; every output as one float32 array. */
async function runBatches(request: ParityRequest, batch: number): Promise<Map<string, Float32Array>> {
  const { session, feeds, expected, signal } = request;
  const rows = Math.max(...Object.values(feeds).map(rowsOf));
  const all = new Map(expected.map(({ output, values }) => [output, new Float32Array(values.length)]));
  for (let start = 0; start < rows; start += batch) {
    if (signal?.aborted) throw new AppError("cancelled", { what: "the verification was cancelled" });
    const end = Math.min(rows, start + batch);
    const part = Object.entries(feeds).map(([name, tensor]) => [name, rowsBetween(tensor, start, end)] as const);
    const outputs = await session.run(Object.fromEntries(part));
    for (const { output, dims } of expected) {
      const wanted = [end - start, ...dims.slice(1)];
      const got = outputs[output];
      if (got?.type !== "float32" || got.dims.join() !== wanted.join())
        throw wrongShape(
          output,
          `float32[${wanted.join(", ")}]`,
          got ? `${got.type}[${got.dims.join(", ")}]` : "no such output",
        );
      all.get(output)?.set(got.data, start * (got.data.length / (end - start)));
    }
  }
  return all;
}

/** Largest differences of one output, in z units (or the output's own where it has no inverse). */
interface Differences {
  maxAbs: number;
  maxRelative: number;
  /** Index of the cell with the largest relative difference. */
  worst: number;
}

function compare(got: Float32Array, { values, dims, inverse }: Expectation): Differences {
  const width = dims.at(-1) ?? 1;
  const found: Differences = { maxAbs: 0, maxRelative: 0, worst: 0 };
  for (let cell = 0; cell < values.length; cell++) {
    const column = cell % width;
    const [scale, offset] = [inverse?.scale[column] ?? 1, inverse?.offset[column] ?? 0];
    const value = values[cell] as number;
    const rounding = inverse === undefined ? 0 : nativeRounding * (Math.abs(offset) + Math.abs(value * scale));
    const raw = Math.abs((got[cell] as number) - (value * scale + offset));
    const same = Object.is(got[cell], value) || raw <= rounding;
    // A NaN on one side only must not slip through a comparison that is false for it.
    const difference = same ? 0 : Number.isNaN(raw) ? Number.POSITIVE_INFINITY : (raw - rounding) / scale;
    const relative = difference / (1 + Math.abs(value));
    found.maxAbs = Math.max(found.maxAbs, difference);
    if (!(relative > found.maxRelative)) continue;
    found.maxRelative = relative;
    found.worst = cell;
  }
  return found;
}

/** Largest differences of a cell between two runs, in the units of {@link compare}. */
function betweenRuns(one: Float32Array, other: Float32Array, { dims, values, inverse }: Expectation): Differences {
  const width = dims.at(-1) ?? 1;
  const found: Differences = { maxAbs: 0, maxRelative: 0, worst: 0 };
  for (let cell = 0; cell < one.length; cell++) {
    if (Object.is(one[cell], other[cell])) continue;
    const raw = Math.abs((one[cell] as number) - (other[cell] as number)) / (inverse?.scale[cell % width] ?? 1);
    const difference = Number.isNaN(raw) ? Number.POSITIVE_INFINITY : raw;
    found.maxAbs = Math.max(found.maxAbs, difference);
    found.maxRelative = Math.max(found.maxRelative, difference / (1 + Math.abs(values[cell] as number)));
  }
  return found;
}

function disagreement(expectation: Expectation, got: Float32Array, found: Differences): AppError {
  const { output, dims, values, inverse } = expectation;
  const width = dims.at(-1) ?? 1;
  const column = found.worst % width;
  const wanted = (values[found.worst] ?? 0) * (inverse?.scale[column] ?? 1) + (inverse?.offset[column] ?? 0);
  return new AppError("bad-model", {
    what: `the exported model disagrees with its oracle by ${found.maxRelative.toPrecision(3)} of 1 + |value|`,
    where: `${output}, row ${Math.floor(found.worst / width)}, column ${column}`,
    expected: String(wanted),
    got: String(got[found.worst]),
    advice: "Nothing was written; please report this with the model's model.json",
  });
}

function dependent(output: string, size: number, { maxRelative }: Differences): AppError {
  return new AppError("bad-model", {
    what: `a profile's result in batches of ${size} is another one than in a large batch`,
    where: output,
    expected: "equal results up to the tolerance",
    got: `a difference of ${maxRelative.toPrecision(3)} of 1 + |value|`,
  });
}

function outputOf(run: ReadonlyMap<string, Float32Array>, { output }: Expectation): Float32Array {
  return run.get(output) ?? new Float32Array();
}

/**
 * Compares an exported graph with its oracle on all rows, value, type and shape, and with itself in batches of
 * different sizes.
 * @throws AppError `bad-model` for an output of another shape or type, or when a difference exceeds the tolerance.
 */
export async function verifyParity(request: ParityRequest): Promise<Parity> {
  const { variant, feeds, expected, tolerance = parityTolerance, batchSizes = parityBatchSizes } = request;
  const rows = Math.max(...Object.values(feeds).map(rowsOf));
  const whole = await runBatches(request, rows);
  let [maxAbs, maxRelative, batchDependence] = [0, 0, 0];
  for (const expectation of expected) {
    const got = outputOf(whole, expectation);
    const found = compare(got, expectation);
    if (!(found.maxRelative <= tolerance)) throw disagreement(expectation, got, found);
    maxAbs = Math.max(maxAbs, found.maxAbs);
    maxRelative = Math.max(maxRelative, found.maxRelative);
  }
  for (const size of batchSizes) {
    const parts = await runBatches(request, size);
    for (const expectation of expected) {
      const found = betweenRuns(outputOf(whole, expectation), outputOf(parts, expectation), expectation);
      batchDependence = Math.max(batchDependence, found.maxAbs);
      if (!(found.maxRelative <= tolerance)) throw dependent(expectation.output, size, found);
    }
  }
  return { variant, rows, maxAbs, maxRelative, tolerance, batchSizes: [...batchSizes], batchDependence };
}
