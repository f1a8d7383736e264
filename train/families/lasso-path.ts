import { Products } from "../../runtime/algebra/products.ts";
import { solveShifted } from "../../runtime/algebra/tridiagonal.ts";
import { hostTensor } from "../../runtime/host-tensor.ts";
import type { OpenSession, SessionHost, TensorMap } from "../../runtime/session.ts";
import { AppError } from "../../schemas/errors.ts";
import type { SecondMoments } from "../second-moments.ts";
import { type Affine, intercept } from "./affine.ts";
import { lassoModel, relaxation } from "./lasso-graph.ts";
import { RidgePath } from "./ridge-path.ts";

/** When a solution is one. */
export interface LassoStop {
  readonly tolerance: number;
  readonly maxIterations: number;
  readonly signal?: AbortSignal;
}

/** What solving for one λ came to. */
export interface LassoSolution extends Affine {
  readonly iterations: number;
  /** Targets whose residuals were still above the tolerance when the iterations were used up. */
  readonly unsolved: number;
}

/** Iterations of one call of the runtime: reading the state back costs a fraction of one iteration. */
const iterationsPerCall = 10;
/** The absolute tolerance of a weight's residual as a share of the relative one: weights of z scores are ≪ 1. */
const absoluteShare = 0.01;

/**
 * The lasso of all targets at once for one λ after another, each from where the one before ended: minimises
 * (1/N)·‖y − Xw − b‖² + λ·‖w‖₁ for every target (Tibshirani 1996), b not penalised. Give λ in descending order.
 * ρ goes with λ ({@link rhoOf}). Memory: three float32 [L, T] beside the moments.
 */
export class LassoPath implements AsyncDisposable {
  readonly #moments: SecondMoments;
  readonly #session: SessionHost;
  readonly #open: OpenSession;
  #state: Float32Array;
  /** κ of the state. */
  #limit = 0;

