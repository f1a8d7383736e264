/**
 * Euclidean distances between many vectors as one matrix product each: ‖a − b‖² = ‖a‖² + ‖b‖² − 2·a·b.
 *
 * The difference cancels, so callers centre their data first, and must not read more out of a result than its rounding
 * allows. With u = 2⁻²⁴, K columns and norms rounded to float32, whatever the order of summation (Higham, Accuracy and
 * Stability of Numerical Algorithms, 2nd ed., section 3.1, and |a·b| ≤ (‖a‖² + ‖b‖²)/2):
 *
 *     |computed − ‖a − b‖²| ≤ 1.01·(K + 6)·u·(‖a‖² + ‖b‖²)
 *
 * Norms lowered by {@link distanceSlack} absorb the bound: results are then never above the true squares.
 * @module
 */
import { GraphBuilder } from "../../onnx/builder.ts";
import { AppError } from "../../schemas/errors.ts";
import { hostTensor } from "../host-tensor.ts";
import { modelBytes } from "../model-bytes.ts";
import type { OpenOptions, OpenSession, SessionHost, TensorMap } from "../session.ts";

/** Vectors, one a row. */
export interface Points {
  /** `[rows, columns]` */
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** `[rows]`: squared lengths, from {@link pointsOf}. */
  readonly norms: Float32Array;
}

/** The share of (‖a‖² + ‖b‖²) that a computed squared distance may be wrong by, with something to spare. */
export function distanceSlack(columns: number): number {
  return 1.05 * (columns + 8) * 2 ** -24;
}

/**
 * Points with their squared lengths, summed in float64; the array is kept, not copied.
 * @param slack share by which lengths are lowered; `distanceSlack(columns)` makes computed distances lower bounds
 * @throws AppError `usage` when `values` does not hold whole rows
 */
export function pointsOf(values: Float32Array, columns: number, slack = 0): Points {
  const rows = values.length / columns;
  if (!Number.isSafeInteger(rows))
    throw new AppError("usage", { what: `${values.length} values make no rows of ${columns}` });
  const norms = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let at = row * columns; at < (row + 1) * columns; at++) sum += (values[at] as number) ** 2;
    norms[row] = (1 - slack) * sum;
  }
  return { values, rows, columns, norms };
}

/** What a graph tells of a matrix of squared distances `[a.rows, b.rows]`. */
type Question = "all" | "nearest";

/**
 * Squared distances on ONNX Runtime in float32 (not TF32: open it on `cpu` where the bound counts), one session for each question, opened at first use and kept until
 * disposal.
 * @example
 * await using distances = new Distances(openSession);
 * const { index } = await distances.nearest(pointsOf(rows, 978), pointsOf(centres, 978));
 */
export class Distances implements AsyncDisposable {
  readonly #open: OpenSession;
  readonly #options: OpenOptions;
  readonly #sessions = new Map<Question, Promise<SessionHost>>();

  constructor(open: OpenSession, options: OpenOptions = {}) {
    this.#open = open;
    this.#options = options;
  }

  /** All of them, `[a.rows, b.rows]`, owned by the caller; rounding can make small ones negative. */
  async all(a: Points, b: Points): Promise<Float32Array> {
    return floats((await this.#run("all", a, b))["squared"]);
  }

  /** `[a.rows]` each: the row of b that is nearest (the first of equals), and its squared distance. Needs a row of b. */
  async nearest(a: Points, b: Points): Promise<{ readonly index: BigInt64Array; readonly squared: Float32Array }> {
    const { index, least } = await this.#run("nearest", a, b);
    if (index?.type !== "int64") throw new Error(`indices came back as ${index?.type}`);
    return { index: index.data, squared: floats(least) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await Promise.allSettled(this.#sessions.values());
    this.#sessions.clear();
    for (const session of opened) if (session.status === "fulfilled") await session.value[Symbol.asyncDispose]();
  }

  async #run(question: Question, a: Points, b: Points): Promise<TensorMap> {
    if (a.columns !== b.columns)
      throw new AppError("usage", { what: `points of ${a.columns} and of ${b.columns} columns have no distance` });
    const session = await this.#session(question);
    return session.run({
      a: hostTensor("float32", [a.rows, a.columns], a.values),
      b: hostTensor("float32", [b.rows, b.columns], b.values),
      aa: hostTensor("float32", [a.rows, 1], a.norms),
      bb: hostTensor("float32", [b.rows], b.norms),
    });
  }

  #session(question: Question): Promise<SessionHost> {
    const known = this.#sessions.get(question);
    if (known !== undefined) return known;
    const opening = this.#open({ bytes: distanceModel(question) }, this.#options);
    this.#sessions.set(question, opening);
    return opening;
  }
}

function distanceModel(question: Question): Uint8Array {
  const graph = new GraphBuilder("distances");
  const a = graph.input("a", "float32", ["M", "K"]);
  const b = graph.input("b", "float32", ["N", "K"]);
  const aa = graph.input("aa", "float32", ["M", 1]);
  const bb = graph.input("bb", "float32", ["N"]);
  const squared = graph.op("Add", [graph.op("Gemm", [a, b, bb], { alpha: -2, transB: 1n }), aa]);
  if (question === "all") graph.output("squared", squared);
  else {
    graph.output("least", graph.op("ReduceMin", [squared], { axes: [1n], keepdims: 0n }));
    graph.output("index", graph.op("ArgMax", [graph.op("Neg", [squared])], { axis: 1n, keepdims: 0n }));
  }
  return modelBytes(graph.build());
}

function floats(tensor: TensorMap[string] | undefined): Float32Array {
  if (tensor?.type !== "float32") throw new Error(`distances came back as ${tensor?.type}`);
  return tensor.data;
}
