import { AppError, type Scale } from "../../schemas/index.ts";

/** What the values of one cohort look like, before `log2`. */
export interface CohortScale {
  readonly cohort: string;
  readonly scale: Scale;
  /** L1000 level, where it can be told. */
  readonly level?: number | undefined;
  /** The facts behind it, in words. */
  readonly evidence: readonly string[];
}

/** What the user says of the scale. */
export interface StatedScale {
  /** Scale of the dataset's values, after `log2`; believed, with a warning where the values look otherwise. */
  readonly scale?: Scale | undefined;
  /** Offset of `log2`; absent: values stay as they are. */
  readonly log2?: number | undefined;
  /** Cohorts that `log2` is for; absent: all. */
  readonly log2Cohorts?: readonly string[] | undefined;
  /** Cohort onto whose quantiles the others are mapped by rank: then its scale is the dataset's. */
  readonly reference?: string | undefined;
}

/** Scale of a dataset's values. */
export interface DatasetScale {
  readonly scale: Scale;
  readonly level?: number;
  readonly warnings: readonly string[];
}

/**
 * Decides a dataset's scale from what its cohorts look like and what the user says.
 * @throws AppError `scale-mismatch` when values are counts, are to be logged twice, or differ between cohorts, and the
 *   user did not state the scale; `usage` when counts are stated.
 */
export function decideScale(cohorts: readonly CohortScale[], stated: StatedScale): DatasetScale {
  if (stated.scale === "counts") throw countsRefused("usage", "--scale counts");
  const deciding = cohorts.filter(({ cohort }) => cohort === (stated.reference ?? cohort));
  if (stated.scale !== undefined) {
    const { scale } = stated;
    const doubtful = deciding.filter((cohort) => scaleAfter(cohort, stated) !== scale);
    const warnings = doubtful.map((cohort) => `${scale} is stated, but ${looks(cohort)}`);
    return { scale, ...sharedLevel(deciding, stated), warnings };
  }
  const counts = cohorts.find(({ scale }) => scale === "counts");
  if (counts !== undefined) throw countsRefused("scale-mismatch", looks(counts));
  const logged = cohorts.filter((cohort) => isLogged(cohort, stated) && cohort.scale !== "linear");
  if (logged.length > 0)
    throw new AppError("scale-mismatch", {
      what: "--log2 is for linear values",
      examples: logged.map(looks),
      advice:
        cohorts.length > logged.length
          ? "Name the cohorts that are linear with --log2-cohorts"
          : "Leave --log2 out; or, if the values are linear all the same, say --scale log2",
    });
  return agreedScale(cohorts, { deciding, stated });
}

function agreedScale(
  cohorts: readonly CohortScale[],
  { deciding, stated }: { readonly deciding: readonly CohortScale[]; readonly stated: StatedScale },
): DatasetScale {
  const scales = [...new Set(deciding.map((cohort) => scaleAfter(cohort, stated)))];
  const [scale] = scales;
  const kinds = new Set(cohorts.map((cohort) => cohort.scale === "zscore" || cohort.scale === "log2fc"));
  if (scale !== undefined && scales.length === 1 && kinds.size === 1)
    return { scale, ...sharedLevel(deciding, stated), warnings: [] };
  throw new AppError("scale-mismatch", {
    what: "the cohorts are not on one scale",
    examples: cohorts.map(looks),
    advice:
      stated.reference === undefined
        ? "Bring them to one scale first, or map them onto one distribution with --quantile; if they are on one, name it with --scale"
        : "Ranks do not bring z-scores and fold changes beside expression: use the expression itself",
  });
}

function isLogged({ cohort }: CohortScale, { log2, log2Cohorts }: StatedScale): boolean {
  return log2 !== undefined && (log2Cohorts?.includes(cohort) ?? true);
}

/** Scale after `log2`, which only makes sense of linear values; undefined where it makes none. */
function scaleAfter(cohort: CohortScale, stated: StatedScale): Scale | undefined {
  if (!isLogged(cohort, stated)) return cohort.scale;
  return cohort.scale === "linear" ? "log2" : undefined;
}

/** The L1000 level that all cohorts have; `log2` makes it meaningless. */
function sharedLevel(cohorts: readonly CohortScale[], { log2 }: StatedScale): { level?: number } {
  const levels = new Set(cohorts.map(({ level }) => level));
  const [level] = levels;
  return log2 === undefined && levels.size === 1 && level !== undefined ? { level } : {};
}

function looks({ cohort, scale, evidence }: CohortScale): string {
  return `${cohort} looks like ${scale}${evidence.length === 0 ? "" : ` (${evidence.join("; ")})`}`;
}

function countsRefused(tag: "usage" | "scale-mismatch", got: string): AppError {
  return new AppError(tag, {
    what: "counts depend on each sample's sequencing depth and cannot be compared between samples",
    expected: "values normalised for depth",
    got,
    advice:
      "Make TPM, FPKM or CPM of them first, then use --log2 1; intensities that are whole numbers: --log2 --scale log2",
  });
}
