/**
 * The kernel of `residual`: profiles are compared by direction, and their sizes multiplied back,
 *
 *     k(x, s) = |x̃|·|s̃|·exp(γ·(cos(x̃, s̃) − 1)) + c·xᵀs/d,
 *
 * x̃ = x less its own mean over the d landmarks, |·| the root mean square, c the share of a linear kernel. It is
 * homogeneous (k(ax, s) = a·k(x, s) for a > 0), so that a profile twice as far from the mean is inferred twice as far.
 * exp(γ·cos) is positive definite (a power series of dot products with positive coefficients; Schölkopf & Smola 2002,
 * theorem 4.18), and so are its products and sums here.
 * @module
 */
import type { Products } from "../../../runtime/algebra/products.ts";

/** γ and c of the kernel. */
export interface KernelShape {
  readonly gamma: number;
  /** Share c of the linear kernel. */
  readonly linear: number;
}

/** Profiles in the form that the kernel compares. */
export interface KernelPoints {
  readonly rows: number;
  readonly columns: number;
  /** `[rows, columns]`: x̃. */
  readonly centred: Float64Array;
  /** `[rows]`: each profile's mean over its landmarks. */
  readonly means: Float64Array;
  /** `[rows]`: |x̃|. */
  readonly sizes: Float64Array;
}

/** Prepares profiles `[rows, d]`, each landmark times its weight in `metric` `[d]`. */
export function kernelPoints(x: Float32Array, metric: Float64Array): KernelPoints {
  const columns = metric.length;
  const rows = x.length / columns;
  const centred = new Float64Array(x.length);
  const [means, sizes] = [new Float64Array(rows), new Float64Array(rows)];
  for (let r = 0, start = 0; r < rows; r++, start += columns) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += centred[start + j] = x[start + j]! * metric[j]!;
    const mean = sum / columns;
    let squares = 0;
    for (let j = 0; j < columns; j++) squares += (centred[start + j]! -= mean) ** 2;
    means[r] = mean;
    sizes[r] = Math.sqrt(squares / columns);
  }
  return { rows, columns, centred, means, sizes };
}

/** k(a, b) of every pair, `[a.rows, b.rows]`, float64. */
export async function kernelMatrix(
  products: Products,
  { a, b }: { readonly a: KernelPoints; readonly b: KernelPoints },
  { gamma, linear }: KernelShape,
): Promise<Float64Array> {
  const d = a.columns;
  const shape = { type: "float64", m: a.rows, k: d, n: b.rows, transB: true } as const;
  const values = await products.multiply({ ...shape, a: a.centred, b: b.centred });
  for (let i = 0, at = 0; i < a.rows; i++)
    for (let j = 0; j < b.rows; j++, at++) {
      const dot = values[at]! / d;
      const size = a.sizes[i]! * b.sizes[j]!;
      // A profile without variation has no direction: what it is like is said by the linear part alone.
      const alike = size > 0 ? size * Math.exp(gamma * (Math.min(1, dot / size) - 1)) : 0;
      values[at] = alike + linear * (dot + a.means[i]! * b.means[j]!);
    }
  return values;
}
