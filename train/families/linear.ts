import type { OpenSession } from "../../runtime/session.ts";
import type { LinearRecipe } from "../../schemas/index.ts";
import { best, edgeNote, requireValidation } from "../candidates.ts";
import type { CheckpointPlan } from "../checkpoint.ts";
import type { SecondMoments } from "../second-moments.ts";
import type { TrainingContext, TrainingData } from "../standardised.ts";
import { AffineRunner, affineModel } from "./affine.ts";
import type { FittedModel } from "./family.ts";
import { RidgePath } from "./ridge-path.ts";
import { scoreCandidates } from "./score-candidates.ts";

/** What a family is fitted from. */
export interface FitInput {
  readonly data: TrainingData;
  readonly moments: SecondMoments;
  readonly open: OpenSession;
  readonly context: TrainingContext;
  /** Where a training in steps saves itself, and whether it goes on from there; a closed form has no use for it. */
  readonly checkpoint?: CheckpointPlan & { readonly resume: boolean };
}

/**
 * Fits OLS (minimum norm where the landmarks are collinear) or ridge with λ chosen by validation MAE.
 * @throws AppError `usage` when several λ are given and there are no validation rows.
 */
export async function fitLinear(
  recipe: LinearRecipe,
  { data, moments, open, context }: FitInput,
): Promise<FittedModel> {
  const lambdas = recipe.penalty === "none" ? [0] : [recipe.lambda].flat();
  if (lambdas.length > 1) requireValidation("lambda", data.count("validation"));
  const runner = await AffineRunner.open(open, data.landmarks, data.targets);
  await using path = await RidgePath.open(open, moments);
  const scored =
    lambdas.length > 1
      ? await scoreCandidates(path.candidates(lambdas), { data, runner, onProgress: context.onProgress })
      : [];
  const lambda = scored.length > 0 ? best(scored).value : lambdas[0]!;
  const affine = await path.solve(lambda);
  return {
    model: affineModel(recipe.penalty === "none" ? "ols" : "ridge", data.landmarks, affine),
    predictZ: runner.predictor(affine),
    selected: { lambda },
    candidates: scored.map((c) => ({ name: "lambda", ...c })),
    notes: edgeNote("lambda", lambda, lambdas),
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  };
}
