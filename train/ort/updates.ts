import type { GraphBuilder } from "../../onnx/builder.ts";
import { optimiserOf } from "../optimisers/optimiser-of.ts";
import { movedAverage } from "./moving-average.ts";
import type { TrainingSpec } from "./training-spec.ts";
import { type CarriedTensor, inBlocks, isInBlocks } from "./update-blocks.ts";

/** Where the state of a step is, and how it is laid out. */
export interface UpdateSetting {
  readonly body: GraphBuilder;
  readonly spec: TrainingSpec;
  readonly state: readonly CarriedTensor[];
  /** The value, rank 0, of one of the step's numbers. */
  readonly number: (name: string) => string;
  /** A state tensor at the start of the step, laid out as it is carried: of its dims, or in blocks. */
  readonly carried: (name: string) => string;
}

/** What moves the weights of a step. */
export interface Moves {
  /** Of trained weights, of the weight's dims. */
  readonly gradients: ReadonlyMap<string, string>;
  /** A factor of all gradients, rank 0, that is not in them yet. */
  readonly late?: string;
  /** What weights become that no gradient moves. */
  readonly moved: ReadonlyMap<string, string>;
}

/** What becomes of a weight, its slots and its average, element by element, whatever the dims. */
type Update = (g: GraphBuilder, gradient: string, values: readonly string[]) => readonly string[];

function updateOf({ spec, number }: UpdateSetting, { name, dims }: CarriedTensor, late: string | undefined): Update {
  const { optimiser: recipe, averageDecay } = spec.optimisation;
  const optimiser = optimiserOf(recipe);
  return (g, plain, [parameter = "", ...rest]) => {
    const updated = optimiser.update(g, {
      parameter,
      gradient: late === undefined ? plain : g.op("Mul", [plain, late]),
      slots: rest.slice(0, optimiser.slots.length),
      number,
      factor: spec.rateFactors.get(name) ?? 1,
      isKernel: dims.length >= 2,
    });
    const results = [updated.parameter, ...updated.slots];
    if (averageDecay === undefined) return results;
    return [...results, movedAverage(g, [rest.at(-1) ?? "", updated.parameter], number("averageDecay"))];
  };
}

/** Emits the optimiser and the averages; returns the state after the step, by name, laid out as it is carried. */
export function addUpdates(setting: UpdateSetting, { gradients, late, moved }: Moves): ReadonlyMap<string, string> {
  const { body, spec, state, number, carried } = setting;
  const next = new Map(moved);
  for (const weight of state) {
    const gradient = gradients.get(weight.name);
    if (gradient === undefined) continue;
    const g = body.scope(`update/${weight.name}`);
    // The weight, its slots, its average.
    const own = state.filter(({ weight: of }) => of === weight.name).map(({ name }) => name);
    const update = updateOf(setting, weight, late);
    const values = own.map(carried);
    const inTurn = (): readonly string[] => {
      const blocks = [g.op("Reshape", [gradient, g.ints(weight.carried)]), ...values];
      return inBlocks(g, blocks, (block, [first = "", ...others]) => update(block, first, others));
    };
    const results = isInBlocks(weight) ? inTurn() : update(g, gradient, values);
    for (const [at, name] of own.entries()) next.set(name, results[at] ?? "");
  }
  if (spec.optimisation.averageDecay !== undefined)
    for (const [name, value] of moved) {
      const average = `${name}/average`;
      const g = body.scope(`update/${average}`);
      next.set(average, movedAverage(g, [carried(average), value], number("averageDecay")));
    }
  return next;
}
