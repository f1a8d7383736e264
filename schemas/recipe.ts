import { z } from "zod";

const common = {
  schemaVersion: z.literal(1),
  /** Names the run and the report; no influence on the result. */
  name: z.string().min(1),
  description: z.string().optional(),
};

/** OLS, or ridge with λ picked on validation MAE: minimises (1/N)·‖Y − XW − b‖² + λ·‖W‖². */
export const LinearRecipe = z
  .object({
    ...common,
    family: z.literal("linear"),
    penalty: z.enum(["none", "l2"]).default("l2"),
    /** One value, or candidates of which the one with the smallest validation MAE is kept. */
    lambda: z
      .union([z.number().positive(), z.array(z.number().positive()).min(2)])
      .default([0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 20, 30, 100]),
  })
  .strict()
  .meta({ id: "LinearRecipe" });
export type LinearRecipe = z.infer<typeof LinearRecipe>;

/** KNN-GE: a target is the mean of its k nearest landmark genes (Euclidean distance over training rows). */
export const KnnRecipe = z
  .object({
    ...common,
    family: z.literal("knn"),
    k: z
      .union([z.number().int().positive(), z.array(z.number().int().positive()).min(2)])
      .default([1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100]),
  })
  .strict()
  .meta({ id: "KnnRecipe" });
export type KnnRecipe = z.infer<typeof KnnRecipe>;

/** What `landfall train` does, by model family. */
export const Recipe = z.discriminatedUnion("family", [LinearRecipe, KnnRecipe]).meta({ id: "Recipe" });
export type Recipe = z.infer<typeof Recipe>;
