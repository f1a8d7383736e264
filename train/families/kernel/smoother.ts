/**
 * Kernel ridge regression with an intercept for many penalties at once, in its dual form: with the kernel matrix K of N
 * training profiles centred in feature space, Kc = (I − 11ᵀ/N)·K·(I − 11ᵀ/N), and σ = Nλ,
 *
 *     α = (Kc + σI)⁻¹·(y − ȳ),   ŷ(x) = kc(x)ᵀ·α + ȳ,   ŷ(S) = H·y,   I − H = σ·(Kc + σI)⁻¹ − 11ᵀ/N
 *
 * (Saunders, Gammerman & Vovk 1998; Schölkopf, Smola & Müller 1998 for the centring). All λ share Kc = Q·T·Qᵀ.
 * @module
 */
import type { Products } from "../../../runtime/algebra/products.ts";
import { solveShifted, type Tridiagonal, tridiagonalise } from "../../../runtime/algebra/tridiagonal.ts";
import { columnMeans } from "./columns.ts";

/** Kernel values that a smoother is made of. */
export interface KernelValues {
  /** Training profiles, N. */
  readonly count: number;
  /** `[N, N]` */
  readonly train: Float64Array;
  /** Held-out profiles against training ones, `[V, N]`. */
  readonly held: Float64Array;
}

/** One penalty. */
export interface Penalised {
  /** σ = Nλ. */
  readonly shift: number;
  /** `[N]`: 1 − Hᵢᵢ. */
  readonly freedom: Float64Array;
}

/** What the fits of all penalties share. */
export interface Smoother {
  readonly count: number;
  /** Means of the columns of K, `[N]`. */
  readonly kernelMeans: Float64Array;
  /** Of Kc. */
  readonly tridiagonal: Tridiagonal;
  /** Q in float32, `[N, N]`. */
  readonly basis: Float32Array;
  /** Qᵀ·kc(held)ᵀ, `[N, V]`. */
  readonly crossed: Float64Array;
  readonly penalised: readonly Penalised[];
}

/**
 * Factorises the kernel matrix for penalties given relative to the kernel's mean centred diagonal: λ = penalty·tr(Kc)/N.
 * @throws AppError `bad-data` for a kernel value that is not finite.
 */
export async function smoother(
  products: Products,
  { count: n, train, held }: KernelValues,
  penalties: readonly number[],
): Promise<Smoother> {
  const means = columnMeans(train, n);
  const all = means.reduce((sum, mean) => sum + mean, 0) / n;
  const centred = centre(train, { means, all });
  let trace = 0;
  for (let i = 0; i < n; i++) trace += centred[i * n + i]!;
  const tridiagonal = await tridiagonalise(products, centred, n);
  const penalised = penalties.map((penalty): Penalised => {
    // Profiles that are all alike leave no trace; any positive shift then gives the mean.
    const shift = penalty * (trace > 0 ? trace : n);
    return { shift, freedom: freedomOf(tridiagonal, shift) };
  });
  const crossing = { type: "float64", m: n, k: n, n: held.length / n, transA: true, transB: true } as const;
  const crossed =
    held.length === 0
      ? new Float64Array()
      : await products.multiply({ ...crossing, a: tridiagonal.basis, b: centre(held, { means, all }) });
  return { count: n, kernelMeans: means, tridiagonal, basis: Float32Array.from(tridiagonal.basis), crossed, penalised };
}

/** Kernel values `[rows, N]` centred in the feature space of the training profiles. */
function centre(
  values: Float64Array,
  { means, all }: { readonly means: Float64Array; readonly all: number },
): Float64Array {
  const n = means.length;
  const centred = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += n) {
    let mean = 0;
    for (let j = 0; j < n; j++) mean += values[start + j]! / n;
    for (let j = 0; j < n; j++) centred[start + j] = values[start + j]! - mean - means[j]! + all;
  }
  return centred;
}

/** 1 − Hᵢᵢ = σ·qᵢᵀ·(T + σI)⁻¹·qᵢ − 1/N, qᵢ row i of Q. */
function freedomOf(tridiagonal: Tridiagonal, shift: number): Float64Array {
  return quadraticForms(tridiagonal, shift, tridiagonal.basis).map((form) => shift * form - 1 / tridiagonal.n);
}

