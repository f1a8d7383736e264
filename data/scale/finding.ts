import type { Harmonise } from "../../schemas/index.ts";

/** What an input that does not fit a model's training data looks like. */
export const misfits = [
  "counts",
  "level-2",
  "linear",
  "log-base",
  "log2",
  "z-scores",
  "fold-changes",
  "platform",
] as const;
export type Misfit = (typeof misfits)[number];

/** What helps: in words, and which harmonisations make the input fit. */
export interface Remedy {
  readonly advice: string;
  readonly harmonise: readonly Harmonise[];
}

/** How to describe a misfit, and what helps under each kind of model. */
export interface Finding {
  readonly looksLike: string;
  /** Models of absolute scales: log2, linear, counts. */
  readonly absolute: Remedy;
  /** Models of scales relative to a reference: z-scores and log2 fold changes. */
  readonly relative: Remedy;
}

const standardise = "standardise each gene by its own mean and sd";

/**
 * Every misfit with its remedies. `quantile` uses ranks within a profile, so it undoes any monotone transform between
 * absolute scales, but not the reference of relative ones; `cohort` undoes a shift and a factor per gene. Counts,
 * level 1–2 and z-scores for an absolute model are never accepted (DESIGN 3.1).
 */
export const findings: Readonly<Record<Misfit, Finding>> = {
  counts: {
    looksLike: "raw read counts",
    absolute: {
      advice: "Normalise for library size and gene length (TPM or FPKM) and take log2(x + 1)",
      harmonise: [],
    },
    relative: {
      advice: `Normalise for library size, take log2(x + 1), then ${standardise}`,
      harmonise: [],
    },
  },
  "level-2": {
    looksLike: "L1000 level 2 (raw bead intensities, GEX)",
    absolute: { advice: "Use the level 3 file of the same plate (normalised, QNORM)", harmonise: [] },
    relative: { advice: "Use the level 4 or 5 file of the same plate", harmonise: [] },
  },
  linear: {
    looksLike: "linear values (intensities, FPKM or TPM)",
    absolute: {
      advice: "Take log2 first (x + 1 for FPKM and TPM), or choose --harmonise quantile, which uses ranks only",
      harmonise: ["quantile"],
    },
    relative: { advice: `Take log2, then ${standardise}`, harmonise: [] },
  },
  "log-base": {
    looksLike: "logarithms to another base",
    absolute: {
      advice: "Multiply by 3.3219 (from log10) or 1.4427 (from ln), or choose --harmonise quantile",
      harmonise: ["cohort", "quantile"],
    },
    relative: { advice: "Choose --harmonise cohort", harmonise: ["cohort"] },
  },
  log2: {
    looksLike: "log2 expression",
    absolute: { advice: "Take 2^x first, or choose --harmonise quantile", harmonise: ["quantile"] },
    relative: {
      advice: `Choose --harmonise cohort (20 profiles or more), or ${standardise}`,
      harmonise: ["cohort"],
    },
  },
  "z-scores": {
    looksLike: "z-scores (L1000 level 4 or 5)",
    absolute: {
      advice: "Use the level 3 file (QNORM): z-scores only fit a model trained on z-scores",
      harmonise: [],
    },
    relative: { advice: "Choose --harmonise cohort (20 profiles or more)", harmonise: ["cohort"] },
  },
  "fold-changes": {
    looksLike: "log2 fold changes or narrow z-scores",
    absolute: { advice: "Give the expression itself, not its change against a reference", harmonise: [] },
    relative: { advice: "Choose --harmonise cohort (20 profiles or more)", harmonise: ["cohort"] },
  },
  platform: {
    looksLike: "the model's scale from another platform or normalisation (or with gene ids on the wrong rows)",
    absolute: {
      advice: "Choose --harmonise cohort (20 profiles or more) or --harmonise quantile",
      harmonise: ["cohort", "quantile"],
    },
    relative: { advice: "Choose --harmonise cohort (20 profiles or more)", harmonise: ["cohort"] },
  },
};
