import { type CohortMap, CohortMoments } from "../data/harmonise/cohort.ts";
import { checkScale, isByRank, requireScale, type ScaleVerdict, scaleSampleRows } from "../data/scale/check.ts";
import type { Block, ExpressionSource } from "../data/source.ts";
import type { ExpressionManifest, GeneRecord, OnProgress } from "../schemas/index.ts";
import type { InputPlan } from "./input-plan.ts";
import { measuredLandmarks } from "./landmark-rows.ts";

/** What must be known of an input's values before the first profile is inferred. */
export interface Survey {
  readonly cohort?: CohortMap;
  /** How the input's scale compares with the model's, as sampled. */
  readonly verdict: ScaleVerdict;
  readonly warnings: readonly string[];
}

/** What a survey goes by. */
export interface SurveyOptions {
  readonly manifest: ExpressionManifest;
  readonly genes: readonly GeneRecord[];
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** Rows `[start, end)`. */
interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** Rows looked at one after the other in a file that can be read anywhere: 32 places for 512 rows. */
const runRows = 16;

/**
 * Looks at evenly spaced profiles of an input, refuses it where its scale does not fit, and finds the moments that
 * `harmonise: cohort` needs. Cohort moments need every row, and a text file can only be read from its beginning: both
 * take a pass over the file (which finds unreadable cells, too); otherwise at most 512 profiles are read.
 * @throws AppError `scale-mismatch`; `bad-data` for too few profiles for a cohort, or no value at all; `cancelled`; and
 *   what the source throws
 */
export async function surveyInput(source: ExpressionSource, plan: InputPlan, options: SurveyOptions): Promise<Survey> {
  const { manifest, genes, signal, onProgress } = options;
  const total = source.samples.ids.length;
  const { landmarks } = manifest;
  const moments = plan.options.harmonise === "cohort" ? new CohortMoments(landmarks) : undefined;
  const runs = sampledRuns(total);
  const sample = new Float32Array(Math.min(total, scaleSampleRows) * landmarks);
  let sampled = 0;
  const wholePass = moments !== undefined || source.format !== "gctx";
  for (const { start, end } of wholePass ? [{ start: 0, end: total }] : runs) {
    for await (const block of source.blocks({ start, end, ...(signal && { signal }) })) {
      const { values: measured } = measuredLandmarks(block, plan, genes);
      moments?.add(measured, block.rows);
      for (const rows of sampledRows(block, measured, runs)) {
        sample.set(rows, sampled);
        sampled += rows.length;
      }
      const done = block.start + block.rows;
      if (wholePass) onProgress?.({ phase: "survey", done, total, unit: "profiles" });
    }
  }
  const verdict = checkScale({ landmarks: sample, rows: sampled / landmarks, model: manifest });
  const { harmonise, allowScaleMismatch } = plan.options;
  requireScale(verdict, { harmonise, allowScaleMismatch, label: plan.label });
  const warnings = verdict.ok || verdict.remedies.includes(harmonise) ? [] : [`${plan.label}: ${verdict.message}`];
  if (harmonise === "none" && isByRank(manifest))
    warnings.push(
      `${plan.label}: the model was trained on quantile-normalised profiles; unless these are normalised alike, choose --harmonise quantile`,
    );
  if (moments === undefined) return { verdict, warnings };
  const { transform } = manifest;
  const cohort = moments.finish({ ...transform.landmarks, epsilon: transform.epsilon });
  const { sparse } = cohort;
  if (sparse.length > 0)
    warnings.push(`${sparse.length} landmarks have too few values for moments of their own; they are imputed`);
  return { cohort, verdict, warnings };
}

/** At most {@link scaleSampleRows} rows in evenly spaced runs. */
function sampledRuns(total: number): readonly RowRange[] {
  if (total <= scaleSampleRows) return [{ start: 0, end: total }];
  const runs = scaleSampleRows / runRows;
  return Array.from({ length: runs }, (_, i) => {
    const start = Math.floor((i * (total - runRows)) / (runs - 1));
    return { start, end: start + runRows };
  });
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
