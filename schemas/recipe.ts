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

/**
 * D-GEX (Chen et al. 2016): a tanh net trained with SGD and momentum; the defaults are its authors'. Learning rates
 * belong to a squared error that is summed over targets and averaged over the batch.
 */
export const DgexRecipe = z
  .object({
    ...common,
    family: z.literal("dgex"),
    /** Units of each hidden layer. */
    hidden: z.array(z.number().int().positive()).min(1).max(3).default([3000]),
    activation: z.literal("tanh").default("tanh"),
    /** Share of a layer's inputs dropped while training, everywhere but at the landmarks. */
    dropout: z.number().min(0).lt(1).default(0.1),
    epochs: z.number().int().positive().default(200),
    batchSize: z.number().int().positive().default(200),
    /** 5e-4 with one hidden layer, 3e-4 with two or three, where it is not given. */
    learningRate: z.number().positive().optional(),
    /** Factor of the learning rate for the kernels of all layers but the first. */
    laterKernelRate: z.number().positive().default(3),
    momentum: z.number().min(0).lt(1).default(0.5),
    /** What the learning rate is multiplied by after an epoch in which the monitored training MAE rose. */
    lrDecay: z.number().positive().max(1).default(0.9),
    lrFloor: z.number().nonnegative().default(1e-5),
    /** Training rows whose MAE is monitored, at most. */
    monitorRows: z.number().int().positive().default(5000),
    /** The output kernel starts uniform in ± this. */
    outputInit: z.number().nonnegative().default(1e-4),
    seed: z.number().int().nonnegative().default(1),
    /** Steps of one call of the runtime at most, fewer where their rows are large; no influence on the result. */
    stepsPerCall: z.number().int().positive().default(25),
    /** Work that a crash may cost at most, in seconds of training; no influence on the result. */
    checkpointSeconds: z.number().nonnegative().default(60),
  })
  .strict()
  .meta({ id: "DgexRecipe" });
export type DgexRecipe = z.infer<typeof DgexRecipe>;

/** What `landfall train` does, by model family. */
export const Recipe = z.discriminatedUnion("family", [LinearRecipe, KnnRecipe, DgexRecipe]).meta({ id: "Recipe" });
export type Recipe = z.infer<typeof Recipe>;