/**
 * rᵀ·(T + σI)⁻¹·r of every row r `[rows, n]`: with T + σI = L·D·Lᵀ it is Σ (L⁻¹r)²/D, one forward substitution.
 */
export function quadraticForms(
  { n, diagonal, offDiagonal }: Pick<Tridiagonal, "n" | "diagonal" | "offDiagonal">,
  shift: number,
  rows: Float64Array,
): Float64Array {
  const [weights, inverses] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n; k++) {
    weights[k] = k === 0 ? 0 : offDiagonal[k]! * inverses[k - 1]!;
    inverses[k] = 1 / (diagonal[k]! + shift - weights[k]! * offDiagonal[k]!);
  }
  const forms = new Float64Array(rows.length / n);
  for (let i = 0, at = 0; i < forms.length; i++) {
    let before = 0;
    for (let k = 0; k < n; k++, at++) {
      before = rows[at]! - weights[k]! * before;
      forms[i]! += before * before * inverses[k]!;
    }
  }
  return forms;
}

/**
 * The `[N, N]` operator whose product with y is the residual of every profile under the fit without it,
 * (I − H)ᵢⱼ/(1 − Hᵢᵢ) (Allen 1974, Technometrics 16:125; Golub, Heath & Wahba 1979), float32.
 */
export async function leaveOneOutOperator(
  products: Products,
  smooth: Smoother,
  penalty: Penalised,
): Promise<Float32Array> {
  const { count: n, tridiagonal } = smooth;
  const { shift, freedom } = penalty;
  const inner = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) inner[j * n + i] = tridiagonal.basis[i * n + j]!;
  solveShifted(tridiagonal, { shift, rhs: inner, columns: n }, inner);
  const inverse = await products.multiply({ type: "float64", a: tridiagonal.basis, b: inner, m: n, k: n, n });
  const operator = new Float32Array(n * n);
  for (let i = 0, at = 0; i < n; i++)
    for (let j = 0; j < n; j++, at++) operator[at] = (shift * inverse[at]! - 1 / n) / freedom[i]!;
  return operator;
}

/** Values less the means of their columns, and Qᵀ times that, both `[N, targets]`. */
export interface Rotated {
  readonly means: Float64Array;
  readonly values: Float64Array;
}

/** Centres and rotates values `[N, targets]`, in float32 where only errors are compared. */
export async function rotate(
  products: Products,
  { count: n, basis }: Smoother,
  values: Float32Array,
): Promise<Rotated> {
  const width = values.length / n;
  const means = columnMeans(values, width);
  const centred = new Float32Array(values.length);
  for (let i = 0, at = 0; i < n; i++) for (let t = 0; t < width; t++, at++) centred[at] = values[at]! - means[t]!;
  const product = { type: "float32", a: basis, b: centred, m: n, k: n, n: width, transA: true } as const;
  return { means, values: Float64Array.from(await products.multiply(product)) };
}

/** Residuals `[N, targets]` of every profile under the fit without it: σ·α/(1 − Hᵢᵢ), α = Q·(T + σI)⁻¹·Qᵀ·(y − ȳ). */
export async function leftOut(
  products: Products,
  { count: n, tridiagonal, basis }: Smoother,
  { rotated, penalty }: { readonly rotated: Rotated; readonly penalty: Penalised },
): Promise<Float32Array> {
  const width = rotated.means.length;
  const inner = new Float32Array(rotated.values.length);
  solveShifted(tridiagonal, { shift: penalty.shift, rhs: rotated.values, columns: width }, inner);
  const left = await products.multiply({ type: "float32", a: basis, b: inner, m: n, k: n, n: width });
  for (let i = 0, at = 0; i < n; i++) {
    const scale = penalty.shift / penalty.freedom[i]!;
    for (let t = 0; t < width; t++) left[at++]! *= scale;
  }
  return left;
}

/** (T + σI)⁻¹·Qᵀ·kc(held)ᵀ `[N, V]`: transposed and times rotated values, held-out predictions less their means. */
export function heldOperator({ crossed, count, tridiagonal }: Smoother, { shift }: Penalised): Float32Array {
  const operator = new Float32Array(crossed.length);
  solveShifted(tridiagonal, { shift, rhs: crossed, columns: crossed.length / count }, operator);
  return operator;
}
