import type { OpenDataset } from "../../data/node/dataset.ts";
import { sha256 } from "../../data/node/hash.ts";
import { AppError } from "../../schemas/errors.ts";
import { Recipe, type RecipeDraft, type SearchPlan, type SearchSpace, type SearchTrial } from "../../schemas/index.ts";
import { combinations } from "./combinations.ts";
import { fieldProblems } from "./field-problems.ts";
import { withFields } from "./with-fields.ts";

/** What a plan is made for. */
export interface PlannedDataset {
  readonly name: string;
  readonly hash: string;
}

/** A space whose base recipe has been read. */
export type ResolvedSpace = SearchSpace & { readonly base: RecipeDraft };

/** LR, LR-L1, LR-L2 and KNN-GE (Chen et al. 2016, 2.3), λ and k from their default grids. */
const baselines = [
  { name: "lr", draft: { family: "linear", penalty: "none" } },
  { name: "lr-l1", draft: { family: "linear", penalty: "l1" } },
  { name: "lr-l2", draft: { family: "linear", penalty: "l2" } },
  { name: "knn-ge", draft: { family: "knn" } },
] as const;

/** `dropout = 0.1, hidden = [30,30]`. */
export function fieldsText(fields: RecipeDraft): string {
  return Object.entries(fields)
    .map(([field, value]) => `${field} = ${JSON.stringify(value)}`)
    .join(", ");
}

/** A trial with a name of its own: eight hexadecimal digits are enough to tell a folder's trials from older ones. */
function named(name: string, trial: Omit<SearchTrial, "key">, dataset: PlannedDataset): SearchTrial {
  const hash = sha256(JSON.stringify({ recipe: trial.recipe, dataset: dataset.hash }));
  return { key: `${name}-${hash.slice(0, 8)}`, ...trial };
}

/**
 * The trainings of a search: baselines, where wanted, then trials numbered from 1.
 * @throws AppError `usage` naming everything that is wrong with the space.
 */
export function planTrials(space: ResolvedSpace, dataset: PlannedDataset): SearchTrial[] {
  const drafts = combinations(space);
  const problems = fieldProblems(space.base, space.space, drafts);
  if (problems.length > 0)
    throw new AppError("usage", {
      what: `the search space ${space.name} does not make recipes`,
      got: problems.map((problem) => `\n  ${problem}`).join(""),
      advice: "The fields of each family are in schemas/json/Recipe.schema.json",
    });
  const digits = Math.max(3, String(drafts.length).length);
  const trials = drafts.map((fields, at) => {
    const number = String(at + 1).padStart(digits, "0");
    const about = {
      name: `${space.name}-${number}`,
      description: `Trial ${at + 1} of ${space.name}: ${fieldsText(fields)}`,
    };
    const recipe = Recipe.parse({ ...withFields(space.base, fields), ...about });
    return named(number, { kind: "trial", recipe, fields }, dataset);
  });
  const compared = baselines.map(({ name, draft }) => {
    const recipe = Recipe.parse({ schemaVersion: 1, name: `${space.name}-${name}`, ...draft });
    return named(name, { kind: "baseline", recipe, fields: {} }, dataset);
  });
  return [...(space.baselines ? compared : []), ...trials];
}

/**
 * The plan that vouches for a search folder.
 * @throws AppError as {@link planTrials}; `usage` for a dataset without validation rows: there is nothing to rank by.
 */
export function searchPlan(
  space: ResolvedSpace,
  opened: Pick<OpenDataset, "dataset" | "hash" | "sampleCount">,
): SearchPlan {
  const dataset = { name: opened.dataset.name, hash: opened.hash };
  const trials = planTrials(space, dataset);
  if (opened.sampleCount("validation") === 0)
    throw new AppError("usage", {
      what: "a search ranks by validation MAE, but the dataset has no validation rows",
      where: dataset.name,
      advice: "Prepare the dataset with a validation fraction",
    });
  // A longer budget goes on with the same trials, and what a space says of itself trains nothing.
  const { budget: _, description: __, ...deciding } = space;
  return { schemaVersion: 1, dataset, identity: sha256(JSON.stringify(deciding)), space, trials };
}
