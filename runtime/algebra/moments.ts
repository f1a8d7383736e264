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
import type { ProductType } from "./products.ts";
import { RowStage, type Rows } from "./row-stage.ts";

export interface MomentOptions {
  readonly open: OpenSession;
  /** Columns of X. */
  readonly p: number;
  /** Columns of Y; 0 for the moments of X alone. */
  readonly q?: number;
  /** Rows of one product; results do not depend on how rows arrive, only on this. */
  readonly blockRows?: number;
  /**
   * Precision of a block's X'Y. float32 blocks, summed in float64, take half the time and leave a relative error of
   * about 3e-8; the Gram is float64 always. Weights of a weakly regularised ridge need float64.
   */
  readonly crossType?: ProductType;
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
 * Accumulates {@link Moments} block by block. Memory: the moments, one block of X and Y with its float64 copy, and one
 * block's products; nothing grows with the number of rows.
 *
 * Data are shifted by the first block's means inside the graph, before any product: products of raw log2 expression
 * (mean 8) would lose two digits more in float32. What the shift leaves is taken out exactly at the end:
 * Σ(x−x̄)(y−ȳ)ᵀ = Σd·eᵀ − (Σd)(Σe)ᵀ/N with d = x − shift, e = y − shift.
 * @example
 * await using accumulator = await MomentAccumulator.open({ open: openSession, p: 978, q: 9520 });
 * for await (const { x, y, rows } of blocks) await accumulator.add({ x, y, rows });
 * const moments = await accumulator.finish();
 */
export class MomentAccumulator implements AsyncDisposable {
  readonly #p: number;
  readonly #q: number;
  readonly #session: SessionHost;
  readonly #gram: Float64Array;
  readonly #cross: Float64Array;
  readonly #stage: RowStage;
  #sums: { readonly x: ColumnSums; readonly y: ColumnSums } | undefined;
  #finished = false;

  private constructor(session: SessionHost, { p, q, blockRows }: { p: number; q: number; blockRows: number }) {
    this.#session = session;
    this.#p = p;
    this.#q = q;
    this.#gram = new Float64Array(p * p);
    this.#cross = new Float64Array(p * q);
    this.#stage = new RowStage({ p, q, blockRows });
  }

  /** @throws AppError as {@link OpenSession}, and `usage` for sizes that are not positive integers (q may be 0). */
  static async open(options: MomentOptions): Promise<MomentAccumulator> {
    const { p, q = 0, blockRows = 2000, crossType = "float64" } = options;
    for (const [name, value, least] of [
      ["p", p, 1],
      ["q", q, 0],
      ["blockRows", blockRows, 1],
    ] as const)
      if (!Number.isSafeInteger(value) || value < least)
        throw new AppError("usage", { what: `${name} must be an integer ≥ ${least}`, got: `${value}` });
    const session = await options.open({ bytes: momentModel(p, q, crossType) }, options.session);
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
    centre(this.#gram, x, x);
    mirror(this.#gram, this.#p);
    centre(this.#cross, x, y);
    return {
      count: x.count,
      meanX: x.mean(),
      meanY: y.mean(),
      gram: this.#gram,
      cross: this.#cross,
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
    const feedsX = {
      x: hostTensor("float32", [rows, this.#p], x),
      shiftX: hostTensor("float32", [this.#p], sumsX.shift),
    };
    const feedsY = {
      y: hostTensor("float32", [rows, this.#q], y),
      shiftY: hostTensor("float32", [this.#q], sumsY.shift),
    };
    const feeds: TensorMap = this.#q > 0 ? { ...feedsX, ...feedsY } : feedsX;
    const { gram, cross } = await this.#session.run(feeds);
    accumulate(this.#gram, gram);
    if (this.#q > 0) accumulate(this.#cross, cross);
  }

  #assertOpen(): void {
    if (this.#finished) throw new AppError("internal", { what: "finished moments take no more rows" });
  }
}

/** Covariance `[p, p]` of moments: the Gram over count − 1. */
export function covarianceOf({ gram, count }: Pick<Moments, "gram" | "count">): Float64Array {
  return gram.map((value) => value / Math.max(1, count - 1));
}

/**
 * Products of a block about the shifts. The Gram subtracts in float64: exact. A float32 cross product subtracts in
 * float32, where the difference is rounded once; the shift is float32, so both are the same difference.
 */
function momentModel(p: number, q: number, crossType: ProductType): Uint8Array {
  const graph = new GraphBuilder("moments");
  const shifted = (name: "X" | "Y", columns: number): Readonly<Record<ProductType, () => string>> => {
    const values = graph.input(name.toLowerCase(), "float32", ["N", columns]);
    const shift = graph.input(`shift${name}`, "float32", [columns]);
    const wide = (value: string): string => graph.op("Cast", [value], { to: elementCodes.float64 });
    return {
      float32: () => graph.op("Sub", [values, shift]),
      float64: () => graph.op("Sub", [wide(values), wide(shift)]),
    };
  };
  const x = shifted("X", p);
  // Turned once: Gemm's transA would turn it again for every strip of Y, a tenth of the time.
  const turned = (value: string): string => graph.op("Transpose", [value], { perm: [1n, 0n] });
  const x64 = x.float64();
  const turned64 = turned(x64);
  graph.output("gram", graph.op("Gemm", [turned64, x64]));
  if (q > 0) {
    const xCross = crossType === "float64" ? turned64 : turned(x.float32());
    graph.output("cross", graph.op("Gemm", [xCross, shifted("Y", q)[crossType]()]));
  }
  return modelBytes(graph.build());
}

function accumulate(total: Float64Array, block: HostTensor | undefined): void {
  if (block?.type !== "float64" && block?.type !== "float32")
    throw new Error(`a product came back as ${block?.type ?? "nothing"}`);
  const { data } = block;
  for (let i = 0; i < total.length; i++) total[i] = (total[i] ?? Number.NaN) + (data[i] ?? Number.NaN);
}

/** Takes out of `[a, b]` sums of products what the shifts left: Σdeᵀ − (Σd)(Σe)ᵀ/N, in place. */
function centre(products: Float64Array, a: ColumnSums, b: ColumnSums): void {
  const columns = b.sum.length;
  for (const [i, sum] of a.sum.entries()) {
    const weight = sum / a.count;
    const row = products.subarray(i * columns, (i + 1) * columns);
    for (let j = 0; j < columns; j++) row[j] = (row[j] ?? Number.NaN) - weight * (b.sum[j] ?? Number.NaN);
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
