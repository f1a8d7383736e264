import { MomentAccumulator, type Moments } from "../runtime/algebra/moments.ts";
import type { SymmetricEigen } from "../runtime/algebra/symmetric.ts";
import { symmetricEigen } from "../runtime/algebra/symmetric.ts";
import type { OpenSession } from "../runtime/session.ts";
import { AppError } from "../schemas/errors.ts";
import type { TrainingContext, TrainingData } from "./standardised.ts";

/** Centred second moments of the training rows in z units, and the landmarks' principal axes. */
export interface SecondMoments extends Moments {
  /** Eigen-decomposition of `gram`: one serves every ridge λ, the pseudo-inverse of OLS and the OOD score. */
  readonly eigen: SymmetricEigen;
}

/** One pass over the training rows. */
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
  return { ...sums, eigen: symmetricEigen(sums.gram, data.landmarks) };
}
