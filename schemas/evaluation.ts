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
    /** RMSE / mean of the truth, both in native units; absent where the scale has no meaningful mean. */
    nrmse: OverGenes.optional(),
    /** Lin's concordance correlation coefficient. */
    ccc: OverGenes.optional(),
    /** Cosine of prediction and truth, in z units. */
    cosine: OverGenes.optional(),
    /** Mean of prediction − truth. */
    bias: OverGenes.optional(),
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
    /** 95 % bootstrap interval of `winRate`, from the same kind of draws as `improvementInterval`. */
    winRateInterval: z.tuple([z.number(), z.number()]).optional(),
    /** Two-sided Wilcoxon signed-rank p over the genes' MAE differences. */
    wilcoxonP: z.number().min(0).max(1),
    /** 95 % bootstrap interval of `improvement`, resampling groups (or samples where there are no groups). */
    improvementInterval: z.tuple([z.number(), z.number()]),
    resampled: z.enum(["groups", "samples"]),
    /** How many units are drawn each time; more groups or samples than 1,000 are gathered in so many. */
    resampledUnits: z.number().int().positive().optional(),
    resamplings: z.number().int().positive(),
  })
  .meta({ id: "Comparison" });
export type Comparison = z.infer<typeof Comparison>;

/** Recall of genes or of samples: R of each is the share of a null of mismatched pairs that its own pair exceeds. */
export const RecallShares = z.object({
  /** Genes, or samples, that have an R. */
  tested: z.number().int().positive(),
  /** Median Spearman correlation of prediction and its own truth. */
  medianSimilarity: z.number(),
  median: z.number(),
  /** Shares of the tested with R ≥ .95 ("BING-like" genes) and ≥ .99. */
  atLeast95: z.number().min(0).max(1),
  atLeast99: z.number().min(0).max(1),
});
export type RecallShares = z.infer<typeof RecallShares>;

/** CMap recall of one model (Subramanian et al., Cell 171, 2017, STAR Methods). */
export const Recall = z
  .object({
    model: z.string(),
    /** Predicted gene i and true gene i over samples, against predicted i and every other true gene. */
    genes: RecallShares.optional(),
    /** Predicted profile and its true one over target genes (z units), against every other true profile. */
    samples: RecallShares.optional(),
  })
  .meta({ id: "Recall" });
export type Recall = z.infer<typeof Recall>;

/** Share of cells inside the 90 % interval among some profiles, and their MAE in z units. */
export const ProfileCoverage = z.object({
  profiles: z.number().int().nonnegative(),
  coverage: z.number().min(0).max(1).optional(),
  mae: z.number().nonnegative().optional(),
});
export type ProfileCoverage = z.infer<typeof ProfileCoverage>;

/** The 90 % intervals of one model on the evaluated split. Their guarantee is marginal, for exchangeable profiles. */
export const IntervalScores = z
  .object({
    model: z.string(),
    nominal: z.literal(0.9),
    /** Over all profiles like the validation rows: not for each gene, group or profile. */
    guarantee: z.literal("marginal"),
    /** Half-widths over genes, z units. */
    halfwidth: OverGenes,
    /** Share of all cells inside. */
    coverage: z.number().min(0).max(1),
    /** 95 % bootstrap interval of `coverage`, drawn like those of comparisons; absent where there is one unit to draw. */
    coverageInterval: z.tuple([z.number(), z.number()]).optional(),
    /** Coverage of genes: its 5th percentile and median over genes. */
    gene5: z.number().min(0).max(1),
    geneMedian: z.number().min(0).max(1),
    /** The group with the lowest coverage. */
    worstGroup: z.object({ group: z.string(), samples: z.number().int().positive(), coverage: z.number() }).optional(),
    /** Profiles that the model flags as out of distribution (score > 1), where the guarantee does not hold, and others. */
    flagged: ProfileCoverage.optional(),
    unflagged: ProfileCoverage.optional(),
  })
  .meta({ id: "IntervalScores" });
