import { AppError, type Harmonise, type InputProfile, type Scale } from "../../schemas/index.ts";
import { detectScale, type ScaleGuess } from "./detect.ts";
import { type LandmarkRows, type ScaleDistance, scaleDistance } from "./distance.ts";
import { findings, type Misfit } from "./finding.ts";

/** Rows that are enough to check an input by; evenly spaced over the file. */
export const scaleSampleRows = 512;

/**
 * What a distance of 1 stands for. Measured with models of RNAseqDB: projects held out entirely have shifts up to 1.2
 * (single profiles 1.6) and agreements from 0.84 (0.70); HG-U133A log2 has 4.8 and 0.50, an L1000 plate (level 3)
 * 1.9 and 0.33, natural instead of binary logarithms 3.5 and 1.
 */
const scaleLimits = {
  /** Median shift in training sds. */
  shift: 2.5,
  /** Weighted correlation of landmark medians. */
  agreement: 0.6,
  /** log2 of the ratio of spreads: four times as wide. Narrower is no fault: replicates are. */
  spread: 2,
} as const;

/** Slopes of regressions on log2 that a logarithm to another base has, ±10 %: between-sample noise is below that. */
const otherBases: readonly number[] = [Math.log10(2), Math.LN2];
const slopeTolerance = 0.1;
/** Agreement above which a slope is a property of the scale, not of other genes being measured. */
const agreementForSlope = 0.8;

/** What a model expects of its input. */
export interface ExpectedScale {
  readonly scale: Scale;
  readonly inputProfile: InputProfile;
}

/** Whether an input fits a model's training data. */
export interface ScaleVerdict {
  readonly ok: boolean;
  readonly kind: "fits" | Misfit;
  /** The worst of shift, agreement and spread in units of its limit: above 1 does not fit. */
  readonly distance: number;
  readonly measures: ScaleDistance;
  readonly detected: ScaleGuess;
  /** What was found, without a full stop. */
  readonly message: string;
  /** What the user can do; `""` where the input fits. */
  readonly advice: string;
  /** Harmonisations that make the input fit. */
  readonly remedies: readonly Harmonise[];
}

/**
 * Compares an input's landmarks with the training quantiles of a model (DESIGN 3.1); one row is enough.
 * @param landmarks `[rows, landmarks]` in the model's order, NaN = missing
 * @throws AppError `bad-data` when there is not a single value
 */
export function checkScale({ landmarks, rows, model }: LandmarkRows & { readonly model: ExpectedScale }): ScaleVerdict {
  const detected = detectScale({ values: landmarks, rows, genes: model.inputProfile.quantiles.length });
  const measures = scaleDistance({ landmarks, rows }, model.inputProfile);
  const distance = distanceOf(measures);
  const figures = describe(measures);
  if (distance <= 1 && !differsInKind(detected, model.scale)) {
    return { ok: true, kind: "fits", distance, measures, detected, message: figures, advice: "", remedies: ["none"] };
  }
  const kind = misfitOf({ detected, measures, model });
  const { looksLike, absolute, relative } = findings[kind];
  const { advice: general, harmonise } = isRelative(model.scale) ? relative : absolute;
  const advice = isByRank(model) && harmonise.includes("quantile") ? byRankAdvice : general;
  const message = `the input looks like ${looksLike}; the model takes ${model.scale} values: ${figures}`;
  return { ok: false, kind, distance, measures, detected, message, advice, remedies: harmonise };
}

/**
 * Refuses an input that does not fit, unless the chosen harmonisation makes it fit or the user takes it as it is.
 * @throws AppError `scale-mismatch`
 */
export function requireScale(
  verdict: ScaleVerdict,
  chosen: { readonly harmonise: Harmonise; readonly allowScaleMismatch: boolean; readonly label: string },
): void {
  if (verdict.ok || chosen.allowScaleMismatch || verdict.remedies.includes(chosen.harmonise)) return;
  const useless = chosen.harmonise === "none" ? "" : `, which --harmonise ${chosen.harmonise} does not mend`;
  throw new AppError("scale-mismatch", {
    what: `${verdict.message}${useless}`,
    where: chosen.label,
    advice: `${verdict.advice}, or give --allow-scale-mismatch to run it as it is`,
  });
}

/** What helps first with a model whose training profiles were all brought to one distribution by rank. */
const byRankAdvice = "Choose --harmonise quantile: the model was trained on quantile-normalised profiles";

/** The model's training profiles went through joint quantile normalisation. */
export function isByRank({ inputProfile }: Pick<ExpectedScale, "inputProfile">): boolean {
  return inputProfile.joint !== undefined;
}

/** Counts are no normalised values, and values that are never below zero have no reference, however near they lie. */
function differsInKind({ scale, confidence }: ScaleGuess, expected: Scale): boolean {
  if (scale === "counts") return expected !== "counts";
  return isRelative(expected) && !isRelative(scale) && confidence === "high";
}

function distanceOf({ shift, agreement, spread }: ScaleDistance): number {
  return Math.max(
    shift / scaleLimits.shift,
    agreement === undefined ? 0 : (1 - agreement) / (1 - scaleLimits.agreement),
    spread === undefined ? 0 : spread / scaleLimits.spread,
  );
}

function misfitOf({
  detected: { scale, level },
  measures: { agreement, slope },
  model,
}: {
  readonly detected: ScaleGuess;
  readonly measures: ScaleDistance;
  readonly model: ExpectedScale;
}): Misfit {
  if (level === 2) return "level-2";
  if (scale === model.scale) {
    const steady = model.scale === "log2" && agreement !== undefined && agreement > agreementForSlope;
    const other = otherBases.some((base) => Math.abs((slope ?? 1) / base - 1) < slopeTolerance);
    return steady && other ? "log-base" : "platform";
  }
  return ({ counts: "counts", linear: "linear", log2: "log2", zscore: "z-scores", log2fc: "fold-changes" } as const)[
    scale
  ];
}

function isRelative(scale: Scale): boolean {
  return scale === "zscore" || scale === "log2fc";
}

function describe({ shift, agreement, spread }: ScaleDistance): string {
  const parts = [`its landmarks lie ${shift.toFixed(1)} training sds away (limit ${scaleLimits.shift})`];
  if (agreement !== undefined) {
    parts.push(`their levels agree with training by r = ${agreement.toFixed(2)} (limit ${scaleLimits.agreement})`);
  }
  if (spread !== undefined && spread > scaleLimits.spread) {
    parts.push(`they spread ${(2 ** spread).toFixed(0)} times as wide`);
  }
  return parts.join(", ");
}
