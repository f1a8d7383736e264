import { Products } from "../../runtime/algebra/products.ts";
import { solveShifted } from "../../runtime/algebra/tridiagonal.ts";
import type { OpenSession } from "../../runtime/session.ts";
import type { SecondMoments } from "../second-moments.ts";
import { type Affine, intercept } from "./affine.ts";
import { eigenvalueNoise, landmarkRank, minimumNormWeights } from "./minimum-norm.ts";
import type { CandidateMaps } from "./score-candidates.ts";

/**
 * Ridge regression for every λ from one tridiagonal form G = Q·T·Qᵀ of the centred Gram matrix (Eldén 1977):
 * W(λ) = Q·(T + NλI)⁻¹·Qᵀ·C minimises (1/N)·‖Y − XW − b‖² + λ·‖W‖² (Hastie et al., ESL 2nd ed., 3.4.1),
 * b = ȳ − x̄·W. All targets at once; the intercept is not penalised.
 */
export class RidgePath implements AsyncDisposable {
  readonly #moments: SecondMoments;
  readonly #products: Products;
  /** Qᵀ·C, [L, T]. */
  readonly #rotated: Float64Array;

  private constructor(moments: SecondMoments, products: Products, rotated: Float64Array) {
    [this.#moments, this.#products, this.#rotated] = [moments, products, rotated];
  }

  static async open(open: OpenSession, moments: SecondMoments): Promise<RidgePath> {
    const products = new Products(open);
    const [k, n] = [moments.meanX.length, moments.meanY.length];
    const { basis } = moments.tridiagonal;
    const product = { type: "float64", a: basis, b: moments.cross, m: k, k, n, transA: true } as const;
    return new RidgePath(moments, products, await products.multiply(product));
  }

  /** Weights for one λ > 0, or for λ = 0 those of least squares, of minimum norm where that is not unique. */
  async solve(lambda: number): Promise<Affine> {
    const kernel = await this.#weights(lambda);
    const { meanX, meanY } = this.#moments;
    return { kernel: Float32Array.from(kernel), bias: intercept(kernel, meanX, meanY) };
  }

  async #weights(lambda: number): Promise<Float64Array> {
    const { tridiagonal, meanX, meanY } = this.#moments;
    const [l, t] = [meanX.length, meanY.length];
    if (lambda === 0 && landmarkRank(this.#moments) < l) return minimumNormWeights(this.#products, this.#moments);
    const inner = new Float64Array(l * t);
    solveShifted(tridiagonal, { shift: this.#shift(lambda), rhs: this.#rotated, columns: t }, inner);
    return this.#products.multiply({ type: "float64", a: tridiagonal.basis, b: inner, m: l, k: l, n: t });
  }

  /** The maps of many λ > 0 in the basis Q, where a new λ costs a few operations a weight and no product. */
  candidates(lambdas: readonly number[]): CandidateMaps {
    const { tridiagonal, meanX, meanY } = this.#moments;
    const [l, columns] = [meanX.length, meanY.length];
    const kernel = new Float32Array(l * columns);
    const axes = Float32Array.from(tridiagonal.basis);
    const rotatedMean = new Float64Array(l);
    for (let i = 0; i < l; i++)
      for (let j = 0; j < l; j++) rotatedMean[j]! += meanX[i]! * tridiagonal.basis[i * l + j]!;
    return {
      name: "lambda",
      values: lambdas,
      affineOf: (lambda) => {
        solveShifted(tridiagonal, { shift: this.#shift(lambda), rhs: this.#rotated, columns }, kernel);
        return { kernel, bias: intercept(kernel, rotatedMean, meanY) };
      },
      rotate: (x, rows) => this.#products.multiply({ type: "float32", a: x, b: axes, m: rows, k: l, n: l }),
    };
  }

  /** Nλ; a penalty below the noise of the Gram's eigenvalues cannot be told from that noise and counts as it. */
  #shift(lambda: number): number {
    const { count, eigenvalues } = this.#moments;
    return lambda === 0 ? 0 : Math.max(lambda * count, 2 * eigenvalueNoise(eigenvalues));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#products[Symbol.asyncDispose]();
  }
}