export type IntervalScores = z.infer<typeof IntervalScores>;

/** How well one model gives the differences between profiles of one group. */
export const Differential = z
  .object({
    model: z.string(),
    /** Samples in groups of at least three. */
    samples: z.number().int().positive(),
    /** Correlation of predicted and true deviation from the group's mean: per gene over samples of all groups. */
    gene: OverGenes.optional(),
    /** The same per profile, over genes. */
    profile: OverGenes.optional(),
    /** Genes at each end of a profile's true deviations that the signs are counted over. */
    extremes: z.number().int().positive(),
    /** Share of the highest and of the lowest true deviations whose predicted deviation has the right sign. */
    signTop: z.number().min(0).max(1),
    signBottom: z.number().min(0).max(1),
  })
  .meta({ id: "Differential" });
export type Differential = z.infer<typeof Differential>;

/** Scores of the samples of one group: model → mean over its cells. */
export const GroupScores = z
  .object({
    group: z.string(),
    samples: z.number().int().positive(),
    /** z units. */
    mae: z.record(z.string(), z.number().nonnegative()),
    /** Share of cells inside the 90 % interval, of models that have intervals. */
    coverage90: z.record(z.string(), z.number().min(0).max(1)),
  })
  .meta({ id: "GroupScores" });
export type GroupScores = z.infer<typeof GroupScores>;

/** MAE over all cells when random landmarks are missing and each model imputes them. */
export const Stress = z
  .object({
    seed: z.number().int(),
    /** Different random sets of landmarks, each hidden from an equal part of the samples. */
    sets: z.number().int().positive(),
    /** Samples that landmarks were hidden from, evenly spaced where not all were; absent in older files: all. */
    samples: z.number().int().positive().optional(),
    /** Shares of landmarks hidden, ascending from 0. */
    shares: z.array(z.number().min(0).max(1)).min(1),
    /** Landmarks hidden, by share. */
    hidden: z.array(z.number().int().nonnegative()),
    /** z units, by share. */
    mae: z.array(z.object({ model: z.string(), mae: z.array(z.number().nonnegative()) })),
  })
  .meta({ id: "Stress" });
export type Stress = z.infer<typeof Stress>;

/** The same models, or models of the same recipe, on a second dataset: what its way of splitting hides or shows. */
export const Against = z
  .object({
    dataset: z.object({ name: z.string(), hash: z.string() }),
    /** How each dataset was split, as `prepare --split` names it. */
    split: z.string(),
    otherSplit: z.string(),
    samples: z.number().int().positive(),
    /** Targets that both have: the MAE of a gap is over these. */
    genes: z.number().int().positive(),
    gaps: z.array(
      z.object({
        model: z.string(),
        /** The model scored on the second dataset, where it is another one. */
        other: z.string(),
        mae: z.number().nonnegative(),
        otherMae: z.number().nonnegative(),
        /** mae / otherMae − 1: positive where the first dataset is harder. */
        gap: z.number(),
      }),
    ),
  })
  .meta({ id: "Against" });
export type Against = z.infer<typeof Against>;

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
    /** The same over targets that are no landmarks; absent where all are none, and in older files. */
    comparisonsWithoutOverlap: z.array(Comparison).optional(),
    /** The model or baseline that the others are held against in the report and in `per_gene.tsv`. */
    base: z.string().optional(),
    /** Samples that Spearman's rho, recall and differential fidelity are from: evenly spaced where not all fit. */
    rankedSamples: z.number().int().positive().optional(),
    recall: z.array(Recall).optional(),
    intervals: z.array(IntervalScores).optional(),
    differential: z.array(Differential).optional(),
    /** The group with the first model's largest MAE first. */
    byGroup: z.array(GroupScores).optional(),
    stress: Stress.optional(),
    against: Against.optional(),
    /** What a reader must know: leaky standardisation, few groups, λ at the end of its grid, … */
    notes: z.array(z.string()),
  })
  .meta({ id: "Evaluation" });
export type Evaluation = z.infer<typeof Evaluation>;
