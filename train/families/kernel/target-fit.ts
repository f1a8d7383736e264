/**
 * What is fitted for each target by itself once profiles are compared: outliers pulled in, a penalty, coefficients, the
 * median of its errors, its smallest value. All by residuals of fits that leave the profile out.
 * @module
 */
import type { Products } from "../../../runtime/algebra/products.ts";
import { solveShifted } from "../../../runtime/algebra/tridiagonal.ts";
import { columnMeans, putColumns, takeColumns } from "./columns.ts";
import { median } from "./median.ts";
import { leftOut, type Penalised, rotate, type Smoother } from "./smoother.ts";

/** Coefficients of some targets, in the order of the columns that they were fitted from. */
export interface TargetFits {
  /** `[N, targets]`: ŷ(x) = k(x, S)·coefficients + bias, of kernels that are not centred. */
  readonly coefficients: Float32Array;
  /** `[targets]` */
  readonly bias: Float64Array;
  /** `[targets]`: median of truth less the prediction without the profile. */
  readonly shift: Float32Array;
  /** `[targets]`: the smallest value in training. */
  readonly floor: Float32Array;
}

/** The median of |residuals| of normal errors times this is their standard deviation (Hampel 1974). */
const normalConsistency = 1.4826;
const winsorRounds = 5;

/** What every step works with. */
export interface TargetFitting {
  readonly products: Products;
  readonly smoother: Smoother;
  /** The penalty that outliers are judged under, as its leave-one-out operator. */
  readonly judge: Float32Array;
  /** Residuals beyond this many robust standard deviations are pulled in. */
  readonly winsorise: number;
}

/** Fits targets `[N, targets]`. */
export async function fitTargets(y: Float32Array, fitting: TargetFitting): Promise<TargetFits> {
  const pulled = await winsorised(y, fitting);
  const chosen = await bestPenalties({ y, pulled }, fitting);
  return solve({ y, pulled }, chosen, fitting);
}

/**
 * Values whose residual is beyond ± winsorise·s are pulled to there, s = 1.4826·median|residual| of the target, under
 * the fit to the values pulled before: Huber's pseudo-values (Huber 1981, Robust Statistics, 7.3), on leave-one-out
 * residuals, so that an outlier cannot hide itself.
 */
export async function winsorised(
  y: Float32Array,
  {
    products,
    judge,
    smoother,
    winsorise,
  }: Omit<TargetFitting, "smoother"> & { readonly smoother: Pick<Smoother, "count"> },
): Promise<Float32Array> {
  const n = smoother.count;
  const targets = y.length / n;
  const pulled = y.slice();
  const residuals = new Float32Array(n);
  for (let round = 0; round < winsorRounds; round++) {
    const left = await products.multiply({ type: "float32", a: judge, b: pulled, m: n, k: n, n: targets });
    for (let t = 0; t < targets; t++) {
      // p = pulled − left is the prediction, y − p the residual of the value itself.
      for (let i = 0, at = t; i < n; i++, at += targets) residuals[i] = Math.abs(y[at]! - pulled[at]! + left[at]!);
      const limit = winsorise * normalConsistency * median(residuals);
      for (let i = 0, at = t; i < n; i++, at += targets) {
        const predicted = pulled[at]! - left[at]!;
        pulled[at] = predicted + Math.max(-limit, Math.min(limit, y[at]! - predicted));
      }
    }
  }
  return pulled;
}

interface Values {
  readonly y: Float32Array;
  readonly pulled: Float32Array;
}

/** The penalty of each target with the smallest mean |error| of predictions that leave the profile out, by index. */
export async function bestPenalties(
  { y, pulled }: Values,
  { products, smoother }: Pick<TargetFitting, "products" | "smoother">,
): Promise<Uint8Array> {
  const { count: n, penalised } = smoother;
  const targets = y.length / n;
  const best = new Uint8Array(targets);
  const least = new Float64Array(targets).fill(Number.POSITIVE_INFINITY);
  const rotated = await rotate(products, smoother, pulled);
  for (const [index, penalty] of penalised.entries()) {
    const left = await leftOut(products, smoother, { rotated, penalty });
    const errors = new Float64Array(targets);
    for (let i = 0, at = 0; i < n; i++)
      for (let t = 0; t < targets; t++, at++) errors[t]! += Math.abs(y[at]! - pulled[at]! + left[at]!);
    for (let t = 0; t < targets; t++)
      if (errors[t]! < least[t]!) {
        least[t] = errors[t]!;
        best[t] = index;
      }
  }
  return best;
}

/** Coefficients of every target under its own penalty, one penalty's targets at a time. */
async function solve({ y, pulled }: Values, chosen: Uint8Array, fitting: TargetFitting): Promise<TargetFits> {
  const { count: n, penalised } = fitting.smoother;
  const targets = y.length / n;
  const fits = {
    coefficients: new Float32Array(y.length),
    bias: new Float64Array(targets),
    shift: new Float32Array(targets),
    floor: new Float32Array(targets),
  };
  for (const [index, penalty] of penalised.entries()) {
    const columns = Int32Array.from(chosen.keys()).filter((t) => chosen[t] === index);
    if (columns.length === 0) continue;
    const own = { y: takeColumns(y, targets, columns), pulled: takeColumns(pulled, targets, columns) };
    const part = await solveOne(own, penalty, fitting);
    putColumns(fits.coefficients, targets, { columns, values: part.coefficients });
    for (const [at, t] of columns.entries())
      for (const name of ["bias", "shift", "floor"] as const) fits[name][t] = part[name][at]!;
  }
  return fits;
}

/** α = (Kc + σI)⁻¹·(y − ȳ), whose sum is 0, so that only the bias sees the centring; the residual without profile i is σ·αᵢ/(1 − Hᵢᵢ). */
async function solveOne(
  { y, pulled }: Values,
  { shift: sigma, freedom }: Penalised,
  { products, smoother: { count: n, tridiagonal, kernelMeans } }: TargetFitting,
): Promise<TargetFits> {
  const targets = y.length / n;
  const bias = columnMeans(pulled, targets);
  const centred = new Float64Array(y.length);
  for (let i = 0, at = 0; i < n; i++) for (let t = 0; t < targets; t++, at++) centred[at] = pulled[at]! - bias[t]!;
  const product = { type: "float64", a: tridiagonal.basis, m: n, k: n, n: targets } as const;
  const rotated = await products.multiply({ ...product, b: centred, transA: true });
  solveShifted(tridiagonal, { shift: sigma, rhs: rotated, columns: targets }, rotated);
  const alpha = await products.multiply({ ...product, b: rotated });
  const means = columnMeans(alpha, targets);
  for (let i = 0, at = 0; i < n; i++)
    for (let t = 0; t < targets; t++, at++) {
      alpha[at]! -= means[t]!;
      bias[t]! -= kernelMeans[i]! * alpha[at]!;
    }
  const [shift, floor] = [new Float32Array(targets), new Float32Array(targets)];
  const errors = new Float32Array(n);
  for (let t = 0; t < targets; t++) {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0, at = t; i < n; i++, at += targets) {
      least = Math.min(least, y[at]!);
      errors[i] = y[at]! - pulled[at]! + (sigma * alpha[at]!) / freedom[i]!;
    }
    floor[t] = least;
    shift[t] = median(errors);
  }
  return { coefficients: Float32Array.from(alpha), bias, shift, floor };
}
