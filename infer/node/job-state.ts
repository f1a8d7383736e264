import { stat } from "node:fs/promises";
import { hasBothTables } from "../../data/node/axis-tables.ts";
import { hasAxisTables } from "../../data/write/axis-table.ts";
import { AppError, type InferRun } from "../../schemas/index.ts";
import { blockCount } from "../plan.ts";
import type { OutputJob } from "./job.ts";
import { type BegunJob, readBegun, readRecord } from "./job-files.ts";
import { type FinishedBlocks, readJournal } from "./journal.ts";
import { holdsOutput, lostBlocks } from "./output-layout.ts";

/** Where a job stands when a process comes to it. */
export type JobState =
  | { readonly kind: "fresh" }
  /** Some blocks are on the disk, perhaps all. */
  | { readonly kind: "begun"; readonly begun: BegunJob; readonly finished: FinishedBlocks }
  /** The output is in its place, its record is not. */
  | { readonly kind: "unrecorded"; readonly begun: BegunJob; readonly finished: FinishedBlocks }
  | { readonly kind: "done"; readonly record: InferRun };

/**
 * Looks at what earlier processes left of a job; only the holder of the lock may.
 * @throws AppError `other-plan` when there is the output, or the unfinished output, of another plan and `force` is not
 *   given
 */
export async function jobState(job: OutputJob, force: boolean): Promise<JobState> {
  const { files, plan } = job;
  const record = await readRecord(files.record);
  const isRecorded = record?.plan.hash === plan.hash;
  const there = await outputState(job);
  if (record !== undefined && isRecorded && there === "intact") return { kind: "done", record };
  const begun = await readBegun(files.plan);
  if (begun !== undefined && begun.plan.hash === plan.hash) {
    const finished = await readJournal(files.journal, plan.hash);
    if (await holdsOutput(files.partial, job.layout)) {
      const lost = new Set(await lostBlocks(files.partial, job.layout, plan));
      return { kind: "begun", begun, finished: new Map([...finished].filter(([block]) => !lost.has(block))) };
    }
    const isInPlace = job.layout.format === plan.options.format && there === "intact";
    const isWhole = isInPlace && finished.size === blockCount(plan);
    if (record === undefined && isWhole) return { kind: "unrecorded", begun, finished };
  } else if (begun !== undefined && !force) {
    throw otherPlan(files.partial, "holds an unfinished output of another model, input or options");
  }
  if (there === "absent" || force) return { kind: "fresh" };
  const what = isRecorded ? "was changed since it was written" : "exists and is not the output of this plan";
  throw otherPlan(files.output, what);
}

const otherPlan = (where: string, what: string): AppError =>
  new AppError("other-plan", { what, where, advice: "Choose another output, or replace it with --force" });

/** Whether the output is there, and still what a job of this plan has made, as far as its header tells. */
async function outputState({ files, plan, layout }: OutputJob): Promise<"absent" | "intact" | "other"> {
  const found = await stat(files.output).catch(() => undefined);
  if (found === undefined) return "absent";
  // What was converted has nothing to compare: its record vouches for it, as long as its tables are there.
  if (layout.format !== plan.options.format) {
    const hasAll = !hasAxisTables(plan.options.format) || (await hasBothTables(files.output));
    return found.size > 0 && hasAll ? "intact" : "other";
  }
  const isIntact =
    (await holdsOutput(files.output, layout)) && (await lostBlocks(files.output, layout, plan)).length === 0;
  return isIntact ? "intact" : "other";
}
