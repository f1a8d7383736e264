import { z } from "zod";
import { IdType, L1000Level, Scale } from "./scale.ts";

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** One input file of a dataset. */
export const DatasetSource = z
  .object({
    cohort: z.string().min(1),
    /** Base name only: no host, no folder. */
    file: z.string().min(1),
    sha256: Sha256,
    samples: z.number().int().nonnegative(),
    genes: z.number().int().nonnegative(),
  })
  .meta({ id: "DatasetSource" });
export type DatasetSource = z.infer<typeof DatasetSource>;

/** Cohorts that are in one split as a whole, by name; only the others are divided. */
const AssignedCohorts = z.record(z.string(), z.enum(["train", "validation", "test"])).optional();

/** How rows were divided into train, validation and test. */
export const SplitRecipe = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("random"),
      assigned: AssignedCohorts,
      fractions: z.tuple([z.number(), z.number(), z.number()]),
      seed: z.number().int(),
    }),
    z.object({
      kind: z.literal("group"),
      assigned: AssignedCohorts,
      field: z.string(),
      fractions: z.tuple([z.number(), z.number(), z.number()]),
      seed: z.number().int(),
    }),
    z.object({
      kind: z.literal("kfold"),
      assigned: AssignedCohorts,
      folds: z.number().int().min(2),
      field: z.string().optional(),
      /** The fold held out as test; the next one (cyclically) is validation. */
      testFold: z.number().int().nonnegative(),
      seed: z.number().int(),
    }),
  ])
  .meta({ id: "SplitRecipe" });
export type SplitRecipe = z.infer<typeof SplitRecipe>;

/**
 * How ties count when a profile takes the reference's values by rank: `average` for microarrays, `dense` for RNA-seq,
 * whose zeros are one value.
 */
export const RankRule = z.enum(["average", "dense"]).meta({ id: "RankRule" });
export type RankRule = z.infer<typeof RankRule>;

/** The frozen reference of a joint quantile normalisation: what any further profile can be mapped onto by itself. */
export const QuantileReference = z
  .object({
    /** Cohort whose rows it is the mean of. */
    cohort: z.string(),
    /** Which of its rows; `all` has seen test rows (D-GEX does so). */
    rows: z.enum(["train", "all"]),
    /** Mean of the sorted values, ascending, `[genes]`, on the dataset's scale. */
    values: z.array(z.number()).min(1),
    /** Rule of each cohort. */
    ranks: z.record(z.string(), RankRule),
  })
  .meta({ id: "QuantileReference" });
export type QuantileReference = z.infer<typeof QuantileReference>;

/** A step already applied to the values in `expression.gctx`. */
export const PreparationStep = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("dedupe"),
      method: z.enum(["kmeans", "exact"]),
      /** Euclidean, over all genes of a cohort; nearer samples are duplicates. */
      distance: z.number().positive(),
      /** Clusters asked of `kmeans`; absent: as each cohort's samples need. */
      clusters: z.number().int().positive().optional(),
      /** Clusters that `kmeans` used, by cohort. */
      used: z.record(z.string(), z.number().int().positive()).optional(),
      seed: z.number().int(),
      /** Missing values counted as their gene's mean over the cohort; absent: there were none. */
      missing: z.literal("mean").optional(),
      /** Samples left out, by cohort; `dropped.tsv` names them. */
      removed: z.record(z.string(), z.number().int().nonnegative()),
      /** sha256 of `dropped.tsv`. */
      droppedSha256: Sha256,
    }),
    z.object({
      kind: z.literal("log2"),
      offset: z.number().nonnegative(),
      /** Absent: all cohorts. */
      cohorts: z.array(z.string()).min(1).optional(),
    }),
    z.object({
      kind: z.literal("gene-map"),
      maps: z.array(z.object({ file: z.string().min(1), sha256: Sha256 })).min(1),
      /** How each cohort's rows were found: `probe` is the mean of a gene's probes. */
      by: z.record(z.string(), z.enum(["probe", "gene"])),
    }),
    z.object({ kind: z.literal("quantile"), reference: QuantileReference }),
    z.object({ kind: z.literal("merge-duplicates"), how: z.enum(["mean", "max"]), rows: z.number().int() }),
    z.object({ kind: z.literal("impute-mean"), cells: z.number().int().positive() }),
  ])
  .meta({ id: "PreparationStep" });
export type PreparationStep = z.infer<typeof PreparationStep>;

/** Moments of one group of rows, per gene in the row order of `expression.gctx`. */
export const Moments = z.object({
  /** `*` for all rows in use, else a cohort's name. */
  cohort: z.string(),
  mean: z.array(z.number()),
  /** Population standard deviation, before `epsilon` is added. */
  sd: z.array(z.number().nonnegative()),
});
export type Moments = z.infer<typeof Moments>;

/** Standardisation, fitted but not applied: z = clip((x − mean) / (sd + epsilon), ±clip). */
export const Standardisation = z
  .object({
    /** Which rows the moments come from; `all` and `cohort` see test rows (D-GEX does) and every report says so. */
    fittedOn: z.enum(["train", "all", "cohort"]),
    epsilon: z.number().positive().default(1e-3),
    /** Symmetric limit on z scores; absent: no clipping. */
    clip: z.number().positive().optional(),
    moments: z.array(Moments).min(1),
  })
  .meta({ id: "Standardisation" });
export type Standardisation = z.infer<typeof Standardisation>;

/** `dataset.json` of a landmark → target dataset. */
export const ExpressionDataset = z
  .object({
    schemaVersion: z.literal(1),
    task: z.literal("expression"),
    name: z.string().min(1),
    sources: z.array(DatasetSource).min(1),
    samples: z.number().int().positive(),
    /** Rows of `expression.gctx` (genes in use). */
    genes: z.number().int().positive(),
    landmarks: z.number().int().positive(),
    targets: z.number().int().positive(),
    idType: IdType,
    scale: Scale,
    level: L1000Level.optional(),
    steps: z.array(PreparationStep),
    standardisation: Standardisation,
    split: SplitRecipe,
    counts: z.object({
      train: z.number().int().positive(),
      validation: z.number().int().nonnegative(),
      test: z.number().int().nonnegative(),
    }),
    /** sha256 of `expression.gctx`: with this file it identifies the dataset. */
    expressionSha256: Sha256,
  })
  .meta({ id: "ExpressionDataset" });
export type ExpressionDataset = z.infer<typeof ExpressionDataset>;

/** `dataset.json`, by task. */
export const Dataset = z.discriminatedUnion("task", [ExpressionDataset]).meta({ id: "Dataset" });
export type Dataset = z.infer<typeof Dataset>;
