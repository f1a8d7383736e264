/**
 * The beginning of a job: what a first look at the input finds, and the unfinished output with what vouches for it.
 * @module
 */
import type { CohortMap } from "../../data/harmonise/cohort.ts";
import type { InputPlan } from "../input-plan.ts";
import { surveyInput } from "../survey.ts";
import type { InferFileOptions, InferJob, OutputJob } from "./job.ts";
import { type BegunJob, removeBegun, writeJson } from "./job-files.ts";
import { Journal } from "./journal.ts";
import { createOutput, transliterated } from "./output-layout.ts";

/**
 * Surveys the input, unless that was done when the job was planned; nothing is written.
 * @throws AppError `scale-mismatch`, `bad-data`, `cancelled` as `surveyInput`
 */
export async function surveyJob(
  { model, source, input, parts, plan, layout, surveyed }: InferJob,
  { signal, onProgress }: Pick<InferFileOptions, "signal" | "onProgress">,
): Promise<BegunJob> {
  const { manifest, genes } = model;
  if (surveyed?.status === "rejected") throw surveyed.reason;
  const { cohort, warnings } =
    surveyed?.value ?? (await surveyInput(source, input, { manifest, genes, parts, signal, onProgress }));
  return {
    schemaVersion: 1,
    plan,
    warnings: [
      ...model.warnings,
      ...source.warnings,
      ...mangledWarnings(input),
      ...asciiWarnings(transliterated(layout)),
      ...warnings,
    ],
    ...(cohort && { cohort: storedCohort(cohort) }),
  };
}

/**
 * Creates the unfinished output: header, empty journal, and last the plan that vouches for them.
 * @throws AppError `cannot-create`; nothing is left behind
 */
export async function createBegun({ plan, files, layout }: OutputJob, begun: BegunJob): Promise<void> {
  await removeBegun(files);
  try {
    await using file = await createOutput(files.partial, layout);
    await file.sync();
    await using _journal = await Journal.open(files.journal, plan.hash, "w");
    await writeJson(files.plan, begun);
  } catch (error) {
    // Nothing is computed yet, so there is nothing to keep.
    await removeBegun(files);
    throw error;
  }
}

/** The input's plan with what the survey found. */
export function surveyedInput({ input }: Pick<InferJob, "input">, { cohort }: BegunJob): InputPlan {
  return cohort === undefined ? input : { ...input, cohort: restoredCohort(cohort) };
}

function storedCohort({ inputMean, factor, trainingMean, sparse }: CohortMap): NonNullable<BegunJob["cohort"]> {
  const orNull = (values: Float64Array) => Array.from(values, (value) => (Number.isNaN(value) ? null : value));
  return {
    inputMean: orNull(inputMean),
    factor: orNull(factor),
    trainingMean: Array.from(trainingMean),
    sparse: [...sparse],
  };
}

function restoredCohort({ inputMean, factor, trainingMean, sparse }: NonNullable<BegunJob["cohort"]>): CohortMap {
  const orNaN = (values: readonly (number | null)[]) => Float64Array.from(values, (value) => value ?? Number.NaN);
  return { inputMean: orNaN(inputMean), factor: orNaN(factor), trainingMean: Float64Array.from(trainingMean), sparse };
}

function mangledWarnings({ alignment: { mangled } }: InputPlan): string[] {
  if (mangled.length === 0) return [];
  return [`a spreadsheet turned ${mangled.length} gene ids into dates or numbers (${mangled.slice(0, 5).join(", ")})`];
}

function asciiWarnings(cells: number): string[] {
  return cells === 0 ? [] : [`${cells} ids and metadata cells were brought to ASCII`];
}
