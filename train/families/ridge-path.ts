import { Products } from "../../runtime/algebra/products.ts";
import type { OpenSession } from "../../runtime/session.ts";
import type { SecondMoments } from "../second-moments.ts";
import type { Affine } from "./affine.ts";
import type { CandidateMaps } from "./score-candidates.ts";

/**
 * Ridge regression for every λ from one eigen-decomposition G = V·D·Vᵀ of the centred Gram matrix:
 * W(λ) = V·(D + NλI)⁻¹·Vᵀ·C minimises (1/N)·‖Y − XW − b‖² + λ·‖W‖² (Hastie et al., ESL 2nd ed., 3.4.1),
 * b = ȳ − x̄·W. All targets at once; the intercept is not penalised.
 */
export class RidgePath implements AsyncDisposable {
  readonly #moments: SecondMoments;
  readonly #products: Products;
  /** Vᵀ·C, [L, T]. */
  readonly #rotated: Float64Array;
  /** V as float32 [L, L], and x̄·V [L]. */
  readonly #axes: Float32Array;
  readonly #rotatedMean: Float64Array;

  private constructor(moments: SecondMoments, products: Products, rotated: Float64Array) {
    this.#moments = moments;
    this.#products = products;
    this.#rotated = rotated;
    const { vectors } = moments.eigen;
    this.#axes = Float32Array.from(vectors);
    const l = moments.meanX.length;
    this.#rotatedMean = new Float64Array(l);
    for (let i = 0; i < l; i++)
      for (let j = 0; j < l; j++) this.#rotatedMean[j]! += moments.meanX[i]! * vectors[i * l + j]!;
  }

  static async open(open: OpenSession, moments: SecondMoments): Promise<RidgePath> {
    const products = new Products(open);
    const [k, n] = [moments.meanX.length, moments.meanY.length];
    const { vectors } = moments.eigen;
    const product = { type: "float64", a: vectors, b: moments.cross, m: k, k, n, transA: true } as const;
    return new RidgePath(moments, products, await products.multiply(product));
  }

  /** Weights for one λ > 0, or for λ = 0 the minimum-norm least-squares solution (pseudo-inverse). */
  async solve(lambda: number): Promise<Affine> {
    const { eigen, meanX, meanY } = this.#moments;
    const [l, t] = [meanX.length, meanY.length];
    const scaled = new Float64Array(l * t);
    this.#scale(lambda, scaled);
    const kernel = await this.#products.multiply({ type: "float64", a: eigen.vectors, b: scaled, m: l, k: l, n: t });
    return { kernel: Float32Array.from(kernel), bias: intercept(kernel, meanX, meanY) };
  }

  /** The maps of many λ in the basis of the principal axes, where a new λ only scales rows: no product each. */
  candidates(lambdas: readonly number[]): CandidateMaps {
    const { meanX, meanY } = this.#moments;
    const l = meanX.length;
    const kernel = new Float32Array(l * meanY.length);
    return {
      name: "lambda",
      values: lambdas,
      affineOf: (lambda) => {
        this.#scale(lambda, kernel);
        return { kernel, bias: intercept(kernel, this.#rotatedMean, meanY) };
      },
      rotate: (x, rows) => this.#products.multiply({ type: "float32", a: x, b: this.#axes, m: rows, k: l, n: l }),
    };
  }

  /** (D + NλI)⁻¹·Vᵀ·C into `out` [L, T]. */
  #scale(lambda: number, out: Float64Array | Float32Array): void {
    const { eigen, count, meanY } = this.#moments;
    const scales = inverseSpectrum(eigen.values, lambda * count);
    for (const [i, scale] of scales.entries())
      for (let at = i * meanY.length; at < (i + 1) * meanY.length; at++) out[at] = scale * this.#rotated[at]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#products[Symbol.asyncDispose]();
  }
}

/** 1/(d + penalty); without a penalty, directions below float64's noise are dropped (as `pinv` does). */
export function inverseSpectrum(values: Float64Array, penalty: number): Float64Array {
  const cutoff = penalty > 0 ? 0 : Number.EPSILON * values.length * Math.max(...values);
  return values.map((d) => (Math.max(0, d) + penalty > cutoff ? 1 / (Math.max(0, d) + penalty) : 0));
}

/** ȳ − x̄·W, [T]. */
function intercept(kernel: Float64Array | Float32Array, meanX: Float64Array, meanY: Float64Array): Float32Array {
  const bias = Float64Array.from(meanY);
  for (const [i, mean] of meanX.entries()) {
    const row = i * meanY.length;
    for (let j = 0; j < meanY.length; j++) bias[j]! -= mean * kernel[row + j]!;
  }
  return Float32Array.from(bias);
}
