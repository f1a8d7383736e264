import { type CohortMap, CohortMoments } from "../data/harmonise/cohort.ts";
import { checkScale, isByRank, requireScale, type ScaleVerdict, scaleSampleRows } from "../data/scale/check.ts";
import type { Block, ExpressionSource } from "../data/source.ts";
import { AppError, type ExpressionManifest, type GeneRecord, isAppError, type OnProgress } from "../schemas/index.ts";
import type { InputPlan } from "./input-plan.ts";
import { measuredLandmarks } from "./landmark-rows.ts";

/** What must be known of an input's values before the first profile is inferred. */
export interface Survey {
  readonly cohort?: CohortMap;
  /** How the input's scale compares with the model's, as sampled; of several files, the one that fits least. */
  readonly verdict: ScaleVerdict;
  readonly warnings: readonly string[];
}

/** What a survey goes by. */
export interface SurveyOptions {
  readonly manifest: ExpressionManifest;
  readonly genes: readonly GeneRecord[];
  /** The files that the source is made of, in order; one of all rows by default. */
  readonly parts?: readonly SurveyPart[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** A file's share of a source. */
export interface SurveyPart {
  readonly label: string;
  /** Rows of the source that are the file's, behind those of the files before. */
  readonly rows: number;
}

/** Rows `[start, end)`. */
interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** Formats whose rows are read at any place; a text is read from its beginning. */
const readsAnywhere: readonly ExpressionSource["format"][] = ["gctx", "arrow", "zarr"];

/** Rows looked at one after the other in a file that can be read anywhere: 32 places for 512 rows. */
const runRows = 16;

/** Whether a survey reads the whole input: cohort moments need every row, and a text is read from its beginning. */
export function surveyTakesPass({ format }: Pick<ExpressionSource, "format">, { options }: InputPlan): boolean {
  return options.harmonise === "cohort" || !readsAnywhere.includes(format);
}

/**
 * Looks at evenly spaced profiles of an input, refuses it where its scale does not fit, and finds the moments that
 * `harmonise: cohort` needs. Of an input made of several files each is looked at by itself, so that a plate on another
 * scale does not hide among the others; their moments are those of one cohort. Where it takes a pass over the input
 * ({@link surveyTakesPass}), that finds unreadable cells, too; otherwise at most 512 profiles are read, or 16 a file
 * where there are more than 32 files.
 * @throws AppError `scale-mismatch`; `bad-data` for too few profiles for a cohort, or no value at all; `cancelled`; and
 *   what the source throws
 */
export async function surveyInput(source: ExpressionSource, plan: InputPlan, options: SurveyOptions): Promise<Survey> {
  const { manifest, genes, signal, onProgress } = options;
  const total = source.samples.ids.length;
  const { parts = [{ label: plan.label, rows: total }] } = options;
  const moments = plan.options.harmonise === "cohort" ? new CohortMoments(manifest.landmarks) : undefined;
  const wholePass = surveyTakesPass(source, plan);
  const looks: Look[] = [];
  let end = 0;
  for (const { label, rows } of parts) {
    const range = { start: end, end: end + rows };
    const runs = sampledRuns(range, scaleSampleRows / parts.length);
    end = range.end;
    const sample = new RowSample(runs, manifest.landmarks);
    for (const read of wholePass ? [range] : runs) {
      for await (const block of source.blocks({ ...read, ...(signal && { signal }) })) {
        const { values } = measuredLandmarks(block, plan, genes);
        moments?.add(values, block.rows);
        sample.add(block, values);
        const done = block.start + block.rows;
        if (wholePass) onProgress?.({ phase: "survey", done, total, unit: "profiles" });
      }
    }
    looks.push({ label, verdict: checkScale({ ...sample.finish(), model: manifest }) });
  }
  requireScales(looks, plan);
  const warnings = [...plan.warnings, ...scaleWarnings(looks, plan, manifest)];
  const verdict = worstOf(looks);
  if (moments === undefined) return { verdict, warnings };
  const { transform } = manifest;
  const cohort = moments.finish({ ...transform.landmarks, epsilon: transform.epsilon });
  const { sparse } = cohort;
  if (sparse.length > 0)
    warnings.push(`${sparse.length} landmarks have too few values for moments of their own; they are imputed`);
  return { cohort, verdict, warnings };
}

/** What was found of a file. */
interface Look {
  readonly label: string;
  readonly verdict: ScaleVerdict;
}

/** @throws AppError `scale-mismatch` of the first file that does not fit, naming all others that do not */
function requireScales(looks: readonly Look[], { options: { harmonise, allowScaleMismatch } }: InputPlan): void {
  const refused = looks.flatMap(({ label, verdict }) => {
    try {
      requireScale(verdict, { harmonise, allowScaleMismatch, label });
      return [];
    } catch (error) {
      if (!isAppError(error, "scale-mismatch")) throw error;
      return [error];
    }
  });
  const [first, ...others] = refused;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  const examples = refused.map(({ fault }) => fault.where ?? "");
  throw new AppError("scale-mismatch", { ...first.fault, examples }, { cause: first });
}

function scaleWarnings(looks: readonly Look[], { label, options }: InputPlan, manifest: ExpressionManifest): string[] {
  const { harmonise } = options;
  const warnings = looks.flatMap(({ label: own, verdict: { ok, remedies, message } }) =>
    ok || remedies.includes(harmonise) ? [] : [`${own}: ${message}`],
  );
  if (harmonise === "none" && isByRank(manifest))
    warnings.push(
      `${label}: the model was trained on quantile-normalised profiles; unless these are normalised alike, choose --harmonise quantile`,
    );
  return warnings;
}

function worstOf(looks: readonly Look[]): ScaleVerdict {
  const verdicts = looks.map(({ verdict }) => verdict);
  return verdicts.reduce((worst, verdict) => (verdict.distance > worst.distance ? verdict : worst));
}

/** About `rows` rows of a range in evenly spaced runs of {@link runRows}; all of it where it has not more. */
function sampledRuns({ start, end }: RowRange, rows: number): readonly RowRange[] {
  const runs = Math.max(1, Math.floor(rows / runRows));
  const spare = end - start - runs * runRows;
  if (spare <= 0) return [{ start, end }];
  const last = end - start - runRows;
  return Array.from({ length: runs }, (_, i) => {
    const at = start + Math.floor(runs === 1 ? last / 2 : (i * last) / (runs - 1));
    return { start: at, end: at + runRows };
  });
}

/** The landmarks of the rows in some runs. */
class RowSample {
  readonly #runs: readonly RowRange[];
  readonly #landmarks: number;
  readonly #values: Float32Array;
  #filled = 0;

  constructor(runs: readonly RowRange[], landmarks: number) {
    const rows = runs.reduce((sum, { start, end }) => sum + end - start, 0);
    this.#runs = runs;
    this.#landmarks = landmarks;
    this.#values = new Float32Array(rows * landmarks);
  }

  /** Keeps the rows of a block, `measured` `[rows, landmarks]`, that lie in the runs. */
  add(block: Block, measured: Float32Array): void {
    for (const rows of sampledRows(block, measured, this.#runs)) {
      this.#values.set(rows, this.#filled);
      this.#filled += rows.length;
    }
  }

  finish(): { readonly landmarks: Float32Array; readonly rows: number } {
    return { landmarks: this.#values, rows: this.#filled / this.#landmarks };
  }
}

/** The rows of a block that lie in the runs, `[rows, landmarks]`, as views of `measured`. */
function* sampledRows(
  { start, rows }: Block,
  measured: Float32Array,
  runs: readonly RowRange[],
): Generator<Float32Array> {
  const landmarks = measured.length / rows;
  for (const run of runs) {
    const from = Math.max(run.start, start) - start;
    const to = Math.min(run.end, start + rows) - start;
    if (from < to) yield measured.subarray(from * landmarks, to * landmarks);
  }
}
