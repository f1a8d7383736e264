/**
 * Losses: their value, and the gradient by the prediction that the backward pass starts from. SUM over targets (each
 * times its weight), MEAN over the batch, as pylearn2's linear layer costs it: D-GEX's learning rates belong to that.
 * @module
 */
import type { GraphBuilder } from "../onnx/builder.ts";
import type { LossRecipe } from "../schemas/index.ts";
import { signOf } from "./sign.ts";
import { sumOfAll } from "./sum-of-all.ts";

/** What a loss compares: `[rows, T]` each, `rows` the batch. */
export interface Compared {
  readonly prediction: string;
  readonly truth: string;
  readonly rows: number;
  /** A factor of every target, `[T]`; absent: all 1. */
  readonly weights?: string;
}

export interface LossValues {
  /** Rank 0. */
  readonly value: string;
  /** Emits `factor`·∂L/∂prediction `[rows, T]`, `factor` a rank-0 value. */
  readonly gradientTimes: (factor: string) => string;
}

/** Emits a loss over one batch. Pure but for the builder. */
export type Loss = (g: GraphBuilder, compared: Compared) => LossValues;

/** A loss of d = ŷ − y as influence·rest, so that both its value and its gradient scale·influence come of one product. */
interface Pointwise {
  readonly influence: string;
  readonly rest: string;
  readonly scale: number;
}

function lossBy(pointwise: (g: GraphBuilder, difference: string) => Pointwise): Loss {
  return (g, { prediction, truth, rows, weights }) => {
    const { influence, rest, scale } = pointwise(g, g.op("Sub", [prediction, truth]));
    const weighted = weights === undefined ? influence : g.op("Mul", [influence, weights]);
    return {
      value: g.op("Mul", [sumOfAll(g, g.op("Mul", [weighted, rest])), g.scalar(1 / rows)]),
      gradientTimes: (factor) => g.op("Mul", [weighted, g.op("Mul", [factor, g.scalar(scale / rows)])]),
    };
  };
}

/** L = 1/B·ΣΣ w·d², ∂L/∂ŷ = 2/B·w·d. */
const squared = lossBy((_g, d) => ({ influence: d, rest: d, scale: 2 }));

/** L = 1/B·ΣΣ w·|d|, ∂L/∂ŷ = 1/B·w·sign(d), 0 at 0. */
const absolute = lossBy((g, d) => ({ influence: signOf(g, d), rest: d, scale: 1 }));

/** Huber 1964: ½d² within ± delta, delta·(|d| − ½delta) beyond: c·(d − ½c), ∂ = c, with c = d cut at ± delta. */
const huber = (delta: number): Loss =>
  lossBy((g, d) => {
    const cut = g.op("Clip", [d, g.scalar(-delta), g.scalar(delta)]);
    return { influence: cut, rest: g.op("Sub", [d, g.op("Mul", [cut, g.scalar(0.5)])]), scale: 1 };
  });

/** The loss that a recipe names. */
export function lossOf(recipe: LossRecipe): Loss {
  switch (recipe.kind) {
    case "squared":
      return squared;
    case "absolute":
      return absolute;
    case "huber":
      return huber(recipe.delta);
  }
}
