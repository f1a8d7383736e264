import type { Optimisation } from "../../schemas/index.ts";
import type { StateTensor } from "../epochs/step-engine.ts";
import { optimiserOf } from "../optimisers/optimiser-of.ts";
import type { Parameter } from "./training-net.ts";

/** The weights, then the optimiser's slots of every trained one, then the averages of all that change. */
export function stateOf(
  parameters: readonly Parameter[],
  { optimiser, averageDecay }: Pick<Optimisation, "optimiser" | "averageDecay">,
): readonly StateTensor[] {
  const { slots } = optimiserOf(optimiser);
  const trained = parameters.filter(({ role }) => role === "trained");
  const changing = averageDecay === undefined ? [] : parameters.filter(({ role }) => role !== "fixed");
  return [
    ...parameters.map(
      ({ name, dims, role }): StateTensor => ({
        name,
        dims,
        kind: role === "fixed" ? "fixed" : "weight",
        weight: name,
      }),
    ),
    ...trained.flatMap(({ name, dims }) =>
      slots.map((slot): StateTensor => ({ name: `${name}/${slot}`, dims, kind: "slot", weight: name })),
    ),
    ...changing.map(
      ({ name, dims }): StateTensor => ({ name: `${name}/average`, dims, kind: "average", weight: name }),
    ),
  ];
}
