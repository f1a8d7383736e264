/**
 * What Adam and its relatives share: moments without their normalisation, M = m/(1 − β₁) and V = v/(1 − β₂), which saves
 * two passes over every weight; the factors left out are in the numbers of a step.
 * @module
 */
import type { GraphBuilder } from "../../onnx/builder.ts";
import type { UpdateCall } from "./optimiser.ts";

/** Decay rates of the moments, and what is added to the root of the second. */
export interface Betas {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export const momentSlots = ["first", "second"] as const;

/** M′ = β₁·M + g, V′ = β₂·V + g². */
export function nextMoments(
  g: GraphBuilder,
  { gradient, slots: [first = "", second = ""] }: UpdateCall,
  { beta1, beta2 }: Betas,
): readonly [first: string, second: string] {
  const decayed = (moment: string, beta: number): string => g.op("Mul", [moment, g.scalar(beta)]);
  return [
    g.op("Add", [decayed(first, beta1), gradient]),
    g.op("Add", [decayed(second, beta2), g.op("Mul", [gradient, gradient])]),
  ];
}

/** √((1 − β₂ᵗ)/(1 − β₂)): √v̂ + ε is (√V + ε·this)/this. */
export function spread({ beta2 }: Betas, t: number): number {
  return Math.sqrt((1 - beta2 ** t) / (1 - beta2));
}

/** direction/(√V + e), e a number of the step. */
export function overSpread(g: GraphBuilder, direction: string, [second, e]: readonly [string, string]): string {
  return g.op("Div", [direction, g.op("Add", [g.op("Sqrt", [second]), e])]);
}
