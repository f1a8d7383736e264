import type { Recipe } from "../schemas/index.ts";
import { requireTrainable } from "./epochs/require-trainable.ts";
import { requireRank } from "./families/target-directions.ts";
import { requireSelectOn } from "./select-on.ts";
import type { TrainingData } from "./standardised.ts";

/**
 * Refuses a recipe that the dataset cannot serve, from its sizes alone: asked before the first pass over the rows.
 * @throws AppError `usage`.
 */
export function requireServed(recipe: Recipe, data: TrainingData): void {
  requireSelectOn(recipe, data);
  const isNet = recipe.family === "dgex" || (recipe.family === "residual" && recipe.blocks !== undefined);
  if (!isNet) return;
  requireTrainable(recipe.optimisation, { train: data.count("train"), validation: data.count("validation") });
  if (recipe.family === "residual" && recipe.blocks?.lowRank !== undefined) requireRank(recipe.blocks.lowRank, data);
}
