import { MomentAccumulator, type Moments } from "../../runtime/algebra/moments.ts";
import { Products } from "../../runtime/algebra/products.ts";
import type { OpenSession } from "../../runtime/session.ts";
import { AppError } from "../../schemas/errors.ts";
import type { OnProgress } from "../../schemas/index.ts";
import type { ZBlock } from "../standardised.ts";
import { explainedSquares, panelFactor } from "./panel-cholesky.ts";

/** How well linear regression on some predictors fits every target. */
export interface AdjustedR2 {
  /** Predictors that are not combinations of others: p of the formula. */
  readonly predictors: number;
  /** Predictors given. */
  readonly given: number;
  /** Per target `[T]`; NaN for a target that does not vary. */
  readonly r2: Float64Array;
  readonly adjusted: Float64Array;
}

/** Last hidden layer against raw landmarks. */
export interface ActivationFit {
  readonly rows: number;
  readonly activations: AdjustedR2;
  readonly inputs: AdjustedR2;
  /** Share of the targets that vary whose adjusted R² is larger with activations. */
  readonly activationsWin: number;
}

/**
 * Adjusted R² of `[n, p]` predictors for n rows: 1 − (1 − R²)(N − 1)/(N − p − 1) (Chen et al. 2016, 3.4; Theil 1961).
 */
export function adjust(
  r2: number,
  { rows, predictors }: { readonly rows: number; readonly predictors: number },
): number {
  return 1 - ((1 - r2) * (rows - 1)) / (rows - predictors - 1);
}

/**
 * Refuses fits without degrees of freedom.
 * @throws AppError `bad-data` when rows ≤ predictors + 1.
 */
function requireRows(rows: number, predictors: number, name: string): void {
  if (rows > predictors + 1) return;
  throw new AppError("bad-data", {
    what: `the adjusted R² of ${predictors} ${name} needs more profiles`,
    expected: `more than ${predictors + 1}`,
    got: `${rows}`,
    advice: "Give a dataset with more training profiles, or explain the weights alone: leave out --data",
  });
}

/** R² of all targets at once: one Cholesky factorisation of the predictors' Gram matrix. */
async function fitOf(products: Products, moments: Moments, name: string): Promise<AdjustedR2> {
  const { gram, cross, count, sumSquaresY, meanX } = moments;
  const given = meanX.length;
  const factor = await panelFactor(products, gram, given);
  requireRows(count, factor.rank, name);
  const explained = await explainedSquares(products, factor, { cross, columns: sumSquaresY.length });
  const r2 = sumSquaresY.map((total, t) => (total > 0 ? (explained[t] ?? Number.NaN) / total : Number.NaN));
  const size = { rows: count, predictors: factor.rank };
  return { predictors: factor.rank, given, r2, adjusted: r2.map((value) => adjust(value, size)) };
}

/** What {@link activationFit} needs. */
export interface ActivationFitOptions {
  /** Profiles in `blocks`. */
  readonly rows: number;
  readonly landmarks: number;
  readonly targets: number;
  readonly hidden: number;
  readonly blocks: AsyncIterable<ZBlock>;
  /** z landmarks `[rows, L]` → activations `[rows, hidden]`. */
  readonly activate: (landmarks: Float32Array, rows: number) => Promise<Float32Array>;
  readonly open: OpenSession;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal;
}

/**
 * Adjusted R² of the last hidden layer's activations against that of the raw landmarks, for every target, in one pass
 * over the rows. Memory: moments of both in float64, p² + p·T values, whatever the number of rows.
 * @throws AppError `bad-data` when there are not more rows than predictors + 1, before anything is read; `cancelled`.
 */
export async function activationFit(options: ActivationFitOptions): Promise<ActivationFit> {
  const { rows: total, landmarks, targets, hidden, open, onProgress, signal } = options;
  requireRows(total, hidden, "activations");
  requireRows(total, landmarks, "landmarks");
  await using ofActivations = await MomentAccumulator.open({ open, p: hidden, q: targets });
  await using ofInputs = await MomentAccumulator.open({ open, p: landmarks, q: targets });
  let done = 0;
  for await (const { rows, landmarks: x, targets: y } of options.blocks) {
    if (signal?.aborted)
      throw new AppError("cancelled", { what: "the explanation was stopped", advice: "Run it again" });
    await ofInputs.add({ x, y, rows });
    await ofActivations.add({ x: await options.activate(x, rows), y, rows });
    done += rows;
    onProgress({ phase: "fit activations", done, total, unit: "profiles" });
  }
  await using products = new Products(open);
  const inputs = await fitOf(products, await ofInputs.finish(), "landmarks");
  const activations = await fitOf(products, await ofActivations.finish(), "activations");
  return { rows: done, activations, inputs, activationsWin: winShare(activations.adjusted, inputs.adjusted) };
}

/** Share of the places where both are numbers at which the first is larger; NaN where there are none. */
function winShare(one: Float64Array, other: Float64Array): number {
  const compared = one.filter((value, t) => !Number.isNaN(value) && !Number.isNaN(other[t] ?? Number.NaN));
  const won = one.filter((value, t) => value > (other[t] ?? Number.NaN));
  return compared.length === 0 ? Number.NaN : won.length / compared.length;
}
