import { AppError, type Scale } from "../../schemas/index.ts";
import { presentValues, quantileOfSorted, robustSd, sortedColumn, sortForQuantiles } from "./quantiles.ts";

/** A guess at the scale of values, with what it rests on. */
export interface ScaleGuess {
  readonly scale: Scale;
  /** L1000 level, where the values tell it. */
  readonly level?: number;
  readonly confidence: "high" | "medium" | "low";
  /** Facts, each a phrase for people. */
  readonly evidence: readonly string[];
}

/** Rows of a matrix whose scale is asked for. */
export interface ScaleSample {
  /** `[rows, genes]`, NaN = missing; only read. */
  readonly values: Float32Array;
  readonly rows: number;
  readonly genes: number;
}

/**
 * 2³² exceeds every counter and scanner, so hardly a logarithm is as large; RNAseqDB has outliers up to 31.2 (batch
 * correction left them), which is why the 99 % quantile is held to 32 and the largest value to twice that.
 */
const largestLog2 = 32;
/** L1000 bead intensities come from a 15-bit scanner, as log2 they end at 15 (measured on LJP009: 28 to 12,090). */
const l1000 = { largest: 2 ** 15, largestLog2: 15 } as const;
/** log2(q99 / q01): 5.6 for level 2 of LJP009, where a smallest intensity is background; above 10 for RNA-seq. */
const narrowRange = 8;
/** Above it a distribution around 0 is no z-score or fold change but a logarithm of values with zeros. */
const widestRelativeSd = 3;
/** Negative values are a fair part of what is measured against a reference; a few come from log2 of small values. */
const relativeNegativeShare = { least: 0.15, most: 0.85 } as const;
/** Robust sd: level 4 has 1.0, level 5 0.75; fold changes 0.43 and 0.53 (Mtb compendium and its contrasts). */
const smallestZSd = 0.65;
/** Genes have one sd by definition of a z-score; fold changes differ more (ratio of their quartiles). */
const evenSpread = 1.5;
/** Rows from which a gene's own spread says something. */
const rowsForSpread = 10;

interface Facts {
  readonly min: number;
  readonly max: number;
  readonly q01: number;
  readonly median: number;
  readonly q99: number;
  /** Robust sd of all values. */
  readonly sd: number;
  readonly integers: boolean;
  readonly zeroShare: number;
  readonly negativeShare: number;
}

/**
 * Guesses the scale of values from global facts alone; {@link checkScale} compares with what a model was trained on.
 * @throws AppError `bad-data` when there is not a single value
 */
export function detectScale(sample: ScaleSample): ScaleGuess {
  const facts = factsOf(sample);
  const { min, max, q99, median, sd, integers, negativeShare } = facts;
  const range = `values from ${show(min)} to ${show(max)}, median ${show(median)}`;
  if (min >= 0 && integers && max > largestLog2) return integerGuess(facts, range);
  if (q99 > largestLog2 || (min >= 0 && max > 2 * largestLog2)) {
    const evidence = [range, "too large for logarithms", "not integers"];
    return { scale: "linear", confidence: min >= 0 ? "high" : "medium", evidence };
  }
  const { least, most } = relativeNegativeShare;
  if (negativeShare >= least && negativeShare <= most && Math.abs(median) <= sd && sd <= widestRelativeSd) {
    return relativeGuess(facts, { range, spreadRatio: spreadRatioOf(sample) });
  }
  if (Math.abs(max - l1000.largestLog2) < 1e-3 && min > 0) {
    return { scale: "log2", level: 3, confidence: "high", evidence: [range, "ends at 15, as L1000 level 3 does"] };
  }
  const evidence = [range, min < 0 ? "some below zero, but not around it" : "none below zero"];
  if (integers) evidence.push("all integers: counts of a sparse assay are possible");
  return { scale: "log2", confidence: integers || min < 0 ? "low" : "high", evidence };
}

function integerGuess(facts: Facts, range: string): ScaleGuess {
  const evidence = [range, "all non-negative integers"];
  const doublings = Math.log2(facts.q99 / facts.q01);
  if (facts.max < l1000.largest && doublings < narrowRange) {
    evidence.push("below 32,768 and of narrow range, as bead intensities of L1000 level 2 are");
    return { scale: "linear", level: 2, confidence: "medium", evidence };
  }
  if (facts.zeroShare > 0) evidence.push(`${(100 * facts.zeroShare).toFixed(1)} % zeros`);
  return { scale: "counts", confidence: "high", evidence };
}

function relativeGuess(
  { min, max, sd }: Facts,
  { range, spreadRatio }: { readonly range: string; readonly spreadRatio: number | undefined },
): ScaleGuess {
  const evidence = [range, `around zero with a robust sd of ${show(sd)}`];
  const clipped = Math.abs(max - 10) < 1e-3 || Math.abs(min + 10) < 1e-3;
  if (clipped) evidence.push("clipped at ±10, as L1000 level 4 and 5 are");
  const even = spreadRatio === undefined ? undefined : spreadRatio < evenSpread;
  if (spreadRatio !== undefined) {
    evidence.push(`sd of genes ${even ? "even" : "uneven"} (quartile ratio ${show(spreadRatio)})`);
  }
  const large = sd >= smallestZSd;
  if (clipped || (large && even !== false)) {
    return { scale: "zscore", confidence: clipped || even ? "high" : "low", evidence };
  }
  return { scale: "log2fc", confidence: large ? "low" : "medium", evidence };
}

function factsOf(sample: ScaleSample): Facts {
  const present = presentValues({ values: sample.values, rows: sample.values.length, columns: 1, column: 0 });
  if (present.length === 0)
    throw new AppError("bad-data", { what: "there is not a single value to tell the scale by" });
  let integers = true;
  let zeros = 0;
  let negatives = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of present) {
    if (value < min) min = value;
    if (value > max) max = value;
    if (value < 0) negatives += 1;
    else if (value === 0) zeros += 1;
    if (!Number.isInteger(value)) integers = false;
  }
  sortForQuantiles(present, [0.01, 0.25, 0.5, 0.75, 0.99]);
  return {
    min,
    max,
    q01: quantileOfSorted(present, 0.01),
    median: quantileOfSorted(present, 0.5),
    q99: quantileOfSorted(present, 0.99),
    sd: robustSd(present),
    integers,
    zeroShare: zeros / present.length,
    negativeShare: negatives / present.length,
  };
}

/** How uneven the genes' spreads are, q75/q25 of their robust sds; undefined for few rows, or where most do not vary. */
function spreadRatioOf({ values, rows, genes }: ScaleSample): number | undefined {
  if (rows < rowsForSpread) return undefined;
  const sds = Float32Array.from({ length: genes }, (_, column) =>
    robustSd(sortedColumn({ values, rows, columns: genes, column })),
  )
    .filter((sd) => sd > 0)
    .toSorted();
  return sds.length > genes / 2 ? quantileOfSorted(sds, 0.75) / quantileOfSorted(sds, 0.25) : undefined;
}

function show(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
