import type { Optimiser } from "./optimiser.ts";

/** Stochastic gradient descent with momentum (Polyak 1964): v′ = mu·v − rate·g, w′ = w + v′. */
export function momentum(mu: number): Optimiser {
  return {
    slots: ["velocity"],
    update: (g, { parameter, descent, slots: [velocity = ""] }) => {
      const next = g.op("Add", [g.op("Mul", [velocity, g.scalar(mu)]), descent]);
      return { parameter: g.op("Add", [parameter, next]), slots: [next] };
    },
  };
}
