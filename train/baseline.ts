import type { OpenSession } from "../runtime/session.ts";
import type { Recipe } from "../schemas/index.ts";
import { best } from "./candidates.ts";
import { AffineRunner } from "./families/affine.ts";
import { ridgeLambdas } from "./families/ridge-lambdas.ts";
import { RidgePath } from "./families/ridge-path.ts";
import { scoreCandidates } from "./families/score-candidates.ts";
import type { SecondMoments } from "./second-moments.ts";
import type { PredictZ, TrainingContext, TrainingData } from "./standardised.ts";

/** Where there are no validation rows to choose on. */
const lambdaWithoutValidation = 1;

/** The ridge regression that every other family is measured against; dispose it to close its sessions. */
export interface RidgeBaseline extends AsyncDisposable {
  readonly predictZ: PredictZ;
  readonly lambda: number;
}

/**
 * True for a recipe that is the baseline: ridge whose λ is chosen of the same values on the same rows. One with a λ, or
 * values of λ, or a cohort to choose on of its own is a contestant like any other.
 */
export function isTunedRidge(recipe: Recipe): boolean {
  if (recipe.family !== "linear" || recipe.penalty !== "l2") return false;
  return recipe.lambda === undefined && recipe.selectOn === undefined;
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
      ? best((await scoreCandidates(path.candidates(ridgeLambdas), scoring)).all).value
      : lambdaWithoutValidation;
  return {
    predictZ: runner.predictor(await path.solve(lambda)),
    lambda,
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  };
}
