import { type Betas, momentSlots, nextMoments, overSpread, spread } from "./moments.ts";
import { type Optimiser, timesFactor } from "./optimiser.ts";

/** How the momentum of step t warms up: μₜ = β₁·(1 − ½·0.96^(t/250)) (Dozat 2016, section 3; PyTorch, Keras). */
const momentumAt = (beta1: number, t: number): number => beta1 * (1 - 0.5 * 0.96 ** (t / 250));

/** μ₁·…·μₜ; 0 once 1 minus it is 1. */
function momentumProduct(beta1: number, t: number): number {
  let product = 1;
  for (let i = 1; i <= t && product > Number.EPSILON / 4; i++) product *= momentumAt(beta1, i);
  return product > Number.EPSILON / 4 ? product : 0;
}

/**
 * Nadam (Dozat 2016, ICLR workshop): Adam whose step looks ahead along the momentum,
 * w′ = w − rate·(μₜ₊₁·m/(1 − μ₁…μₜ₊₁) + (1 − μₜ)·g/(1 − μ₁…μₜ))/(√v̂ + ε), with v̂ = v/(1 − β₂ᵗ).
 */
export function nadam(betas: Betas): Optimiser {
  const { beta1, epsilon } = betas;
  return {
    slots: momentSlots,
    goesInBlocks: true,
    numbers: (rate, t) => {
      const size = rate * spread(betas, t);
      return {
        byMoment: (size * momentumAt(beta1, t + 1) * (1 - beta1)) / (1 - momentumProduct(beta1, t + 1)),
        byGradient: (size * (1 - momentumAt(beta1, t))) / (1 - momentumProduct(beta1, t)),
        epsilon: epsilon * spread(betas, t),
      };
    },
    update: (g, call) => {
      const { parameter, gradient, number, factor } = call;
      const [first, second] = nextMoments(g, call, betas);
      const part = (value: string, size: string): string => g.op("Mul", [value, timesFactor(g, number(size), factor)]);
      const direction = g.op("Add", [part(first, "byMoment"), part(gradient, "byGradient")]);
      const step = overSpread(g, direction, [second, number("epsilon")]);
      return { parameter: g.op("Sub", [parameter, step]), slots: [first, second] };
    },
  };
}
