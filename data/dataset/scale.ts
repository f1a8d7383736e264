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
  if (stated.scale !== undefined) {
    const { scale } = stated;
    const doubtful = cohorts.filter((cohort) => scaleAfter(cohort, stated.log2) !== scale);
    const warnings = doubtful.map((cohort) => `${scale} is stated, but ${looks(cohort)}`);
    return { scale, ...sharedLevel(cohorts, stated), warnings };
  }
  const counts = cohorts.find(({ scale }) => scale === "counts");
  if (counts !== undefined) throw countsRefused("scale-mismatch", looks(counts));
  const logged = cohorts.filter(({ scale }) => stated.log2 !== undefined && scale !== "linear");
  if (logged.length > 0)
    throw new AppError("scale-mismatch", {
      what: "--log2 is for linear values",
      examples: logged.map(looks),
      advice: "Leave --log2 out; or, if the values are linear all the same, say --scale log2",
    });
  const scales = [...new Set(cohorts.map((cohort) => scaleAfter(cohort, stated.log2)))];
  const [scale] = scales;
  if (scale !== undefined && scales.length === 1) return { scale, ...sharedLevel(cohorts, stated), warnings: [] };
  throw new AppError("scale-mismatch", {
    what: "the cohorts are not on one scale",
    examples: cohorts.map(looks),
    advice: "Bring them to one scale first; or, if they are on one, name it with --scale",
  });
}

/** Scale after `log2`, which only makes sense of linear values; undefined where it makes none. */
function scaleAfter({ scale }: CohortScale, log2: number | undefined): Scale | undefined {
  if (log2 === undefined) return scale;
  return scale === "linear" ? "log2" : undefined;
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
