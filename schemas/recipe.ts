import { z } from "zod";
import { LossRecipe, Optimisation, OptimiserRecipe, ScheduleRecipe } from "./optimisation.ts";

const common = {
  schemaVersion: z.literal(1),
  /** Names the run and the report; no influence on the result. */
  name: z.string().min(1),
  description: z.string().optional(),
};

/**
 * OLS; ridge, which minimises (1/N)·‖Y − XW − b‖² + λ·‖W‖²; or lasso, (1/N)·‖Y − XW − b‖² + λ·‖W‖₁. λ is picked on
 * validation MAE.
 */
export const LinearRecipe = z
  .object({
    ...common,
    family: z.literal("linear"),
    penalty: z.enum(["none", "l2", "l1"]).default("l2"),
    /** One value, or candidates of which the one with the smallest validation MAE is kept; absent: the penalty's grid. */
    lambda: z.union([z.number().positive(), z.array(z.number().positive()).min(2)]).optional(),
    /** The cohort whose validation rows choose λ; absent: all validation rows. */
    selectOn: z.string().optional(),
    /** Lasso: residuals of a solution, relative to its size, at which a target counts as solved. */
    tolerance: z.number().positive().default(1e-4),
    /** Lasso: iterations for one λ at most; targets that are not solved by then are counted in a note. */
    maxIterations: z.number().int().positive().default(1000),
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
    /** The cohort whose validation rows choose k; absent: all validation rows. */
    selectOn: z.string().optional(),
  })
  .strict()
  .meta({ id: "KnnRecipe" });
export type KnnRecipe = z.infer<typeof KnnRecipe>;

/** {@link Optimisation} with the D-GEX authors' settings as defaults: a recipe says what differs. */
const DgexOptimisation = Optimisation.extend({
  loss: LossRecipe.default({ kind: "squared" }),
  optimiser: OptimiserRecipe.default({ kind: "momentum", momentum: 0.5 }),
  /** 5e-4 with one hidden layer, 3e-4 with two or three, where it is not given. */
  learningRate: z.number().positive().optional(),
  schedule: ScheduleRecipe.default({ kind: "decay-on-rise", factor: 0.9, floor: 1e-5 }),
  epochs: z.number().int().positive().default(200),
  logTest: z.boolean().default(true),
});

/** How targets are divided among nets. */
export const Partitions = z
  .object({
    count: z.number().int().min(2).max(64),
    /**
     * `random`: equal parts of the targets in a seeded order, as D-GEX did with 2. `expression`: clusters of targets
     * whose training profiles are alike (k-means on unit-length rows), named as future work by Chen et al. 2016.
     */
    by: z.enum(["random", "expression"]).default("random"),
    seed: z.number().int().nonnegative().default(1),
  })
  .strict()
  .meta({ id: "Partitions" });
export type Partitions = z.infer<typeof Partitions>;

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
    /** The output kernel starts uniform in ± this. */
    outputInit: z.number().nonnegative().default(1e-4),
    /** Factor of the learning rate for the kernels of all layers but the first. */
    laterKernelRate: z.number().positive().default(3),
    /** Parts of the targets with a net each, side by side in one model; absent: one net for all targets. */
    partitions: Partitions.optional(),
    /** Write the log, the nets and the predictions that the authors' programs leave, into the run's `dgex/`. */
    outputs: z.boolean().default(true),
    optimisation: DgexOptimisation.prefault({}),
  })
  .strict()
  .meta({ id: "DgexRecipe" });
export type DgexRecipe = z.infer<typeof DgexRecipe>;

/** One value, or candidates of which the one with the smallest validation MAE is kept. */
const oneOrMore = <T extends z.ZodType>(value: T) => z.union([value, z.array(value).min(2)]);

const lambda = oneOrMore(z.number().positive());

/**
 * A kernel fit in closed form (docs/residual.md). Where several fields have candidates they are chosen one after the
 * other: `shape` and `winsorise` with all targets in one cluster, then `clusters`, then `metricPower`.
 */
export const KernelStart = z
  .object({
    kind: z.literal("kernel"),
    /** k(x, s) = |x||s|·exp(gamma·(cos(x, s) − 1)) + linear·x·s/L. */
    shape: oneOrMore(z.object({ gamma: z.number().positive(), linear: z.number().nonnegative() }).strict()).default({
      gamma: 1,
      linear: 0.5,
    }),
    /** Residuals beyond this many robust standard deviations of their target are pulled in. */
    winsorise: oneOrMore(z.number().positive()).default(3),
    /** Clusters of targets with a metric of their own; 1: one for all targets, in which all landmarks count alike. */
    clusters: oneOrMore(z.number().int().positive()).default(24),
    /** A landmark's weight in a cluster's metric: the root mean square of ridge's weights to this power. */
    metricPower: oneOrMore(z.number().nonnegative()).default(0.8),
    /** Candidates of λ for each target, relative to the mean of the centred kernel's diagonal. */
    penalties: z
      .array(z.number().positive())
      .min(1)
      .max(255)
      .default([3e-5, 6e-5, 1e-4, 2e-4, 4e-4, 8e-4, 1.6e-3, 3e-3, 6e-3, 1.2e-2, 2.5e-2, 5e-2, 0.1, 0.3]),
    /** λ of the ridge that clusters, metrics and the mix are made of; absent: ridge's grid. */
    lambda: lambda.optional(),
    /** Mix with ridge, by the share with the smallest validation MAE: where it is 0 nothing is mixed. */
    mix: z.boolean().default(true),
    /** Training profiles that a profile is compared with, at most. */
    profiles: z.number().int().min(3).default(2048),
    seed: z.number().int().nonnegative().default(1),
  })
  .strict();
