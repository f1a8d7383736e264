import { z } from "zod";
import { Recipe } from "./recipe.ts";

const range = z.tuple([z.number(), z.number()]);
const fieldForms =
  'expected {"choice": [value, …]}, {"uniform": [low, high]}, {"log-uniform": [low, high]} or {"integer": [low, high]}';
const ascending = "expected the low end before the high end";

/** The values that a field of a recipe may have: listed ones, or those of a range that is drawn from. */
export const FieldValues = z
  .union(
    [
      z.object({ choice: z.array(z.json()).min(1) }).strict(),
      z.object({ uniform: range.refine(([low, high]) => low < high, ascending) }).strict(),
      /** Uniform in the logarithm: for rates and penalties, whose order of magnitude is the question. */
      z
        .object({ "log-uniform": range.refine(([low, high]) => 0 < low && low < high, `${ascending}, both above 0`) })
        .strict(),
      /** Both bounds included. */
      z
        .object({
          integer: z.tuple([z.number().int(), z.number().int()]).refine(([low, high]) => low < high, ascending),
        })
        .strict(),
    ],
    { error: fieldForms },
  )
  .meta({ id: "FieldValues" });
export type FieldValues = z.infer<typeof FieldValues>;

/** A recipe as it is written, before defaults. */
export const RecipeDraft = z.record(z.string(), z.json()).meta({ id: "RecipeDraft" });
export type RecipeDraft = z.infer<typeof RecipeDraft>;

/** A field of a recipe by its place: `dropout`, `optimisation.learningRate`. */
const fieldPath = z.string().regex(/^[A-Za-z]\w*(\.[A-Za-z]\w*)*$/, "expected names with dots between");

/** What `landfall search` tries. */
export const SearchSpace = z
  .object({
    schemaVersion: z.literal(1),
    /** Begins the names of the trials' recipes. */
    name: z.string().min(1),
    description: z.string().optional(),
    /** The recipe whose fields are varied: a file, relative to this one, or the recipe itself. */
    base: z.union([z.string().min(1), RecipeDraft]),
    /** Values by field; everything else is as in the base. */
    space: z.record(fieldPath, FieldValues).refine((space) => Object.keys(space).length > 0, "no field to vary"),
    /** `grid`: every combination of listed values and integers. `random`: independent draws (Bergstra & Bengio 2012). */
    strategy: z.enum(["grid", "random"]),
    /** Draws of a random search; a grid has as many as its values make. */
    trials: z.number().int().positive().optional(),
    /** Of the draws; a field's draws depend on the seed and the field's name alone. */
    seed: z.number().int().nonnegative().default(1),
    /** No trial begins once the trials have taken this long together. */
    budget: z.object({ seconds: z.number().positive() }).strict().optional(),
    /** Train LR, LR-L1, LR-L2 and KNN-GE of the D-GEX paper first. */
    baselines: z.boolean().default(false),
  })
  .strict()
  .refine(({ strategy, trials }) => (strategy === "random") === (trials !== undefined), {
    path: ["trials"],
    error: "a random search needs the number of trials, a grid has it already",
  })
  .meta({ id: "SearchSpace" });
export type SearchSpace = z.infer<typeof SearchSpace>;

/** One training of a search. */
export const SearchTrial = z
  .object({
    /** Name of its run directory: its number or a baseline's name, and the hash of recipe and dataset. */
    key: z.string(),
    kind: z.enum(["trial", "baseline"]),
    recipe: Recipe,
    /** The fields that are varied, with the trial's values; empty for a baseline. */
    fields: RecipeDraft,
  })
  .meta({ id: "SearchTrial" });
export type SearchTrial = z.infer<typeof SearchTrial>;

/** `search.json`: what a search folder holds, and what vouches that it may be gone on with. */
export const SearchPlan = z
  .object({
    schemaVersion: z.literal(1),
    dataset: z.object({ name: z.string(), hash: z.string() }),
    /** Of all that decides the trials. */
    identity: z.string(),
    /** With the base as it was then. */
    space: SearchSpace,
    trials: z.array(SearchTrial),
  })
  .meta({ id: "SearchPlan" });
export type SearchPlan = z.infer<typeof SearchPlan>;

/** `<key>.failed.json`: a trial that has no result, and why. */
export const TrialFailure = z
  .object({ schemaVersion: z.literal(1), reason: z.string(), seconds: z.number().nonnegative() })
  .meta({ id: "TrialFailure" });
export type TrialFailure = z.infer<typeof TrialFailure>;
