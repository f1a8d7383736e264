import { MomentAccumulator, type Moments } from "../../runtime/algebra/moments.ts";
import { Products } from "../../runtime/algebra/products.ts";
import type { OpenSession } from "../../runtime/session.ts";
import { AppError } from "../../schemas/errors.ts";
import type { OnProgress } from "../../schemas/index.ts";
import type { ZBlock } from "../standardised.ts";
import type { Activate } from "./activations.ts";
import { explainedSquares, panelFactor } from "./panel-cholesky.ts";
import { type FittedPart, PartMoments } from "./part-moments.ts";

/** How well linear regression fits every target; NaN for a target that does not vary. */
export interface TargetFit {
  /** `[T]` */
  readonly r2: Float64Array;
  /** `[T]` */
  readonly adjusted: Float64Array;
}

/** The fit of some targets by the same predictors. */
export interface AdjustedR2 extends TargetFit {
  /** Predictors that are not combinations of others: p of the formula. */
  readonly predictors: number;
  /** Predictors given. */
  readonly given: number;
}

/** The fit of a part's targets by its last hidden layer. */
export interface PartFit extends AdjustedR2 {
  /** Share of the part's targets that vary whose adjusted R² is larger with activations. */
  readonly activationsWin: number;
}

/** Last hidden layer against raw landmarks. */
export interface ActivationFit {
  readonly rows: number;
  /** One where the net is one chain. */
  readonly parts: readonly PartFit[];
  /** Of every target by the activations of its part. */
  readonly activations: TargetFit;
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
  /** Parts of the net; each target belongs to one. */
  readonly parts: readonly FittedPart[];
  readonly blocks: AsyncIterable<ZBlock>;
  /** Activations of every part. */
  readonly activate: Activate;
  readonly open: OpenSession;
  readonly onProgress: OnProgress;
  readonly signal?: AbortSignal;
}

/**
 * Adjusted R² of the last hidden layer's activations against that of the raw landmarks, for every target, in one pass
 * over the rows; in a net of several parts a target is fitted to the activations of its own. Memory: moments of the
 * landmarks and of every part in float64, p² + p·T values each, whatever the number of rows.
 * @throws AppError `bad-data` when there are not more rows than predictors + 1, before anything is read; `cancelled`.
 */
export async function activationFit(options: ActivationFitOptions): Promise<ActivationFit> {
  const { rows: total, landmarks, targets, parts, open, onProgress, signal } = options;
  const names = parts.map((_, at) => (parts.length > 1 ? `activations of part ${at + 1}` : "activations"));
  for (const [at, { hidden }] of parts.entries()) requireRows(total, hidden, names[at] ?? "");
  requireRows(total, landmarks, "landmarks");
  await using ofActivations = await PartMoments.open(parts, open);
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
  const activations = { r2: undefinedFor(targets), adjusted: undefinedFor(targets) };
  const fitted: PartFit[] = [];
  for await (const moments of ofActivations.finish()) {
    const at = fitted.length;
    const fit = await fitOf(products, moments, names[at] ?? "");
    const own = parts[at]?.targets ?? new Int32Array();
    for (const [place, target] of own.entries()) {
      activations.r2[target] = fit.r2[place] ?? Number.NaN;
      activations.adjusted[target] = fit.adjusted[place] ?? Number.NaN;
    }
    const byInputs = Float64Array.from(own, (target) => inputs.adjusted[target] ?? Number.NaN);
    fitted.push({ ...fit, activationsWin: winShare(fit.adjusted, byInputs) });
  }
  const activationsWin = winShare(activations.adjusted, inputs.adjusted);
  return { rows: done, parts: fitted, activations, inputs, activationsWin };
}

const undefinedFor = (targets: number): Float64Array => new Float64Array(targets).fill(Number.NaN);

/** Share of the places where both are numbers at which the first is larger; NaN where there are none. */
function winShare(one: Float64Array, other: Float64Array): number {
  const compared = one.filter((value, t) => !Number.isNaN(value) && !Number.isNaN(other[t] ?? Number.NaN));
  const won = one.filter((value, t) => value > (other[t] ?? Number.NaN));
  return compared.length === 0 ? Number.NaN : won.length / compared.length;
}
