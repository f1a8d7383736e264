import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Alignment } from "../../data/genes/align.ts";
import { fsyncDirectory, writeError } from "../../data/node/atomic.ts";
import { placeFolder } from "../../data/node/atomic-folder.ts";
import { removeAxisTables } from "../../data/node/axis-tables.ts";
import { openExpression } from "../../data/node/open.ts";
import { writeExpression } from "../../data/node/write.ts";
import { hasAxisTables } from "../../data/write/axis-table.ts";
import { type InferPlan, InferRun, type OnProgress } from "../../schemas/index.ts";
import type { OutputJob } from "./job.ts";
import { readBegun, readRecord, removeBegun, sweep, writeJson } from "./job-files.ts";
import type { BlockTotals } from "./write-blocks.ts";

/**
 * Puts the whole output in its place: renamed where it was written in its own format, converted where not. The tables
 * and the record of an earlier output go first, so that they never stand beside an output that they do not belong to.
 * @returns what the format had no place for, in words
 * @throws AppError `cannot-create`, `cancelled`; the job can then go on
 */
export async function placeOutput(
  { files, plan, layout }: OutputJob,
  { onProgress, signal }: { readonly onProgress?: OnProgress | undefined; readonly signal?: AbortSignal | undefined },
): Promise<readonly string[]> {
  const { format } = plan.options;
  try {
    const earlier = await readRecord(files.record);
    if (earlier !== undefined && hasAxisTables(earlier.plan.options.format)) await removeAxisTables(files.output);
    await rm(files.record, { force: true });
    if (format === "zarr" && layout.format === format) {
      await placeFolder(files.partial, files.output);
      return [];
    }
    if (layout.format === format) {
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
  readonly plan: InferPlan;
  /** Where the graph ran, and what was tried before. */
  readonly session: { readonly provider: string; readonly tried: readonly InferRun["tried"][number][] };
  readonly genes: InferRun["genes"];
  /** The command line. */
  readonly command?: string | undefined;
  readonly startedAt: Date;
  readonly totals: BlockTotals;
  readonly warnings: readonly string[];
}

/** The record of a run; its warnings are the given ones and what the blocks showed. */
export function recordOf(facts: RunFacts): InferRun {
  const { plan, session, genes, command, startedAt, totals, warnings } = facts;
  const finishedAt = new Date();
  const blocks = [...totals.finished.values()];
  const outside = blocks.reduce((sum, { outOfDistribution }) => sum + outOfDistribution, 0);
  const incomplete = blocks.reduce((sum, block) => sum + block.incomplete, 0);
  return InferRun.parse({
    schemaVersion: 1,
    plan,
    ...(command !== undefined && { command }),
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    seconds: (finishedAt.getTime() - startedAt.getTime()) / 1000,
    computed: totals.computed,
    provider: session.provider,
    tried: session.tried,
    genes,
    outOfDistribution: { profiles: outside, share: outside / plan.samples },
    warnings: [
      ...warnings,
      ...(incomplete > 0 ? [incompleteWarning(incomplete, plan.options.maxMissing)] : []),
      ...(outside > 0 ? [outsideWarning(outside, plan.samples)] : []),
    ],
  });
}

/** How a model's landmarks were found in an input. */
export function genesReport({ sources, missing, matchedBy }: Alignment): InferRun["genes"] {
  const landmarks = sources.length;
  return { landmarks, found: landmarks - missing.length, missing: [...missing], matchedBy };
}

/** Writes the record and removes what the job needed on its way. @throws AppError `cannot-create` */
export async function closeJob({ files }: OutputJob, record: InferRun): Promise<void> {
  await writeJson(files.record, record);
  await removeBegun(files);
  await sweep(files);
}

/** Removes what a process left that was killed between the record and its own tidying up. */
export async function tidy({ files, plan }: OutputJob): Promise<void> {
  const begun = await readBegun(files.plan);
  if (begun === undefined || begun.plan.hash === plan.hash) await removeBegun(files);
  await sweep(files);
}

function incompleteWarning(profiles: number, maxMissing: number): string {
  return `${profiles} profiles lack more than ${(100 * maxMissing).toFixed(0)} % of the landmarks (lf_missing_landmarks)`;
}

function outsideWarning(profiles: number, total: number): string {
  const share = `${((100 * profiles) / total).toFixed(1)} %`;
  return `${profiles} profiles (${share}) are outside the training distribution (lf_ood > 1): their error figures do not hold`;
}
