import type { Recipe } from "../schemas/index.ts";
import { fitDgex } from "./families/dgex.ts";
import type { FittedModel } from "./families/family.ts";
import { fitKnn } from "./families/knn.ts";
import { type FitInput, fitLinear } from "./families/linear.ts";

/** Fits whatever family the recipe names; a family without a case does not compile. */
export function fitFamily(recipe: Recipe, input: FitInput): Promise<FittedModel> {
  switch (recipe.family) {
    case "dgex":
      return fitDgex(recipe, input);
    case "linear":
      return fitLinear(recipe, input);
    case "knn":
      return fitKnn(recipe, input);
  }
}
