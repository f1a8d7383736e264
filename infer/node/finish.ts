import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { fsyncDirectory, writeError } from "../../data/node/atomic.ts";
import { openExpression } from "../../data/node/open.ts";
import { writeExpression } from "../../data/node/write.ts";
import { InferRun, type OnProgress } from "../../schemas/index.ts";
import type { InferFileOptions, InferJob } from "./job.ts";
import { removeBegun, sweep, writeJson } from "./job-files.ts";
import type { BlockTotals } from "./write-blocks.ts";

/**
 * Puts the whole output in its place: a GCTX by renaming it, other formats by converting it. The record of an earlier
 * output goes first, so that a record never stands beside an output that it does not belong to.
 * @returns what the format had no place for, in words
 * @throws AppError `cannot-create`, `cancelled`; the job can then go on
 */
export async function placeOutput(
  { files, plan }: InferJob,
  { onProgress, signal }: { readonly onProgress?: OnProgress | undefined; readonly signal?: AbortSignal | undefined },
): Promise<readonly string[]> {
  const { format } = plan.options;
  try {
    await rm(files.record, { force: true });
    if (format === "gctx") {
      await rename(files.partial, files.output);
      await fsyncDirectory(dirname(files.output));
      return [];
    }
  } catch (error) {
    throw writeError(error, files.output);
  }
  await using source = await openExpression(files.partial);
  const hooks = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  const { notes } = await writeExpression(files.output, source, { format, existing: "replace", ...hooks });
  return notes;
}

/** What the record of a run is made of. */
export interface RunFacts {
  readonly job: InferJob;
  readonly options: InferFileOptions;
  readonly startedAt: Date;
  readonly totals: BlockTotals;
  readonly warnings: readonly string[];
}

/** The record of a run; its warnings are the given ones and what the blocks showed. */
export function recordOf({ job, options, startedAt, totals, warnings }: RunFacts): InferRun {
  const { plan, model, input } = job;
  const finishedAt = new Date();
  const blocks = [...totals.finished.values()];
  const outside = blocks.reduce((sum, { outOfDistribution }) => sum + outOfDistribution, 0);
  const incomplete = blocks.reduce((sum, block) => sum + block.incomplete, 0);
  const { alignment } = input;
  const landmarks = alignment.sources.length;
  return InferRun.parse({
    schemaVersion: 1,
    plan,
    ...(options.command !== undefined && { command: options.command }),
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    seconds: (finishedAt.getTime() - startedAt.getTime()) / 1000,
    computed: totals.computed,
    provider: model.session.provider,
    tried: model.session.tried,
    genes: {
      landmarks,
      found: landmarks - alignment.missing.length,
      missing: alignment.missing,
      matchedBy: alignment.matchedBy,
    },
    outOfDistribution: { profiles: outside, share: outside / plan.samples },
    warnings: [
      ...warnings,
      ...(incomplete > 0 ? [incompleteWarning(incomplete, plan.options.maxMissing)] : []),
      ...(outside > 0 ? [outsideWarning(outside, plan.samples)] : []),
    ],
  });
}

/** Writes the record and removes what the job needed on its way. @throws AppError `cannot-create` */
export async function closeJob({ files }: InferJob, record: InferRun): Promise<void> {
  await writeJson(files.record, record);
  await removeBegun(files);
  await sweep(files);
}

function incompleteWarning(profiles: number, maxMissing: number): string {
  return `${profiles} profiles lack more than ${(100 * maxMissing).toFixed(0)} % of the landmarks (lf_missing_landmarks)`;
}

function outsideWarning(profiles: number, total: number): string {
  const share = `${((100 * profiles) / total).toFixed(1)} %`;
  return `${profiles} profiles (${share}) are outside the training distribution (lf_ood > 1): their error figures do not hold`;
}
