import type { OpenSession } from "../runtime/session.ts";
import { best } from "./candidates.ts";
import { AffineRunner } from "./families/affine.ts";
import { RidgePath } from "./families/ridge-path.ts";
import { scoreCandidates } from "./families/score-candidates.ts";
import type { SecondMoments } from "./second-moments.ts";
import type { PredictZ, TrainingContext, TrainingData } from "./standardised.ts";

/** λ of the always-on ridge baseline: around the optimum of expression data, in steps that cost < 0.1 % MAE. */
const lambdas = [0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 30];
/** Where there are no validation rows to choose on. */
const lambdaWithoutValidation = 1;

/** The ridge regression that every other family is measured against; dispose it to close its sessions. */
export interface RidgeBaseline extends AsyncDisposable {
  readonly predictZ: PredictZ;
  readonly lambda: number;
}

/** Fits ridge on the training rows' moments, λ picked on validation MAE. */
export async function ridgeBaseline(
  data: TrainingData,
  moments: SecondMoments,
  { open, context }: { open: OpenSession; context: TrainingContext },
): Promise<RidgeBaseline> {
  const runner = await AffineRunner.open(open, data.landmarks, data.targets);
  await using path = await RidgePath.open(open, moments);
  const { onProgress } = context;
  const scoring = { data, runner, onProgress };
  const lambda =
    data.count("validation") > 0
      ? best((await scoreCandidates(path.candidates(lambdas), scoring)).all).value
      : lambdaWithoutValidation;
  return {
    predictZ: runner.predictor(await path.solve(lambda)),
    lambda,
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  };
}
