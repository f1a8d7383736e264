import { type Betas, momentSlots, nextMoments, overSpread, spread } from "./moments.ts";
import { type Optimiser, timesFactor } from "./optimiser.ts";

/**
 * Adam (Kingma & Ba 2015, algorithm 1), with decoupled weight decay AdamW (Loshchilov & Hutter 2019, algorithm 2 with
 * the schedule in the rate, as PyTorch and Keras have it): w′ = w·(1 − rate·decay) − rate·m̂/(√v̂ + ε). Decay of
 * kernels only.
 */
export function adam({ weightDecay = 0, ...betas }: Betas & { readonly weightDecay?: number }): Optimiser {
  const { beta1, epsilon } = betas;
  return {
    slots: momentSlots,
    goesInBlocks: true,
    numbers: (rate, t) => ({
      // m̂ = M·(1 − β₁)/(1 − β₁ᵗ)
      size: ((rate * (1 - beta1)) / (1 - beta1 ** t)) * spread(betas, t),
      epsilon: epsilon * spread(betas, t),
      ...(weightDecay > 0 && { decay: rate * weightDecay }),
    }),
    update: (g, call) => {
      const { parameter, number, factor, isKernel } = call;
      const [first, second] = nextMoments(g, call, betas);
      const direction = overSpread(g, first, [second, number("epsilon")]);
      const step = g.op("Mul", [direction, timesFactor(g, number("size"), factor)]);
      const kept = (): string => g.op("Sub", [g.scalar(1), timesFactor(g, number("decay"), factor)]);
      const from = isKernel && weightDecay > 0 ? g.op("Mul", [parameter, kept()]) : parameter;
      return { parameter: g.op("Sub", [from, step]), slots: [first, second] };
    },
  };
}
