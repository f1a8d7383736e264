import type { TargetWeights } from "../schemas/index.ts";
import { ridgeBaseline } from "./baseline.ts";
import type { NetInput } from "./families/net-input.ts";
import type { PredictZ, TrainingData } from "./standardised.ts";

/**
 * The least error that counts, as a share of the median of those above 0: a target that ridge predicts without error (it is constant, or
 * a landmark too) would otherwise take all the weight.
 */
const leastError = 0.1;

/** Σ|ŷ − y| of every target over the training rows, `[T]`. */
async function trainingErrors(data: TrainingData, predict: PredictZ): Promise<Float64Array> {
  const sums = new Float64Array(data.targets);
  for await (const { rows, landmarks, targets } of data.blocks("train")) {
    const predicted = await predict(landmarks, rows);
    for (let row = 0; row < rows; row++)
      for (let t = 0; t < sums.length; t++) {
        const at = row * sums.length + t;
        sums[t] = (sums[t] ?? 0) + Math.abs((predicted[at] ?? Number.NaN) - (targets[at] ?? Number.NaN));
      }
  }
  return sums;
}

/** Weights by 1/error, mean 1, `[T]`. */
export function weightsByError(errors: Float64Array): Float32Array {
  // Were most errors 0, so would be a median over all, and then the weight of every target with an error.
  const above = errors.filter((error) => error > 0).toSorted();
  const median = above[Math.floor(above.length / 2)] ?? 0;
  const least = Math.max(leastError * median, Number.MIN_VALUE);
  const inverse = errors.map((error) => least / Math.max(error, least));
  const mean = inverse.reduce((sum, value) => sum + value, 0) / inverse.length;
  return Float32Array.from(inverse, (value) => value / mean);
}

/** The weights of the targets that an optimisation asks for, `[T]`; `undefined` where all count the same. */
export async function targetWeightsOf(kind: TargetWeights, input: NetInput): Promise<Float32Array | undefined> {
  if (kind === "equal") return undefined;
  const { data, moments, open, context } = input;
  await using ridge = await ridgeBaseline(data, moments, { open, context });
  return weightsByError(await trainingErrors(data, ridge.predictZ));
}

/** The weights of a net's own targets, in its order, mean 1 again; all of them where it has no list. */
export function weightsOfPart(weights: Float32Array, targets: Int32Array | undefined): Float32Array {
  if (targets === undefined) return weights;
  const own = Float32Array.from(targets, (target) => weights[target] ?? Number.NaN);
  const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
  return own.map((value) => value / mean);
}
