/**
 * Losses: their value, and the gradient by the prediction that the backward pass starts from.
 * @module
 */
import { rowSum } from "../export/lower/row-sum.ts";
import type { GraphBuilder } from "../onnx/builder.ts";

/** What a loss compares: `[rows, T]` each, `rows` the batch. */
export interface Compared {
  readonly prediction: string;
  readonly truth: string;
  readonly rows: number;
}

export interface LossValues {
  /** Rank 0. */
  readonly value: string;
  /** Emits `factor`·∂L/∂prediction `[rows, T]`, `factor` a rank-0 value. */
  readonly gradientTimes: (factor: string) => string;
}

/** Emits a loss over one batch. Pure but for the builder. */
export type Loss = (g: GraphBuilder, compared: Compared) => LossValues;

/** Σ of a matrix `[rows, columns]` as rank 0, by products: their order of summation does not depend on memory. */
function total(g: GraphBuilder, matrix: string, rows: number): string {
  const perRow = g.op("Reshape", [rowSum(g, matrix), g.ints([1, rows])]);
  return g.op("Reshape", [rowSum(g, perRow), g.ints([])]);
}

/**
 * L = 1/B·ΣΣ(ŷ − y)²: SUM over targets, MEAN over the batch of B rows, as pylearn2's linear layer costs it. D-GEX's
 * learning rates belong to this convention.
 */
export const squaredError: Loss = (g, { prediction, truth, rows }) => {
  const difference = g.op("Sub", [prediction, truth]);
  return {
    value: g.op("Mul", [total(g, g.op("Mul", [difference, difference]), rows), g.scalar(1 / rows)]),
    // ∂L/∂ŷ = 2/B·(ŷ − y)
    gradientTimes: (factor) => g.op("Mul", [difference, g.op("Mul", [factor, g.scalar(2 / rows)])]),
  };
};
