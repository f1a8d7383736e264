import { z } from "zod";

/** Mean, spread and quartiles of a per-gene figure over the target genes. */
export const OverGenes = z.object({
  mean: z.number(),
  sd: z.number(),
  median: z.number(),
  q25: z.number(),
  q75: z.number(),
});
export type OverGenes = z.infer<typeof OverGenes>;

/** One model's scores on one split. Errors are in z units (DESIGN 3.1). */
export const ModelScores = z
  .object({
    model: z.string(),
    /** Target genes scored. */
    genes: z.number().int().positive(),
    samples: z.number().int().positive(),
    mae: OverGenes,
    rmse: OverGenes,
    /** Genes whose truth or prediction does not vary have no correlation and are left out of these. */
    pearson: OverGenes.optional(),
    spearman: OverGenes.optional(),
    r2: OverGenes.optional(),
    /** sd(prediction) / sd(truth) per gene: below 1 is over-smoothing. */
    sdRatio: OverGenes.optional(),
    /** Share of cells inside the 90 % interval, where the model has intervals. */
    coverage90: OverGenes.optional(),
  })
  .meta({ id: "ModelScores" });
export type ModelScores = z.infer<typeof ModelScores>;

/** A model against a baseline, gene by gene. */
export const Comparison = z
  .object({
    model: z.string(),
    baseline: z.string(),
    /** 1 − MAE(model)/MAE(baseline), of the means over genes. */
    improvement: z.number(),
    /** Share of genes with a smaller MAE than the baseline's. */
    winRate: z.number().min(0).max(1),
    /** Two-sided Wilcoxon signed-rank p over the genes' MAE differences. */
    wilcoxonP: z.number().min(0).max(1),
    /** 95 % bootstrap interval of `improvement`, resampling groups (or samples where there are no groups). */
    improvementInterval: z.tuple([z.number(), z.number()]),
    resampled: z.enum(["groups", "samples"]),
    resamplings: z.number().int().positive(),
  })
  .meta({ id: "Comparison" });
export type Comparison = z.infer<typeof Comparison>;

/** `metrics.json` of `landfall evaluate`. */
export const Evaluation = z
  .object({
    schemaVersion: z.literal(1),
    dataset: z.object({ name: z.string(), hash: z.string() }),
    split: z.enum(["train", "validation", "test"]),
    /** Column of the split's groups, where it has some. */
    groupField: z.string().optional(),
    groups: z.number().int().positive().optional(),
    /** Scores over all targets. */
    all: z.array(ModelScores).min(1),
    /** Scores without targets that are landmarks too; absent where there are none. */
    withoutOverlap: z.array(ModelScores).optional(),
    overlappingTargets: z.number().int().nonnegative(),
    comparisons: z.array(Comparison),
    /** What a reader must know: leaky standardisation, few groups, λ at the end of its grid, … */
    notes: z.array(z.string()),
  })
  .meta({ id: "Evaluation" });
export type Evaluation = z.infer<typeof Evaluation>;
