import { z } from "zod";

/** What a training minimises. Values are sums over targets, means over the batch, as D-GEX's learning rates expect. */
export const LossRecipe = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("squared") }).strict(),
    z.object({ kind: z.literal("absolute") }).strict(),
    /** Quadratic within ± delta (z units), linear beyond (Huber 1964). */
    z.object({ kind: z.literal("huber"), delta: z.number().positive().default(1) }).strict(),
  ])
  .meta({ id: "LossRecipe" });
export type LossRecipe = z.infer<typeof LossRecipe>;

/** `equal`, or targets weighed by 1 / (MAE of ridge on training rows), mean 1: genes that can be predicted count more. */
export const TargetWeights = z.enum(["equal", "predictability"]).meta({ id: "TargetWeights" });
export type TargetWeights = z.infer<typeof TargetWeights>;

const share = z.number().min(0).lt(1);
const adaptive = {
  beta1: share.default(0.9),
  beta2: share.default(0.999),
  epsilon: z.number().positive().default(1e-8),
};

/** How weights follow their gradients. */
export const OptimiserRecipe = z
  .discriminatedUnion("kind", [
    /** SGD with momentum (Polyak 1964): v′ = momentum·v − rate·g, w′ = w + v′. */
    z.object({ kind: z.literal("momentum"), momentum: share.default(0.5) }).strict(),
    /** Kingma & Ba 2015. */
    z.object({ kind: z.literal("adam"), ...adaptive }).strict(),
    /** Loshchilov & Hutter 2019: decoupled decay of kernels (rank ≥ 2), not of biases or norms. */
    z.object({ kind: z.literal("adamw"), ...adaptive, weightDecay: z.number().nonnegative().default(0.01) }).strict(),
    /** Dozat 2016. */
    z.object({ kind: z.literal("nadam"), ...adaptive }).strict(),
  ])
  .meta({ id: "OptimiserRecipe" });
export type OptimiserRecipe = z.infer<typeof OptimiserRecipe>;

/** How the learning rate moves; epochs count from 1. */
export const ScheduleRecipe = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("constant") }).strict(),
    /** D-GEX: times `factor` after an epoch in which the monitored training MAE rose, not below `floor`. */
    z
      .object({
        kind: z.literal("decay-on-rise"),
        factor: z.number().positive().max(1).default(0.9),
        floor: z.number().nonnegative().default(1e-5),
      })
      .strict(),
    /** Times `factor` when the validation MAE has not fallen for `patience` epochs. */
    z
      .object({
        kind: z.literal("plateau"),
        factor: z.number().positive().lt(1).default(0.5),
        patience: z.number().int().positive().default(5),
        floor: z.number().nonnegative().default(0),
      })
      .strict(),
    /** Times `factor` after each of the epochs named. */
    z
      .object({
        kind: z.literal("step"),
        epochs: z.array(z.number().int().positive()).min(1),
        factor: z.number().positive().max(1).default(0.1),
      })
      .strict(),
    /** Half a cosine from the rate to `floorShare` of it over all steps (Loshchilov & Hutter 2017). */
    z.object({ kind: z.literal("cosine"), floorShare: z.number().min(0).max(1).default(0) }).strict(),
  ])
  .meta({ id: "ScheduleRecipe" });
export type ScheduleRecipe = z.infer<typeof ScheduleRecipe>;

/** Everything about a gradient training that is not the net: one vocabulary for every family and engine. */
export const Optimisation = z
  .object({
    loss: LossRecipe,
    targetWeights: TargetWeights.default("equal"),
    optimiser: OptimiserRecipe,
    learningRate: z.number().positive(),
    schedule: ScheduleRecipe.default({ kind: "constant" }),
    /** The rate rises linearly over this many first epochs. */
    warmupEpochs: z.number().nonnegative().default(0),
    epochs: z.number().int().positive(),
    batchSize: z.number().int().positive().default(200),
    /** All gradients are scaled down together where their norm exceeds this. */
    clipNorm: z.number().positive().optional(),
    /** Gaussian noise (sd, z units) on the landmarks of every step. */
    inputNoise: z.number().nonnegative().default(0),
    /** Share of landmarks set to 0 (their mean) in every profile and step. */
    inputMask: share.default(0),
    /** Decay of an exponential moving average of the weights, per step; the average is evaluated and kept. */
    averageDecay: share.optional(),
    /** Stop when the MAE selected on has not fallen for this many epochs. */
    patience: z.number().int().positive().optional(),
    /** Training rows whose MAE is monitored, at most. */
    monitorRows: z.number().int().positive().default(5000),
    /** Test rows are evaluated after every epoch too, as the D-GEX authors log them; they choose nothing. */
    logTest: z.boolean().default(false),
    /** The cohort whose validation rows choose the epoch of the model; absent: all validation rows. Other cohorts' best epochs are kept beside it. */
    selectOn: z.string().optional(),
    seed: z.number().int().nonnegative().default(1),
    /** Steps of one call of the runtime at most, fewer where their rows are large; no influence on the result. */
    stepsPerCall: z.number().int().positive().default(25),
    /** Work that a crash may cost at most, in seconds of training; no influence on the result. */
    checkpointSeconds: z.number().nonnegative().default(60),
  })
  .strict()
  .meta({ id: "Optimisation" });
export type Optimisation = z.infer<typeof Optimisation>;
