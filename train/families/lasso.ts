import type { LinearRecipe } from "../../schemas/index.ts";
import {
  best,
  bestOn,
  type Candidate,
  type CandidateScores,
  choose,
  requireValidation,
  scoresToChooseBy,
} from "../candidates.ts";
import { borrowed, validationSets } from "../selections.ts";
import { type Affine, AffineRunner, affineModel } from "./affine.ts";
import type { FittedModel } from "./family.ts";
import { LassoPath, type LassoSolution } from "./lasso-path.ts";
import type { FitInput } from "./linear.ts";
import { scoreCandidates } from "./score-candidates.ts";

/** λ of the lasso where the recipe names none: at 2 every weight of a z score is zero. */
const lassoLambdas = [0.3, 0.1, 0.05, 0.03, 0.02, 0.015, 0.01, 0.007, 0.005, 0.003, 0.001];

/** What a walk along the λ path has found. */
interface Walk {
  readonly scores: CandidateScores;
  /** The model's. */
  readonly kept: Affine & { readonly lambda: number };
  /** The best by each validation set; sets that agree share it. */
  readonly bySet: ReadonlyMap<string, Walk["kept"]>;
  readonly notes: readonly string[];
}

/** Says how many targets one λ has left unsolved. */
function unsolvedNote(lambda: number, { unsolved, iterations }: LassoSolution, targets: number): string[] {
  if (unsolved === 0) return [];
  return [
    `lasso at lambda = ${lambda}: ${unsolved} of ${targets} targets were not solved after ${iterations} iterations`,
  ];
}

/** Scores of the values so far and of one more. */
function joined(before: CandidateScores, next: CandidateScores): CandidateScores {
  const cohorts = [...next.byCohort].map(([cohort, list]): [string, readonly Candidate[]] => [
    cohort,
    [...(before.byCohort.get(cohort) ?? []), ...list],
  ]);
  return { all: [...before.all, ...next.all], byCohort: new Map(cohorts) };
}

/** Solves every λ, largest first; only the best solutions so far, by the model's set and by each, are kept. */
async function walk(recipe: LinearRecipe, { data, moments, open, context }: FitInput, runner: AffineRunner) {
  const lambdas = [recipe.lambda ?? lassoLambdas].flat().toSorted((a, b) => b - a);
  const { tolerance, maxIterations, selectOn } = recipe;
  const { onProgress, signal } = context;
  if (lambdas.length > 1) requireValidation("lambda", data, selectOn);
  await using path = await LassoPath.open(open, moments);
  const stop = { tolerance, maxIterations, ...(signal && { signal }) };
  let scores: CandidateScores = { all: [], byCohort: new Map() };
  let kept: Walk["kept"] | undefined;
  const bySet = new Map<string, Walk["kept"]>();
  const notes: string[] = [];
  for (const lambda of lambdas) {
    const phase = `lasso, lambda = ${lambda}`;
    const solution = await path.solve(lambda, stop, (done) =>
      onProgress({ phase, done, total: maxIterations, unit: "iterations" }),
    );
    notes.push(...unsolvedNote(lambda, solution, data.targets));
    const own = { kernel: solution.kernel, bias: solution.bias, lambda };
    const isOnly = lambdas.length === 1;
    if (!isOnly) {
      const maps = { name: "lambda", values: [lambda], affineOf: () => solution };
      scores = joined(scores, await scoreCandidates(maps, { data, runner, onProgress }));
    }
    for (const set of validationSets(data)) if (isOnly || bestOn(scores, set) === lambda) bySet.set(set, own);
    if (isOnly || best(scoresToChooseBy(scores, selectOn)).value === lambda) kept = own;
  }
  if (kept === undefined) throw new Error("the lasso's path has no lambda");
  return { scores, kept, bySet, notes } satisfies Walk;
}

/**
 * Fits the lasso, λ chosen by validation MAE.
 * @throws AppError `usage` as `fitLinear`, `cancelled`.
 */
export async function fitLasso(recipe: LinearRecipe, input: FitInput): Promise<FittedModel> {
  const { data, open } = input;
  const runner = await AffineRunner.open(open, data.landmarks, data.targets);
  const { scores, kept, bySet, notes } = await walk(recipe, input, runner);
  const choice = scores.all.length > 0 ? choose("lambda", scores, recipe.selectOn) : undefined;
  return {
    model: affineModel("lasso", data.landmarks, kept),
    predictZ: runner.predictor(kept),
    selected: { lambda: kept.lambda },
    candidates: choice?.candidates ?? [],
    notes: [...notes, ...(choice?.notes ?? [])],
    selections: [...bySet].map(([name, own]) => ({
      name,
      selected: { lambda: own.lambda },
      open: async () => borrowed(runner.predictor(own)),
    })),
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  };
}
