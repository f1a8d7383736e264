import { open, stat } from "node:fs/promises";
import type { GctxLayout } from "../../data/write/gctx-layout.ts";
import { AppError, type InferRun } from "../../schemas/index.ts";
import { blockCount } from "../plan.ts";
import type { OutputJob } from "./job.ts";
import { type BegunJob, readBegun, readRecord } from "./job-files.ts";
import { type FinishedBlocks, readJournal } from "./journal.ts";

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
    if (await holdsLayout(files.partial, job.layout)) return { kind: "begun", begun, finished };
    const isWhole = plan.options.format === "gctx" && there === "intact" && finished.size === blockCount(plan);
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
  // A text file has no header to compare: its record vouches for it.
  if (plan.options.format !== "gctx") return found.size > 0 ? "intact" : "other";
  return (await holdsLayout(files.output, layout)) ? "intact" : "other";
}

/** True when a file has the length and the header of a layout, whatever its reserved columns hold. */
async function holdsLayout(path: string, { header, totalBytes, columns, sampleCount }: GctxLayout): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.size !== totalBytes) return false;
  await using file = await open(path, "r");
  const present = Buffer.alloc(header.length);
  const { bytesRead } = await file.read(present, 0, present.length, 0);
  for (const { offset, itemBytes } of columns.values()) present.fill(0, offset, offset + itemBytes * sampleCount);
  return bytesRead === header.length && present.equals(header);
}
