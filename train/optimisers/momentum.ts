import { type Optimiser, timesFactor } from "./optimiser.ts";

/** Stochastic gradient descent with momentum (Polyak 1964): v′ = mu·v − rate·g, w′ = w + v′. */
export function momentum({ momentum: mu }: { readonly momentum: number }): Optimiser {
  return {
    slots: ["velocity"],
    // The velocity is accumulated by the gradient's product (`train/ort/fold-into-products.ts`): one addition is left.
    goesInBlocks: false,
    numbers: (rate) => ({ descent: -rate }),
    gradientTimes: "descent",
    update: (g, { parameter, gradient, factor, slots: [velocity = ""] }) => {
      const next = g.op("Add", [g.op("Mul", [velocity, g.scalar(mu)]), timesFactor(g, gradient, factor)]);
      return { parameter: g.op("Add", [parameter, next]), slots: [next] };
    },
  };
}
