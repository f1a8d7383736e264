import { AppError } from "../../schemas/errors.ts";
import type { KnnRecipe } from "../../schemas/index.ts";
import { bestOn, type Choice, choose, requireValidation } from "../candidates.ts";
import type { SecondMoments } from "../second-moments.ts";
import { borrowed, type Selection, validationSets } from "../selections.ts";
import { type Affine, AffineRunner, affineModel } from "./affine.ts";
import type { FittedModel } from "./family.ts";
import type { FitInput } from "./linear.ts";
import { scoreCandidates } from "./score-candidates.ts";

/**
 * Squared Euclidean distance over the training rows between every landmark and every target, [L, T], from moments:
 * Σ(x − y)² = Σ(x − x̄)² + Σ(y − ȳ)² − 2·Σ(x − x̄)(y − ȳ) + N·(x̄ − ȳ)².
 */
export function squaredDistances({ count, meanX, meanY, gram, cross, sumSquaresY }: SecondMoments): Float64Array {
  const [l, t] = [meanX.length, meanY.length];
  const distances = new Float64Array(l * t);
  for (let i = 0; i < l; i++) {
    const own = gram[i * l + i]!;
    for (let j = 0; j < t; j++) {
      const shift = meanX[i]! - meanY[j]!;
      const d = own + sumSquaresY[j]! - 2 * cross[i * t + j]! + count * shift * shift;
      distances[i * t + j] = Math.max(0, d);
    }
  }
  return distances;
}

/** The `k` nearest landmarks of every target, nearest first, ties by landmark order: [T, k]. */
export function nearestLandmarks(distances: Float64Array, landmarks: number, k: number): Int32Array {
  const targets = distances.length / landmarks;
  const nearest = new Int32Array(targets * k);
  const held = new Float64Array(targets * k);
  // Row by row through [L, T], every target's list kept sorted: an insertion happens seldom once a list is full.
  for (let i = 0; i < landmarks; i++)
    for (let j = 0; j < targets; j++) {
      const d = distances[i * targets + j]!;
      const [first, filled] = [j * k, Math.min(i, k)];
      if (filled === k && d >= held[first + k - 1]!) continue;
      let at = first + Math.min(filled, k - 1);
      for (; at > first && held[at - 1]! > d; at--) {
        held[at] = held[at - 1]!;
        nearest[at] = nearest[at - 1]!;
      }
      held[at] = d;
      nearest[at] = i;
    }
  return nearest;
}

/** The mean of each target's `k` nearest landmarks as a dense kernel with k entries of 1/k a column. */
function averageOf(nearest: Int32Array, width: number, { k, landmarks }: { k: number; landmarks: number }): Affine {
  const targets = nearest.length / width;
  const kernel = new Float32Array(landmarks * targets);
  for (let j = 0; j < targets; j++) for (let r = 0; r < k; r++) kernel[nearest[j * width + r]! * targets + j] = 1 / k;
  return { kernel, bias: new Float32Array(targets) };
}

/**
 * KNN-GE (Chen et al. 2016, 2.3.3): a target is predicted by the unweighted mean of its k nearest landmark genes.
 * @throws AppError `usage` when k exceeds the number of landmarks, or several k are given without validation rows.
 */
export async function fitKnn(recipe: KnnRecipe, { data, moments, open, context }: FitInput): Promise<FittedModel> {
  const ks = [recipe.k].flat().toSorted((a, b) => a - b);
  const usable = ks.filter((k) => k <= data.landmarks);
  const width = usable.at(-1);
  if (width === undefined)
    throw new AppError("usage", {
      what: "k is larger than the number of landmarks",
      expected: `at most ${data.landmarks}`,
      got: ks.join(", "),
    });
  const unusable = ks.slice(usable.length);
  const leftOut =
    unusable.length > 0 ? [`k = ${unusable.join(", ")} left out: there are ${data.landmarks} landmarks`] : [];
  if (usable.length > 1) requireValidation("k", data, recipe.selectOn);
  const nearest = nearestLandmarks(squaredDistances(moments), data.landmarks, width);
  const runner = await AffineRunner.open(open, data.landmarks, data.targets);
  const affineOf = (k: number) => averageOf(nearest, width, { k, landmarks: data.landmarks });
  const scoring = { data, runner, onProgress: context.onProgress };
  const maps = { name: "k", values: usable, affineOf };
  const scores = usable.length > 1 ? await scoreCandidates(maps, scoring) : undefined;
  const choice: Choice = scores ? choose("k", scores, recipe.selectOn) : { value: width, candidates: [], notes: [] };
  const affine = affineOf(choice.value);
  return {
    model: affineModel("knn-ge", data.landmarks, affine),
    predictZ: runner.predictor(affine),
    selected: { k: choice.value },
    candidates: choice.candidates,
    notes: [...leftOut, ...choice.notes],
    selections: validationSets(data).map((name): Selection => {
      const k = scores ? bestOn(scores, name) : width;
      return { name, selected: { k }, open: async () => borrowed(runner.predictor(affineOf(k))) };
    }),
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  };
}
