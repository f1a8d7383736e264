import type { ResidualRecipe } from "../../schemas/index.ts";
import { inputName } from "../layers-model.ts";
import { residualSelectOn, setOf } from "../select-on.ts";
import { validationSets } from "../selections.ts";
import { dense } from "../stock-layers.ts";
import { affineOf, fitKernelStart, fitRidge } from "./kernel/kernel-start.ts";
import type { NetInput } from "./net-input.ts";
import type { StartFit } from "./start-fit.ts";

type Start = ResidualRecipe["start"];

/** Fits a start, whatever it chooses chosen on a cohort's validation rows, or on all where there is no cohort. */
export async function fitStart(start: Start, input: NetInput, selectOn: string | undefined): Promise<StartFit> {
  switch (start.kind) {
    case "none":
      return { layers: [], selected: {}, candidates: [], notes: [] };
    case "kernel":
      return fitKernelStart(start, { ...input, selectOn, availableBytes: process.availableMemory() });
    case "ridge": {
      await using ridge = await fitRidge(start.lambda, { ...input, selectOn });
      const { kernel, bias } = affineOf(ridge);
      const layer = dense({ name: "start", reads: [inputName] }, { kernel, bias, units: bias.length });
      const { selected, candidates, notes } = ridge;
      return { layers: [layer], selected, candidates, notes };
    }
  }
}

/** The start that a validation set chooses. */
export interface ChosenStart {
  /** `validation`, `validation:COHORT`. */
  readonly set: string;
  readonly start: StartFit;
}

/**
 * The start that each validation set would have: fitted again for every set but the one that the model's was chosen on,
 * since all of a kernel's choices follow from the validation rows.
 * @param own the model's
 */
export async function startsBySet(recipe: ResidualRecipe, input: NetInput, own: StartFit): Promise<ChosenStart[]> {
  const cohorts = input.data.cohortsOf("validation");
  const ownSet = setOf(cohorts, residualSelectOn(recipe));
  const starts: ChosenStart[] = [];
  for (const set of validationSets(input.data)) {
    const cohort = cohorts.find((name) => setOf(cohorts, name) === set && set !== "validation");
    starts.push({ set, start: set === ownSet ? own : await fitStart(recipe.start, input, cohort) });
  }
  return starts;
}
