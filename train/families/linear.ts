import type { OpenSession, Provider } from "../../runtime/session.ts";
import type { LinearRecipe } from "../../schemas/index.ts";
import { bestOn, type Choice, choose, requireValidation } from "../candidates.ts";
import type { CheckpointPlan } from "../checkpoint.ts";
import type { SecondMoments } from "../second-moments.ts";
import { borrowed, type Selection, validationSets } from "../selections.ts";
import type { TrainingContext, TrainingData } from "../standardised.ts";
import { AffineRunner, affineModel } from "./affine.ts";
import type { FittedModel } from "./family.ts";
import { fitLasso } from "./lasso.ts";
import { landmarkRank } from "./minimum-norm.ts";
import { ridgeLambdas } from "./ridge-lambdas.ts";
import { RidgePath } from "./ridge-path.ts";
import { scoreCandidates } from "./score-candidates.ts";

/** What a family is fitted from. */
export interface FitInput {
  readonly data: TrainingData;
  readonly moments: SecondMoments;
  readonly open: OpenSession;
  /** Where the steps of a training run; absent: the first candidate that works. */
  readonly device?: Provider;
  readonly context: TrainingContext;
  /** Where a training in steps saves itself, and whether it goes on from there; a closed form has no use for it. */
  readonly checkpoint?: CheckpointPlan & { readonly resume: boolean };
}

/** Least squares is one of many solutions where the landmarks span fewer directions than they are. */
function olsNotes({ moments, data }: FitInput): string[] {
  const rank = landmarkRank(moments);
  if (rank === data.landmarks) return [];
  const samples = data.count("train");
  return [
    `the ${data.landmarks} landmarks span ${rank} directions in ${samples} training profiles: of the many least-squares ` +
      "solutions the one of minimum norm was taken; ridge predicts better",
  ];
}

/** Ridge with one λ, or with the one that validation rows prefer. */
async function fitRidge(recipe: LinearRecipe, { data, moments, open, context }: FitInput): Promise<FittedModel> {
  const lambdas = [recipe.lambda ?? ridgeLambdas].flat();
  const [first = 0] = lambdas;
  const { selectOn } = recipe;
  if (lambdas.length > 1) requireValidation("lambda", data, selectOn);
  const runner = await AffineRunner.open(open, data.landmarks, data.targets);
  await using path = await RidgePath.open(open, moments);
  const scoring = { data, runner, onProgress: context.onProgress };
  const scores = lambdas.length > 1 ? await scoreCandidates(path.candidates(lambdas), scoring) : undefined;
  const choice: Choice = scores ? choose("lambda", scores, selectOn) : { value: first, candidates: [], notes: [] };
  const affine = await path.solve(choice.value);
  const solved = async (lambda: number) => {
    // Made again for the few that score it: kept, it would outlive every ridge that something else starts from.
    await using again = await RidgePath.open(open, moments);
    return again.solve(lambda);
  };
  return {
    model: affineModel("ridge", data.landmarks, affine),
    predictZ: runner.predictor(affine),
    selected: { lambda: choice.value },
    candidates: choice.candidates,
    notes: choice.notes,
    selections: validationSets(data).map((name): Selection => {
      const lambda = scores ? bestOn(scores, name) : first;
      const map = async () => (lambda === choice.value ? affine : await solved(lambda));
      return { name, selected: { lambda }, open: async () => borrowed(runner.predictor(await map())) };
    }),
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  };
}

async function fitOls(input: FitInput): Promise<FittedModel> {
  const { data, moments, open } = input;
  await using path = await RidgePath.open(open, moments);
  const affine = await path.solve(0);
  const runner = await AffineRunner.open(open, data.landmarks, data.targets);
  const [predictZ, selected] = [runner.predictor(affine), { lambda: 0 }];
  return {
    model: affineModel("ols", data.landmarks, affine),
    predictZ,
    selected,
    candidates: [],
    notes: olsNotes(input),
    selections: validationSets(data).map((name) => ({ name, selected, open: async () => borrowed(predictZ) })),
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  };
}

/**
 * Fits OLS (minimum norm where the landmarks are collinear), ridge or lasso, λ chosen by validation MAE.
 * @throws AppError `usage` when several λ are given and there are no validation rows, or none of the cohort to select on.
 */
export async function fitLinear(recipe: LinearRecipe, input: FitInput): Promise<FittedModel> {
  switch (recipe.penalty) {
    case "none":
      return fitOls(input);
    case "l2":
      return fitRidge(recipe, input);
    case "l1":
      return fitLasso(recipe, input);
  }
}
