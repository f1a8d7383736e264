import { z } from "zod";
import { QuantileReference } from "./dataset.ts";
import { Recipe } from "./recipe.ts";
import { IdType, L1000Level, Scale } from "./scale.ts";

/** Per-gene transform of a model: z = clip((x − mean) / (sd + epsilon)), and its inverse for targets. */
export const GeneTransform = z
  .object({
    epsilon: z.number().positive(),
    clip: z.number().positive().optional(),
    landmarks: z.object({ mean: z.array(z.number()), sd: z.array(z.number()) }),
    targets: z.object({ mean: z.array(z.number()), sd: z.array(z.number()) }),
  })
  .meta({ id: "GeneTransform" });
export type GeneTransform = z.infer<typeof GeneTransform>;

/** What the training rows look like on the model's scale: for scale detection and harmonisation. */
export const InputProfile = z
  .object({
    /** Probabilities of `quantiles`, ascending. */
    probabilities: z.array(z.number().min(0).max(1)).min(3),
    /** Per landmark, its training quantiles: [landmarks][probabilities]. */
    quantiles: z.array(z.array(z.number())),
    /** Mean over training rows of the sorted landmark values: the frozen reference of `quantile`. [landmarks] */
    reference: z.array(z.number()),
    /** Joint reference over landmarks and targets, where the training rows were normalised onto one. */
    joint: QuantileReference.optional(),
  })
  .meta({ id: "InputProfile" });
export type InputProfile = z.infer<typeof InputProfile>;

/** Out-of-distribution score: PPCA Mahalanobis distance of the landmarks over its 99 % validation quantile. */
export const OodModel = z
  .object({
    /** Principal components kept. */
    components: z.number().int().positive(),
    /** Variances along them, in z units. */
    variances: z.array(z.number().positive()),
    /** Mean residual variance of the other directions. */
    residualVariance: z.number().positive(),
    /** Divides the distance: a score above 1 is outside what 99 % of held-out profiles show. */
    threshold: z.number().positive(),
  })
  .meta({ id: "OodModel" });
export type OodModel = z.infer<typeof OodModel>;

/** Scores that a model is published with; MAE in z units, per split. */
export const SplitScores = z.object({
  samples: z.number().int().nonnegative(),
  mae: z.object({ model: z.number(), mean: z.number(), ridge: z.number().optional() }),
  /** The same over the targets that are not landmarks too; absent where none or all of them are. */
  withoutOverlap: z.object({ model: z.number(), mean: z.number(), ridge: z.number().optional() }).optional(),
});
export type SplitScores = z.infer<typeof SplitScores>;

/** `run.json`: a finished training run. Beside it lie `tfjs/`, `genes.tsv`, `landmarks.stats.f32`, `ood.f32`. */
export const TrainingRun = z
  .object({
    schemaVersion: z.literal(1),
    task: z.literal("expression"),
    recipe: Recipe,
    /** Hyper-parameters chosen on validation, by name: `lambda`, `k`, `epoch`, … */
    selected: z.record(z.string(), z.number()),
    /** Validation MAE of every candidate, in the order tried. */
    candidates: z.array(z.object({ name: z.string(), value: z.number(), validationMae: z.number() })),
    dataset: z.object({ name: z.string(), hash: z.string() }),
    engine: z.string(),
    device: z.string(),
    seed: z.number().int(),
    codeVersion: z.string(),
    startedAt: z.iso.datetime(),
    seconds: z.number().nonnegative(),
    idType: IdType,
    scale: Scale,
    level: L1000Level.optional(),
    transform: GeneTransform,
    inputProfile: InputProfile,
    ood: OodModel,
    /** Samples that each split holds, and MAE of the model and of the baselines. */
    scores: z.object({
      train: SplitScores,
      validation: SplitScores.optional(),
      test: SplitScores.optional(),
    }),
    notes: z.array(z.string()),
  })
  .meta({ id: "TrainingRun" });
export type TrainingRun = z.infer<typeof TrainingRun>;

/** MAE (z units) over targets, mean and population sd, by set: `validation`, `test`, `test:GTEx`, … */
export const SetScores = z.record(z.string(), z.object({ mean: z.number(), sd: z.number() })).meta({ id: "SetScores" });
export type SetScores = z.infer<typeof SetScores>;

/** What one validation set would have kept of a training, and how it does on every held-out set. */
export const SelectionScores = z
  .object({
    /** `validation` for all validation rows, `validation:COHORT` for one cohort's. */
    selectedOn: z.string(),
    /** The values that are best on that set: `epoch`, `lambda`, `k`, … */
    selected: z.record(z.string(), z.number()),
    mae: SetScores,
  })
  .meta({ id: "SelectionScores" });
export type SelectionScores = z.infer<typeof SelectionScores>;

/** `selections.json` of a run: scores by the validation set selected on, of families that any set can select in. */
export const RunSelections = z
  .object({ schemaVersion: z.literal(1), selections: z.array(SelectionScores) })
  .meta({ id: "RunSelections" });
export type RunSelections = z.infer<typeof RunSelections>;
