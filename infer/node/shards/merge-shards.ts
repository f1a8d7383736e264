import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../../../data/node/atomic.ts";
import { gctxRows } from "../../../data/write/gctx-layout.ts";
import {
  AppError,
  type InferRun,
  type OnProgress,
  ShardManifest,
  type ShardMarker,
  type ShardPlan,
} from "../../../schemas/index.ts";
import { formatArraySpec } from "../../shards/array-spec.ts";
import { unpackZarrHeader } from "../../shards/zarr-header.ts";
import { createBegun } from "../begin.ts";
import { closeJob, placeOutput, recordOf, tidy } from "../finish.ts";
import type { OutputJob } from "../job.ts";
import { type BegunJob, jobFiles } from "../job-files.ts";
import { jobState } from "../job-state.ts";
import { takeLock } from "../lock.ts";
import type { OutputLayout } from "../output-layout.ts";
import type { BlockTotals } from "../write-blocks.ts";
import { joinShards } from "./join-shards.ts";
import { missingShards, type PlannedRun, readMarkers } from "./marker.ts";
import { type RunFolder, readShardHeader, readShardJob, readShardPlan, runFolder } from "./run-folder.ts";

/** What {@link mergeShards} is given. */
export interface MergeShardsOptions {
  readonly folder: string;
  /** Replace an output, or an unfinished one, of another plan. */
  readonly force?: boolean | undefined;
  /** Remove the run's folder once the output is in its place. */
  readonly clean?: boolean | undefined;
  /** The command line, for the record of the run. */
  readonly command?: string | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What became of a merge. */
export interface MergeOutcome {
  readonly status: "merged" | "already done";
  readonly output: string;
  readonly run: InferRun;
}

/**
 * Puts the output together from committed shards; its bytes are those of a run by a single process. It is the batch
 * pipeline with blocks that are read instead of computed: killed at any instant, the same call goes on, and `inferFile`
 * with the same plan finds its own work done. Needs neither model nor input.
 * @throws AppError `try-again` while shards are missing, or when some are damaged (these are then missing); `other-plan`
 *   when the output belongs to another plan; `cannot-create`, `cancelled` (resumable)
 */
export async function mergeShards(options: MergeShardsOptions): Promise<MergeOutcome> {
  const run = runFolder(options.folder);
  const plan = await readShardPlan(run);
  const of: PlannedRun = { run, plan };
  const layout = layoutOf(plan, await readShardHeader(run, plan));
  const job: OutputJob = { plan: plan.infer, layout, files: jobFiles(plan.paths.output) };
  await using _lock = await takeLock(job.files.lock);
  const markers = await readMarkers(of);
  const outcome = await mergeInto(job, { of, markers, options });
  const isWhole = markers.length === plan.shards;
  if (isWhole) await writeManifest(run, { plan, markers });
  if (options.clean === true) await rm(run.folder, { recursive: true, force: true });
  else if (isWhole) await sweepRun(run, markers);
  return outcome;
}

interface Merge {
  readonly of: PlannedRun;
  readonly markers: readonly ShardMarker[];
  readonly options: MergeShardsOptions;
}

async function mergeInto(job: OutputJob, merge: Merge): Promise<MergeOutcome> {
  const { of, markers, options } = merge;
  const state = await jobState(job, options.force ?? false);
  switch (state.kind) {
    case "done":
      await tidy(job);
      return { status: "already done", output: job.files.output, run: state.record };
    case "unrecorded":
      return await conclude(job, merge, {
        totals: { computed: 0, finished: state.finished },
        warnings: state.begun.warnings,
      });
    case "begun":
    case "fresh": {
      requireWhole(of, markers);
      const { signal, onProgress } = options;
      const begun: BegunJob = state.kind === "begun" ? state.begun : await readShardJob(of.run, of.plan);
      if (state.kind === "fresh") await createBegun(job, begun);
      const finished = state.kind === "begun" ? state.finished : new Map();
      const totals = await joinShards({ of, markers, job, finished, signal, onProgress });
      const notes = await placeOutput(job, { signal, onProgress });
      return await conclude(job, merge, { totals, warnings: [...begun.warnings, ...notes] });
    }
  }
}

async function conclude(
  job: OutputJob,
  { of: { plan }, markers, options: { command } }: Merge,
  found: { readonly totals: BlockTotals; readonly warnings: readonly string[] },
): Promise<MergeOutcome> {
  const [first = Date.now()] = markers.map(({ startedAt }) => Date.parse(startedAt)).toSorted((a, b) => a - b);
  const session = { provider: plan.infer.provider, tried: plan.tried };
  const startedAt = new Date(first);
  const run = recordOf({ ...found, plan: plan.infer, session, genes: plan.genes, command, startedAt });
  await closeJob(job, run);
  return { status: "merged", output: job.files.output, run };
}

function requireWhole({ run, plan }: PlannedRun, markers: readonly ShardMarker[]): void {
  const missing = missingShards(plan, markers);
  if (missing.length === 0) return;
  throw new AppError("try-again", {
    what: `${missing.length} of ${plan.shards} shards are missing`,
    where: run.folder,
    got: formatArraySpec(missing),
    advice: `Run them: landfall shards run ${run.folder}`,
  });
}

/** What was brought to ASCII has been told by the planner. */
function layoutOf({ infer, columns }: ShardPlan, header: Uint8Array): OutputLayout {
  const { samples: sampleCount, rows: geneCount, options } = infer;
  const { format, storage = "float32" } = options;
  if (format === "zarr") return { format, zarr: unpackZarrHeader(header) };
  const rows = gctxRows({ header, columns: new Map(Object.entries(columns)), sampleCount, geneCount, storage });
  return { format: "gctx", rows };
}

async function writeManifest(
  { manifest }: RunFolder,
  { plan, markers }: { readonly plan: ShardPlan; readonly markers: readonly ShardMarker[] },
): Promise<void> {
  const content = { schemaVersion: 1, planHash: plan.hash, output: plan.paths.output, shards: markers };
  await writeFileAtomic(manifest, `${JSON.stringify(ShardManifest.parse(content), undefined, 1)}\n`);
}

/** Removes what attempts left that do not count. Those still at work find their shard committed when they come to it. */
async function sweepRun({ shards, tmp }: RunFolder, markers: readonly ShardMarker[]): Promise<void> {
  const counted = new Set(markers.map(({ file }) => file));
  for (const name of await readdir(shards)) if (!counted.has(name)) await rm(join(shards, name), { force: true });
  for (const name of await readdir(tmp)) await rm(join(tmp, name), { force: true });
}
