/**
 * Centred second moments of rows that stream by: what ridge, lasso, PCA and out-of-distribution models are made of.
 * @module
 */
import { GraphBuilder } from "../../onnx/builder.ts";
import { elementCodes } from "../../onnx/element.ts";
import { AppError } from "../../schemas/errors.ts";
import { hostTensor } from "../host-tensor.ts";
import { modelBytes } from "../model-bytes.ts";
import type { HostTensor, OpenOptions, OpenSession, SessionHost, TensorMap } from "../session.ts";
import { ColumnSums } from "./column-sums.ts";
import { RowStage, type Rows } from "./row-stage.ts";

export interface MomentOptions {
  readonly open: OpenSession;
  /** Columns of X. */
  readonly p: number;
  /** Columns of Y; 0 for the moments of X alone. */
  readonly q?: number;
  /** Rows of one product; results do not depend on how rows arrive, only on this. */
  readonly blockRows?: number;
  readonly session?: OpenOptions;
}

/** Rows of X `[rows, p]` and, where q > 0, the same rows of Y `[rows, q]`; only read, until `add` settles. */
export interface MomentBlock {
  readonly x: Float32Array;
  readonly y?: Float32Array;
  readonly rows: number;
}

/** Moments about the means, float64, row-major; not divided by the count. */
export interface Moments {
  readonly count: number;
  /** `[p]` */
  readonly meanX: Float64Array;
  /** `[q]` */
  readonly meanY: Float64Array;
  /** `[p, p]`: Σ(x − meanX)(x − meanX)ᵀ, exactly symmetric. */
  readonly gram: Float64Array;
  /** `[p, q]`: Σ(x − meanX)(y − meanY)ᵀ. */
  readonly cross: Float64Array;
  /** `[p]`: Σ(x − meanX)². */
  readonly sumSquaresX: Float64Array;
  /** `[q]`: Σ(y − meanY)². */
  readonly sumSquaresY: Float64Array;
}

/**
 * Accumulates {@link Moments} block by block. Memory: the moments three times, as they were before a block, of the block
 * alone and with it, and one block of X and Y with its float64 copy, X twice; nothing grows with the number of rows.
 *
 * X is shifted by the first block's means inside the graph, before any product: the squares of raw log2 expression
 * (mean 8) would cost digits. What the shift leaves is taken out exactly at the end: with d = x − shift,
 * Σ(x−x̄)(x−x̄)ᵀ = Σd·dᵀ − (Σd)(Σd)ᵀ/N and Σ(x−x̄)(y−ȳ)ᵀ = Σd·yᵀ − (Σd)·ȳᵀ. Y stays as it is: beside a d that is nearly
 * centred its mean costs a digit or two of sixteen, a pass over all of it more time.
 * @example
 * await using accumulator = await MomentAccumulator.open({ open: openSession, p: 978, q: 9520 });
 * for await (const { x, y, rows } of blocks) await accumulator.add({ x, y, rows });
 * const moments = await accumulator.finish();
 */
export class MomentAccumulator implements AsyncDisposable {
  readonly #p: number;
  readonly #q: number;
  readonly #session: SessionHost;
  /** The products so far, and the arrays that take them with the next block; they swap. */
  #sofar: ProductSums;
  #next: ProductSums;
  readonly #stage: RowStage;
  #sums: { readonly x: ColumnSums; readonly y: ColumnSums } | undefined;
  #finished = false;

  private constructor(session: SessionHost, { p, q, blockRows }: { p: number; q: number; blockRows: number }) {
    this.#session = session;
    this.#p = p;
    this.#q = q;
    this.#sofar = noSums(p, q);
    this.#next = noSums(p, q);
    this.#stage = new RowStage({ p, q, blockRows });
  }

  /** @throws AppError as {@link OpenSession}, and `usage` for sizes that are not positive integers (q may be 0). */
  static async open(options: MomentOptions): Promise<MomentAccumulator> {
    const { p, q = 0, blockRows = 2000 } = options;
    for (const [name, value, least] of [
      ["p", p, 1],
      ["q", q, 0],
      ["blockRows", blockRows, 1],
    ] as const)
      if (!Number.isSafeInteger(value) || value < least)
        throw new AppError("usage", { what: `${name} must be an integer ≥ ${least}`, got: `${value}` });
    const session = await options.open({ bytes: momentModel(p, q) }, options.session);
    return new MomentAccumulator(session, { p, q, blockRows });
  }

