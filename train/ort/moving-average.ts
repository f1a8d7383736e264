import type { GraphBuilder } from "../../onnx/builder.ts";

/**
 * The decay of step t, from 1, for which the average is Σ dᵗ⁻ⁱ·wᵢ/Σ dᵗ⁻ⁱ over the steps 1 … t: a fixed decay would hold
 * on to the weights before training (the bias that Kingma & Ba 2015, section 3, correct).
 */
export function averageDecayAt(decay: number, t: number): number {
  return (decay * (1 - decay ** (t - 1))) / (1 - decay ** t);
}

/** Emits a′ = w + decay·(a − w). */
export function movedAverage(
  g: GraphBuilder,
  [average, weight]: readonly [average: string, weight: string],
  decay: string,
): string {
  return g.op("Add", [weight, g.op("Mul", [g.op("Sub", [average, weight]), decay])]);
}
