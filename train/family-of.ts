import type { Recipe } from "../schemas/index.ts";
import { fitDgex } from "./families/dgex.ts";
import type { FittedModel } from "./families/family.ts";
import { fitKnn } from "./families/knn.ts";
import { fitLinear } from "./families/linear.ts";
import type { NetInput } from "./families/net-input.ts";
import { fitResidual } from "./families/residual.ts";

/** Fits whatever family the recipe names; a family without a case does not compile. */
export function fitFamily(recipe: Recipe, input: NetInput): Promise<FittedModel> {
  switch (recipe.family) {
    case "dgex":
      return fitDgex(recipe, input);
    case "linear":
      return fitLinear(recipe, input);
    case "knn":
      return fitKnn(recipe, input);
    case "residual":
      return fitResidual(recipe, input);
  }
}