  /**
   * Adds rows; wait for one call before the next.
   * @throws AppError `bad-data` for a value that is not finite, `usage` when an array does not have its shape's length.
   */
  async add({ x, y = new Float32Array(0), rows }: MomentBlock): Promise<void> {
    this.#assertOpen();
    assertRows("x", x, [rows, this.#p]);
    assertRows("y", y, [rows, this.#q]);
    for (const block of this.#stage.blocks({ x, y })) await this.#reduce(block);
  }

  /**
   * The moments of all rows, owned by the caller; the accumulator takes no more rows.
   * @throws AppError `bad-data` when there were none.
   */
  async finish(): Promise<Moments> {
    this.#assertOpen();
    const rest = this.#stage.rest();
    if (rest !== undefined) await this.#reduce(rest);
    this.#finished = true;
    if (this.#sums === undefined) throw new AppError("bad-data", { what: "moments of no rows were asked for" });
    const { x, y } = this.#sums;
    const { gram, cross } = this.#sofar;
    centre(
      gram,
      x.sum,
      x.sum.map((sum) => sum / x.count),
    );
    mirror(gram, this.#p);
    centre(cross, x.sum, y.mean());
    return {
      count: x.count,
      meanX: x.mean(),
      meanY: y.mean(),
      gram,
      cross,
      sumSquaresX: x.centredSquares(),
      sumSquaresY: y.centredSquares(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }

  async #reduce({ x, y }: Rows): Promise<void> {
    this.#sums ??= { x: ColumnSums.aboutMeansOf(x, this.#p), y: ColumnSums.aboutMeansOf(y, this.#q) };
    const { x: sumsX, y: sumsY } = this.#sums;
    sumsX.add(x);
    sumsY.add(y);
    const rows = x.length / this.#p;
    const tensor = (columns: number, values: Float32Array): HostTensor =>
      hostTensor("float32", [rows, columns], values);
    const feeds: TensorMap = {
      x: tensor(this.#p, x),
      shiftX: hostTensor("float32", [this.#p], sumsX.shift),
      ...this.#tensors(this.#sofar, "gramBefore", "crossBefore"),
      ...(this.#q > 0 && { y: tensor(this.#q, y) }),
    };
    await this.#session.run(feeds, { into: this.#tensors(this.#next, "gram", "cross") });
    [this.#sofar, this.#next] = [this.#next, this.#sofar];
  }

  #tensors({ gram, cross }: ProductSums, gramName: string, crossName: string): TensorMap {
    return {
      [gramName]: hostTensor("float64", [this.#p, this.#p], gram),
      ...(this.#q > 0 && { [crossName]: hostTensor("float64", [this.#p, this.#q], cross) }),
    };
  }

  #assertOpen(): void {
    if (this.#finished) throw new AppError("internal", { what: "finished moments take no more rows" });
  }
}

/** Covariance `[p, p]` of moments: the Gram over count − 1. */
export function covarianceOf({ gram, count }: Pick<Moments, "gram" | "count">): Float64Array {
  return gram.map((value) => value / Math.max(1, count - 1));
}

/** Sums of products, X about its shift: `[p, p]` and `[p, q]`. */
interface ProductSums {
  readonly gram: Float64Array;
  readonly cross: Float64Array;
}

const noSums = (p: number, q: number): ProductSums => ({
  gram: new Float64Array(p * p),
  cross: new Float64Array(p * q),
});

/** Adds a block's products to those before: float64, so that differences from the shift are exact. */
function momentModel(p: number, q: number): Uint8Array {
  const graph = new GraphBuilder("moments");
  const wide = (value: string): string => graph.op("Cast", [value], { to: elementCodes.float64 });
  const x = graph.input("x", "float32", ["N", p]);
  const shift = graph.input("shiftX", "float32", [p]);
  const centred = graph.op("Sub", [wide(x), wide(shift)]);
  // Turned before the shift is taken off: a Transpose right before a product is fused into it, and the product then turns
  // its input again for every strip of the other one, a tenth of the time.
  const column = graph.op("Reshape", [shift, graph.ints([p, 1])]);
  const turned = graph.op("Sub", [wide(graph.op("Transpose", [x], { perm: [1n, 0n] })), wide(column)]);
  const added = (product: string, name: string, columns: number): string =>
    graph.op("Add", [product, graph.input(name, "float64", [p, columns])]);
  graph.output("gram", added(graph.op("MatMul", [turned, centred]), "gramBefore", p));
  if (q > 0) {
    const y = wide(graph.input("y", "float32", ["N", q]));
    graph.output("cross", added(graph.op("MatMul", [turned, y]), "crossBefore", q));
  }
  return modelBytes(graph.build());
}

/** Takes out of sums of products `[p, q]` what was not centred before: Σd·eᵀ − (Σd)·ēᵀ, in place. */
function centre(products: Float64Array, sums: Float64Array, means: Float64Array): void {
  const columns = means.length;
  for (const [i, sum] of sums.entries()) {
    const row = products.subarray(i * columns, (i + 1) * columns);
    for (let j = 0; j < columns; j++) row[j] = (row[j] ?? Number.NaN) - sum * (means[j] ?? Number.NaN);
  }
}

/** Copies the lower triangle over the upper one: a blocked product is symmetric only up to rounding. */
function mirror(matrix: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) matrix[j * n + i] = matrix[i * n + j] ?? Number.NaN;
}

function assertRows(name: string, { length }: Float32Array, [rows, columns]: readonly [number, number]): void {
  if (Number.isSafeInteger(rows) && length === rows * columns) return;
  throw new AppError("usage", {
    what: `a block's ${name} does not have its shape's length`,
    expected: `${rows} × ${columns} values`,
    got: `${length}`,
  });
}
