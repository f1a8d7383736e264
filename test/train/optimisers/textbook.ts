/** Optimisers and losses as their papers write them, in float64, one array at a time: the oracle. */
import type { LossRecipe, OptimiserRecipe } from "../../../schemas/index.ts";

/** One weight, with its moments or velocity. */
export interface Weight {
  readonly values: Float64Array;
  readonly m: Float64Array;
  readonly v: Float64Array;
  readonly isKernel: boolean;
  /** Of the learning rate. */
  readonly factor: number;
}

export function weightOf(values: ArrayLike<number>, isKernel: boolean, factor: number): Weight {
  const { length } = values;
  return {
    values: Float64Array.from(values),
    m: new Float64Array(length),
    v: new Float64Array(length),
    isKernel,
    factor,
  };
}

/** Momentum of step i of Nadam (Dozat 2016). */
const mu = (beta1: number, i: number): number => beta1 * (1 - 0.5 * 0.96 ** (i * 0.004));
const muProduct = (beta1: number, steps: number): number =>
  Array.from({ length: steps }, (_, at) => mu(beta1, at + 1)).reduce((a, b) => a * b, 1);

/** One step in place; `t` counts from 1. */
export function textbookStep(
  recipe: OptimiserRecipe,
  { values, m, v, isKernel, factor }: Weight,
  { gradient, rate: baseRate, t }: { readonly gradient: Float64Array; readonly rate: number; readonly t: number },
): void {
  const rate = baseRate * factor;
  for (const [i, g] of gradient.entries()) {
    const w = values[i] ?? 0;
    if (recipe.kind === "momentum") {
      v[i] = recipe.momentum * (v[i] ?? 0) - rate * g;
      values[i] = w + (v[i] ?? 0);
      continue;
    }
    const { beta1, beta2, epsilon } = recipe;
    const first = beta1 * (m[i] ?? 0) + (1 - beta1) * g;
    const second = beta2 * (v[i] ?? 0) + (1 - beta2) * g * g;
    [m[i], v[i]] = [first, second];
    const root = Math.sqrt(second / (1 - beta2 ** t)) + epsilon;
    if (recipe.kind === "nadam") {
      const ahead = (mu(beta1, t + 1) * first) / (1 - muProduct(beta1, t + 1));
      const now = ((1 - mu(beta1, t)) * g) / (1 - muProduct(beta1, t));
      values[i] = w - (rate * (ahead + now)) / root;
      continue;
    }
    const decay = recipe.kind === "adamw" && isKernel ? recipe.weightDecay : 0;
    values[i] = w - rate * decay * w - (rate * first) / (1 - beta1 ** t) / root;
  }
}

/** The loss of one difference, and its derivative. */
export function textbookLoss(recipe: LossRecipe, d: number): readonly [value: number, derivative: number] {
  switch (recipe.kind) {
    case "squared":
      return [d * d, 2 * d];
    case "absolute":
      return [Math.abs(d), Math.sign(d)];
    case "huber": {
      const { delta } = recipe;
      return Math.abs(d) <= delta ? [0.5 * d * d, d] : [delta * (Math.abs(d) - 0.5 * delta), delta * Math.sign(d)];
    }
  }
}
