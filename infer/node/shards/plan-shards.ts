import { mkdir, readFile, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { writeError, writeFileAtomic } from "../../../data/node/atomic.ts";
import { sha256 } from "../../../data/node/hash.ts";
import { parseSampleFilter } from "../../../data/sample-filter.ts";
import { gctxLayout } from "../../../data/write/gctx-layout.ts";
import { AppError, type InferOptions, type ShardPlan } from "../../../schemas/index.ts";
import { canonicalJson } from "../../plan.ts";
import { shardCount, shardRowsOf } from "../../shards/shard-grid.ts";
import { packZarrHeader } from "../../shards/zarr-header.ts";
import { createBegun, surveyJob } from "../begin.ts";
import { genesReport } from "../finish.ts";
import { type InferFileOptions, type InferJob, planJob } from "../job.ts";
import type { BegunJob } from "../job-files.ts";
import { jobState } from "../job-state.ts";
import { takeLock } from "../lock.ts";
import { attemptName } from "./attempt.ts";
import { checkLinks, checkMoves } from "./commit.ts";
import { type RunFolder, readShardPlan, runFolder } from "./run-folder.ts";

/** What {@link planShards} is given: an inference, and how to cut it. */
export interface PlanShardsOptions extends InferFileOptions {
  /** The version folder of `model`, which every shard loads again. */
  readonly modelDir: string;
  /** The folder of the run, on a file system that all machines share. */
  readonly folder: string;
  /** Path of the HGNC file that `model` was loaded with. */
  readonly hgnc?: string | undefined;
  /** Profiles a shard, rounded up to whole blocks; by default 128 MiB of output. */
  readonly shardRows?: number | undefined;
}

/** What became of a planning. */
export interface PlannedShards {
  /** `already planned`: the run was there; `already done`: the output is in its place, and nothing was written. */
  readonly status: "planned" | "already planned" | "already done";
  readonly plan: ShardPlan;
  /** What the look at the input showed. */
  readonly warnings: readonly string[];
}

/**
 * Plans a sharded run: everything that can be refused is refused, and every pass over the whole input is made, before
 * the first shard. Planned again the same way, a run keeps its shards.
 * @throws AppError as `inferFile`; `other-plan` also when the folder holds another run and `force` is not given
 */
export async function planShards(options: PlanShardsOptions): Promise<PlannedShards> {
  const { force = false } = options;
  const job = await planJob(options);
  await using _source = job.source;
  requireMergeable(job.plan.options);
  const state = await jobState(job, force);
  const begun = await surveyJob(job, options);
  const jobText = `${JSON.stringify(begun)}\n`;
  const header = headerOf(job);
  const plan = shardPlan(job, { jobText, header }, options);
  const { warnings } = begun;
  if (state.kind === "done") return { status: "already done", plan, warnings };
  const run = runFolder(options.folder);
  const earlier = await earlierRun(run);
  if (earlier !== undefined && earlier !== plan.hash) await replaceRun(run, force);
  await makeRun(run);
  if (job.layout.format === "zarr") await beginInPlace(job, { run, begun, force });
  await writeFileAtomic(run.header, header.bytes);
  await writeFileAtomic(run.job, jobText);
  // Last: before it, the folder is no run.
  await writeFileAtomic(run.plan, `${JSON.stringify(plan, undefined, 1)}\n`);
  return { status: earlier === plan.hash ? "already planned" : "planned", plan, warnings };
}

/** Shards are objects of the output, or are merged into one file, by position or through one. */
function requireMergeable({ format }: InferOptions): void {
  if (format !== "arrow") return;
  throw new AppError("usage", {
    what: `shards of a cluster are not merged into ${format}`,
    expected: "gctx, zarr, or a text format",
    advice: "Merge into GCTX and convert that: landfall convert OUT.gctx OUT.arrow",
  });
}

/** What a merge has to know of an output's layout. */
interface OutputHeader {
  readonly bytes: Uint8Array;
  /** Where reserved columns lie in the one file of the output. */
  readonly columns: ShardPlan["columns"];
}

function headerOf({ layout, content }: InferJob): OutputHeader {
  if (layout.format === "zarr") return { bytes: packZarrHeader(layout.zarr), columns: {} };
  const { header, columns } = gctxLayout(content);
  return { bytes: header, columns: Object.fromEntries(columns) };
}

/** Pure but for the paths, which are made absolute. */
function shardPlan(
  job: InferJob,
  { jobText, header }: { readonly jobText: string; readonly header: OutputHeader },
  options: PlanShardsOptions,
): ShardPlan {
  const { plan: infer, model } = job;
  const { modelDir, output, orientation, samples, hgnc } = options;
  const shardRows = shardRowsOf(infer, options.shardRows);
  const identity = {
    schemaVersion: 1,
    infer,
    shardRows,
    shards: shardCount(infer.samples, shardRows),
    header: { bytes: header.bytes.length, sha256: sha256(header.bytes) },
    job: { bytes: Buffer.byteLength(jobText), sha256: sha256(jobText) },
    columns: header.columns,
  } as const;
  return {
    ...identity,
    hash: sha256(canonicalJson(identity)),
    paths: {
      model: resolve(modelDir),
      inputs: job.paths.map((path) => resolve(path)),
      output: resolve(output),
      ...(samples !== undefined && { samples: absoluteFilter(samples) }),
      ...(hgnc !== undefined && { hgnc: resolve(hgnc) }),
    },
    ...(orientation !== undefined && { orientation }),
    tried: [...model.session.tried],
    genes: genesReport(job.input.alignment),
  };
}

/** A choice of samples that means the same in every folder. */
function absoluteFilter(samples: string): string {
  const parsed = parseSampleFilter(samples);
  return parsed.by === "list" ? resolve(parsed.path) : samples;
}

/** The hash of the run that is there; undefined where there is none, "" for one that this version does not read. */
async function earlierRun(run: RunFolder): Promise<string | undefined> {
  if ((await readFile(run.plan).catch(() => undefined)) === undefined) return undefined;
  return await readShardPlan(run).then(
    ({ hash }) => hash,
    () => "",
  );
}

/** The plan goes first: attempts of the old run that are still at work commit markers that do not count. */
async function replaceRun({ folder, plan, manifest, done, shards, tmp }: RunFolder, force: boolean): Promise<void> {
  if (!force)
    throw new AppError("other-plan", {
      what: "holds a run of another model, input, options or shards",
      where: folder,
      advice: "Choose another folder, or replace the run with --force",
    });
  for (const path of [plan, manifest, done, shards, tmp]) await rm(path, { recursive: true, force: true });
}

/** Begins the output whose objects the shards are; one of this plan that has begun is kept. */
async function beginInPlace(
  job: InferJob,
  { run, begun, force }: { readonly run: RunFolder; readonly begun: BegunJob; readonly force: boolean },
): Promise<void> {
  await checkMoves(run, job.files.output);
  await using _lock = await takeLock(job.files.lock);
  if ((await jobState(job, force)).kind === "fresh") await createBegun(job, begun);
}

async function makeRun(run: RunFolder): Promise<void> {
  try {
    for (const path of [run.shards, run.done, run.tmp, run.log]) await mkdir(path, { recursive: true });
  } catch (error) {
    throw writeError(error, run.folder);
  }
  await checkLinks(run, `links.${attemptName({})}`);
}
