import { AppError } from "../schemas/errors.ts";
import type { Recipe, ResidualRecipe } from "../schemas/index.ts";
import type { ValidationRows } from "./candidates.ts";

/** The cohort that chooses in a recipe of `residual`, its start and its epochs alike; the schema refuses two that differ. */
export const residualSelectOn = ({ selectOn, optimisation }: ResidualRecipe): string | undefined =>
  selectOn ?? optimisation.selectOn;

/** The cohort whose validation rows choose, and the field that names it; `undefined` where all rows do. */
function selectOnOf(recipe: Recipe): { readonly cohort: string; readonly where: string } | undefined {
  const own = "selectOn" in recipe ? recipe.selectOn : undefined;
  if (own !== undefined) return { cohort: own, where: "selectOn" };
  const cohort = "optimisation" in recipe ? recipe.optimisation.selectOn : undefined;
  return cohort === undefined ? undefined : { cohort, where: "optimisation.selectOn" };
}

/** Refuses a cohort that has no validation rows. @throws AppError `usage`. */
export function requireCohort(
  cohorts: readonly string[],
  { cohort, where }: { readonly cohort: string; readonly where: string },
): void {
  if (cohorts.includes(cohort)) return;
  throw new AppError("usage", {
    what: "the cohort to select on has no validation rows",
    where,
    expected: cohorts.length > 0 ? cohorts.join(" | ") : "a dataset with validation rows",
    got: cohort,
  });
}

/**
 * Refuses a recipe that names a cohort without validation rows, whether or not there is anything to choose.
 * @throws AppError `usage`.
 */
export function requireSelectOn(recipe: Recipe, data: Pick<ValidationRows, "cohortsOf">): void {
  const selectOn = selectOnOf(recipe);
  if (selectOn !== undefined) requireCohort(data.cohortsOf("validation"), selectOn);
}

/** The validation set that a cohort to select on stands for, of a dataset with these cohorts of validation rows. */
export const setOf = (cohorts: readonly string[], selectOn: string | undefined): string =>
  selectOn === undefined || cohorts.length < 2 ? "validation" : `validation:${selectOn}`;
