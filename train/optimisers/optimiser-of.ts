import type { OptimiserRecipe } from "../../schemas/index.ts";
import { adam } from "./adam.ts";
import { momentum } from "./momentum.ts";
import { nadam } from "./nadam.ts";
import type { Optimiser } from "./optimiser.ts";

/** The optimiser that a recipe names. */
export function optimiserOf(recipe: OptimiserRecipe): Optimiser {
  switch (recipe.kind) {
    case "momentum":
      return momentum(recipe);
    case "adam":
    case "adamw":
      return adam(recipe);
    case "nadam":
      return nadam(recipe);
  }
}