  private constructor(moments: SecondMoments, open: OpenSession, session: SessionHost) {
    [this.#moments, this.#open, this.#session] = [moments, open, session];
    this.#state = new Float32Array(moments.meanX.length * moments.meanY.length);
  }

  static async open(open: OpenSession, moments: SecondMoments): Promise<LassoPath> {
    const [l, t] = [moments.meanX.length, moments.meanY.length];
    return new LassoPath(moments, open, await open({ bytes: lassoModel(l, t) }));
  }

  /** Solves for one λ; `onRound` hears of the iterations done. @throws AppError `cancelled` */
  async solve(lambda: number, stop: LassoStop, onRound: (iterations: number) => void): Promise<LassoSolution> {
    const { meanX, meanY, count } = this.#moments;
    const rho = rhoOf(lambda, this.#moments);
    const iteration = await iterationOf(this.#open, this.#moments, rho);
    // The gradient of the objective, times N/2, over ρ: the threshold of the scaled form.
    this.#start((count * lambda) / (2 * rho));
    let [iterations, unsolved] = [0, meanY.length];
    while (iterations < stop.maxIterations && unsolved > 0) {
      if (stop.signal?.aborted)
        throw new AppError("cancelled", { what: "training was stopped", advice: "Run it again" });
      const rounds = Math.min(iterationsPerCall, stop.maxIterations - iterations);
      unsolved = await this.#iterate(iteration, rounds, stop.tolerance);
      iterations += rounds;
      onRound(iterations);
    }
    const kernel = this.#zeroed();
    return { kernel, bias: intercept(kernel, meanX, meanY), iterations, unsolved };
  }

  /** Moves the state to another κ, be it λ's or ρ's: Z stays, U goes with κ as it does where weights are not zero. */
  #start(limit: number): void {
    const ratio = this.#limit === 0 ? 1 : limit / this.#limit;
    const state = this.#state;
    for (let i = 0; i < state.length; i++) {
      const u = Math.max(-this.#limit, Math.min(this.#limit, state[i]!));
      state[i] = state[i]! - u + u * ratio;
    }
    // The limit that the graph compares with is float32.
    this.#limit = Math.fround(limit);
  }

  /** Some iterations; returns the number of targets that are not solved after them. */
  async #iterate({ matrix, offset }: Iteration, rounds: number, tolerance: number): Promise<number> {
    const [l, t] = [this.#moments.meanX.length, this.#moments.meanY.length];
    const { next, ...sums } = await this.#session.run({
      state: hostTensor("float32", [l, t], this.#state),
      matrix: hostTensor("float32", [l, l], matrix),
      offset: hostTensor("float32", [l, t], offset),
      lower: hostTensor("float32", [], Float32Array.of(-this.#limit)),
      limit: hostTensor("float32", [], Float32Array.of(this.#limit)),
      rounds: hostTensor("int64", [], BigInt64Array.of(BigInt(rounds - 1))),
    });
    this.#state = float32(next);
    return unsolvedTargets(sums, { weights: l, tolerance });
  }

  /** Z: the weights, exactly zero where the threshold took all. */
  #zeroed(): Float32Array {
    const limit = this.#limit;
    return this.#state.map((value) => value - Math.max(-limit, Math.min(limit, value)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}

function float32(tensor: TensorMap[string] | undefined): Float32Array {
  if (tensor?.type !== "float32") throw new Error(`the lasso's iterations came back as ${tensor?.type}`);
  return tensor.data;
}

/**
 * Boyd et al. 3.3.1, target by target: |W − Z| ≤ √L·εa + ε·max(|W|, |Z|) and |Z′ − Z| ≤ √L·εa + ε·|U|, the latter over
 * ρ. Not a number never counts as solved.
 */
function unsolvedTargets(
  sums: TensorMap,
  { weights, tolerance }: { readonly weights: number; readonly tolerance: number },
): number {
  const [primal, dual] = [float32(sums["primal"]), float32(sums["dual"])];
  const [w, z, u] = [float32(sums["weights"]), float32(sums["zeroed"]), float32(sums["multipliers"])];
  const absolute = Math.sqrt(weights) * absoluteShare * tolerance;
  let unsolved = 0;
  for (let t = 0; t < primal.length; t++) {
    const primalSolved = Math.sqrt(primal[t]!) <= absolute + tolerance * Math.sqrt(Math.max(w[t]!, z[t]!));
    const dualSolved = Math.sqrt(dual[t]!) <= absolute + tolerance * Math.sqrt(u[t]!);
    if (!primalSolved || !dualSolved) unsolved++;
  }
  return unsolved;
}

/** What an iteration multiplies by and adds: `matrix` [L, L], `offset` [L, T]. */
interface Iteration {
  readonly matrix: Float32Array;
  readonly offset: Float32Array;
}

/** ρ over the mean eigenvalue of the Gram matrix: its least and greatest, and what it is at λ = 1. */
const [leastRho, greatestRho, rhoAtOne] = [0.03, 3, 25];

/**
 * ρ of a λ: with one ρ for all (the mean eigenvalue) 500 targets of RNAseqDB took four times the iterations at λ = 0.007,
 * for thresholds so small beside ρ move the weights slowly. A large λ wants a larger one, within reason.
 */
function rhoOf(lambda: number, { tridiagonal: { diagonal } }: SecondMoments): number {
  // Landmarks that never vary have weights of zero whatever ρ is.
  const mean = diagonal.reduce((sum, value) => sum + value, 0) / diagonal.length || 1;
  return mean * Math.min(greatestRho, Math.max(leastRho, rhoAtOne * lambda));
}

async function iterationOf(open: OpenSession, moments: SecondMoments, rho: number): Promise<Iteration> {
  const offset = await regularised(open, moments, rho);
  for (let i = 0; i < offset.length; i++) offset[i]! *= relaxation;
  return { matrix: await iterationMatrix(open, moments, rho), offset };
}

/** (G + ρI)⁻¹·C, [L, T]: ridge at λ = ρ/N. */
async function regularised(open: OpenSession, moments: SecondMoments, rho: number): Promise<Float32Array> {
  await using ridge = await RidgePath.open(open, moments);
  return (await ridge.solve(rho / moments.count)).kernel;
}

/** αρ(G + ρI)⁻¹ − αI/2, [L, L], in float64 and rounded once. */
async function iterationMatrix(open: OpenSession, { tridiagonal }: SecondMoments, rho: number): Promise<Float32Array> {
  const { n, basis } = tridiagonal;
  const inner = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) inner[j * n + i] = basis[i * n + j]!;
  solveShifted(tridiagonal, { shift: rho, rhs: inner, columns: n }, inner);
  await using products = new Products(open);
  const inverse = await products.multiply({ type: "float64", a: basis, b: inner, m: n, k: n, n });
  return Float32Array.from(inverse, (value, at) => relaxation * (rho * value - (at % (n + 1) === 0 ? 0.5 : 0)));
}
