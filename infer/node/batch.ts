/**
 * The batch pipeline: one expression file in, one out, whatever happens in between.
 * @module
 */
import type { CohortMap } from "../../data/harmonise/cohort.ts";
import { GctxFile } from "../../data/node/gctx-writer.ts";
import { type InferRun, isAppError } from "../../schemas/index.ts";
import type { InputPlan } from "../input-plan.ts";
import { surveyInput } from "../survey.ts";
import { closeJob, placeOutput, recordOf } from "./finish.ts";
import { type InferFileOptions, type InferJob, planJob } from "./job.ts";
import { type BegunJob, readBegun, removeBegun, sweep, writeJson } from "./job-files.ts";
import { jobState } from "./job-state.ts";
import { type FinishedBlocks, Journal } from "./journal.ts";
import { takeLock } from "./lock.ts";
import { type BlockTotals, writeBlocks } from "./write-blocks.ts";

/** What became of an inference. */
export interface InferOutcome {
  /** `already done`: the output and its record were there, and nothing was written. */
  readonly status: "inferred" | "already done";
  readonly run: InferRun;
  /** Profiles that an earlier, interrupted process had computed. */
  readonly resumed: number;
}

const defaultSyncMs = 1000;

/**
 * Infers an expression file. Everything that can be refused is refused before anything is created; then the output
 * grows in `<output>.partial` with a journal, so that after a crash, a signal or a full disk the same call goes on, to
 * the same bytes. Running it again when it is done changes nothing.
 * @throws AppError `usage`, `no-input`, `bad-data`, `scale-mismatch` (nothing is left behind); `other-plan` when the
 *   output belongs to another plan; `try-again` while another process writes it; `cancelled` and `cannot-create`
 *   (resumable)
 */
export async function inferFile(options: InferFileOptions): Promise<InferOutcome> {
  const startedAt = new Date();
  const job = await planJob(options);
  await using _source = job.source;
  await using _lock = await takeLock(job.files.lock);
  const state = await jobState(job, options.force ?? false);
  switch (state.kind) {
    case "done":
      await tidy(job);
      return { status: "already done", run: state.record, resumed: job.plan.samples };
    case "unrecorded": {
      const totals = { computed: 0, finished: state.finished };
      return await conclude(job, { options, startedAt, totals, warnings: state.begun.warnings });
    }
    case "begun":
      return await compute(job, { options, startedAt, begun: state.begun, finished: state.finished });
    case "fresh": {
      const begun = await begin(job, options);
      return await compute(job, { options, startedAt, begun, finished: new Map() });
    }
  }
}

/** Surveys the input, then creates the unfinished output: header, empty journal, and last the plan that vouches for them. */
async function begin(job: InferJob, { signal, onProgress }: InferFileOptions): Promise<BegunJob> {
  const { model, source, input, plan, files, layout } = job;
  const { manifest, genes } = model;
  const { cohort, warnings } = await surveyInput(source, input, { manifest, genes, signal, onProgress });
  const begun: BegunJob = {
    schemaVersion: 1,
    plan,
    warnings: [...source.warnings, ...mangledWarnings(input), ...asciiWarnings(layout.transliterated), ...warnings],
    ...(cohort && { cohort: storedCohort(cohort) }),
  };
  await removeBegun(files);
  try {
    await using file = await GctxFile.create(files.partial, layout);
    await file.sync();
    await using _journal = await Journal.open(files.journal, plan.hash, "w");
    await writeJson(files.plan, begun);
  } catch (error) {
    // Nothing is computed yet, so there is nothing to keep.
    await removeBegun(files);
    throw error;
  }
  return begun;
}

interface Begun {
  readonly options: InferFileOptions;
  readonly startedAt: Date;
  readonly begun: BegunJob;
  readonly finished: FinishedBlocks;
}

async function compute(job: InferJob, { options, startedAt, begun, finished }: Begun): Promise<InferOutcome> {
  const { signal, onProgress, syncMs = defaultSyncMs } = options;
  const cohort = begun.cohort && restoredCohort(begun.cohort);
  const input: InputPlan = cohort === undefined ? job.input : { ...job.input, cohort };
  try {
    const totals = await writeBlocks({ job, input, finished, signal, onProgress, syncMs });
    const notes = await placeOutput(job, { signal, onProgress });
    return await conclude(job, { options, startedAt, totals, warnings: [...begun.warnings, ...notes] });
  } catch (error) {
    // The same input would fail again at the same place.
    if (isAppError(error, "bad-data")) await removeBegun(job.files);
    throw error;
  }
}

async function conclude(
  job: InferJob,
  facts: {
    readonly options: InferFileOptions;
    readonly startedAt: Date;
    readonly totals: BlockTotals;
    readonly warnings: readonly string[];
  },
): Promise<InferOutcome> {
  const run = recordOf({ job, ...facts });
  await closeJob(job, run);
  return { status: "inferred", run, resumed: job.plan.samples - facts.totals.computed };
}

/** Removes what a process left that was killed between the record and its own tidying up. */
async function tidy({ files, plan }: InferJob): Promise<void> {
  const begun = await readBegun(files.plan);
  if (begun === undefined || begun.plan.hash === plan.hash) await removeBegun(files);
  await sweep(files);
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
  return [`a spreadsheet turned ${mangled.length} gene ids into dates (${mangled.slice(0, 5).join(", ")})`];
}

function asciiWarnings(cells: number): string[] {
  return cells === 0 ? [] : [`${cells} ids and metadata cells were brought to ASCII`];
}