export type KernelStart = z.infer<typeof KernelStart>;

/** {@link Optimisation} with defaults for blocks behind a fitted start. */
const BlocksOptimisation = Optimisation.extend({
  loss: LossRecipe.default({ kind: "huber", delta: 0.5 }),
  optimiser: OptimiserRecipe.default({ kind: "adamw", beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 }),
  /** For a loss that is summed over targets; adaptive optimisers do not see its scale. */
  learningRate: z.number().positive().default(3e-4),
  schedule: ScheduleRecipe.default({ kind: "cosine", floorShare: 0 }),
  epochs: z.number().int().positive().default(60),
});

/** Hidden layers between landmarks and targets, beside a start. */
export const Blocks = z
  .object({
    /** Units of every hidden layer. */
    width: z.number().int().positive().default(2000),
    /** Blocks one after the other. */
    depth: z.number().int().min(1).max(20).default(2),
    /**
     * What the next block reads. `residual`: what a block reads plus what it computes (He et al. 2016). `dense`: both side
     * by side, so that it sees the first layer and all blocks before it, and width grows by `width` a block (DenseNet;
     * Huang et al. 2017). `plain`: what a block computes, alone.
     */
    kind: z.enum(["residual", "dense", "plain"]).default("residual"),
    /**
     * `adaptive`: PReLU, a leaky ReLU whose slope below 0 is learned for each unit (He et al. 2015); it is not the TAAF of
     * Kunc & Kléma 2021, which also scales and shifts (docs/residual.md).
     */
    activation: z.enum(["leaky-relu", "silu", "relu", "adaptive"]).default("leaky-relu"),
    norm: z.enum(["none", "layer", "batch"]).default("none"),
    /** Share of a block's output dropped while training. */
    dropout: z.number().min(0).lt(1).default(0.1),
    /** The output goes through this many units, whose directions begin as the targets' principal components. */
    lowRank: z.number().int().positive().optional(),
    /** Nets of different seeds, averaged in one graph; each is trained by itself. */
    members: z.number().int().min(1).max(32).default(1),
  })
  .strict()
  .meta({ id: "Blocks" });
export type Blocks = z.infer<typeof Blocks>;

/**
 * A fitted start, and optionally hidden layers that learn what it leaves: prediction = start(z) + the mean over members
 * of net(z). A net's output begins at 0: its epoch 0 is the start, and counts as an epoch to choose.
 */
export const ResidualRecipe = z
  .object({
    ...common,
    family: z.literal("residual"),
    start: z
      .discriminatedUnion("kind", [
        z.object({ kind: z.literal("ridge"), lambda: lambda.optional() }).strict(),
        KernelStart,
        z.object({ kind: z.literal("none") }).strict(),
      ])
      .default({ kind: "ridge" }),
    blocks: Blocks.optional(),
    /** Ridge's weights are trained along with the blocks of one member. */
    trainStart: z.boolean().default(false),
    /** Of the blocks. */
    optimisation: BlocksOptimisation.prefault({}),
    /** The cohort whose validation rows choose, here or in `optimisation`; absent: all validation rows. */
    selectOn: z.string().optional(),
  })
  .strict()
  .refine(({ start, blocks }) => start.kind !== "none" || blocks !== undefined, {
    path: ["blocks"],
    message: "without a start there must be blocks",
  })
  .refine(({ start, blocks, trainStart }) => !trainStart || (start.kind === "ridge" && blocks?.members === 1), {
    path: ["trainStart"],
    message: "only a ridge start can be trained on, with blocks of one member",
  })
  .refine(
    ({ selectOn, optimisation }) => selectOn === undefined || [undefined, selectOn].includes(optimisation.selectOn),
    {
      path: ["optimisation", "selectOn"],
      message: "another cohort than selectOn's: the start and the epochs are chosen on the same rows",
    },
  )
  .meta({ id: "ResidualRecipe" });
export type ResidualRecipe = z.infer<typeof ResidualRecipe>;

/** What `landfall train` does, by model family. */
export const Recipe = z
  .discriminatedUnion("family", [LinearRecipe, KnnRecipe, DgexRecipe, ResidualRecipe])
  .meta({ id: "Recipe" });
export type Recipe = z.infer<typeof Recipe>;
