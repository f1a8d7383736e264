/**
 * The batch pipeline: one expression file in, one out, whatever happens in between.
 * @module
 */
import { type InferRun, isAppError } from "../../schemas/index.ts";
import { createBegun, surveyedInput, surveyJob } from "./begin.ts";
import { closeJob, genesReport, placeOutput, recordOf, tidy } from "./finish.ts";
import { type InferFileOptions, type InferJob, planJob } from "./job.ts";
import { type BegunJob, removeBegun } from "./job-files.ts";
import { jobState } from "./job-state.ts";
import type { FinishedBlocks } from "./journal.ts";
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
      const begun = await surveyJob(job, options);
      await createBegun(job, begun);
      return await compute(job, { options, startedAt, begun, finished: new Map() });
    }
  }
}

interface Begun {
  readonly options: InferFileOptions;
  readonly startedAt: Date;
  readonly begun: BegunJob;
  readonly finished: FinishedBlocks;
}

async function compute(job: InferJob, { options, startedAt, begun, finished }: Begun): Promise<InferOutcome> {
  const { signal, onProgress, syncMs = defaultSyncMs } = options;
  const input = surveyedInput(job, begun);
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
  const { plan, model, input } = job;
  const { command } = facts.options;
  const run = recordOf({ ...facts, plan, command, session: model.session, genes: genesReport(input.alignment) });
  await closeJob(job, run);
  return { status: "inferred", run, resumed: job.plan.samples - facts.totals.computed };
}
