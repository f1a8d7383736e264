import type { Optimisation } from "../../schemas/index.ts";
import { optimiserOf } from "../optimisers/optimiser-of.ts";
import { averageDecayAt } from "./moving-average.ts";

/** The numbers that a step is fed, by name: the optimiser's, and the decay of the averages; `t` counts from 1. */
export function stepNumbers(
  { optimiser, averageDecay }: Pick<Optimisation, "optimiser" | "averageDecay">,
  rate: number,
  t: number,
): Readonly<Record<string, number>> {
  const numbers = optimiserOf(optimiser).numbers(rate, t);
  return averageDecay === undefined ? numbers : { ...numbers, averageDecay: averageDecayAt(averageDecay, t) };
}
