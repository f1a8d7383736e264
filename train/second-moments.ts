import { MomentAccumulator, type Moments } from "../runtime/algebra/moments.ts";
import { Products } from "../runtime/algebra/products.ts";
import { type Tridiagonal, tridiagonalise } from "../runtime/algebra/tridiagonal.ts";
import { tridiagonalEigenvalues } from "../runtime/algebra/tridiagonal-eigen.ts";
import type { OpenSession } from "../runtime/session.ts";
import { AppError } from "../schemas/errors.ts";
import type { TrainingContext, TrainingData } from "./standardised.ts";

/** Centred second moments of the training rows in z units, and the landmarks' Gram matrix in tridiagonal form. */
export interface SecondMoments extends Moments {
  /** `gram` = Q·T·Qᵀ: one serves every ridge λ, the lasso's inverse and the OOD score's components. */
  readonly tridiagonal: Tridiagonal;
  /** Eigenvalues of `gram` [L], descending. */
  readonly eigenvalues: Float64Array;
}

/**
 * One pass over the training rows.
 * @throws AppError `bad-data` for a value that is not finite or when there are no rows, `cancelled`.
 */
export async function secondMoments(
  data: TrainingData,
  open: OpenSession,
  { onProgress, signal }: TrainingContext,
): Promise<SecondMoments> {
  const total = data.count("train");
  await using accumulator = await MomentAccumulator.open({ open, p: data.landmarks, q: data.targets });
  let done = 0;
  for await (const { rows, landmarks, targets } of data.blocks("train")) {
    if (signal?.aborted) throw new AppError("cancelled", { what: "training was stopped", advice: "Run it again" });
    await accumulator.add({ x: landmarks, y: targets, rows });
    done += rows;
    onProgress({ phase: "fit moments", done, total, unit: "profiles" });
  }
  const sums = await accumulator.finish();
  await using products = new Products(open);
  const tridiagonal = await tridiagonalise(products, sums.gram, data.landmarks);
  return { ...sums, tridiagonal, eigenvalues: tridiagonalEigenvalues(tridiagonal) };
}
