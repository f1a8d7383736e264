import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Provider } from "../../../runtime/session.ts";
import { AppError, type InferPlan, type OnProgress, type ShardPlan } from "../../../schemas/index.ts";
import type { InputPlan } from "../../input-plan.ts";
import { canonicalJson } from "../../plan.ts";
import { isInShard, type ShardRange, shardBlocks, shardRange } from "../../shards/shard-grid.ts";
import { surveyedInput } from "../begin.ts";
import { type InferJob, planJob } from "../job.ts";
import { loadModelFolder } from "../load-model.ts";
import { predictions } from "../write-blocks.ts";
import { attemptName, type TaskEnvironment } from "./attempt.ts";
import { type Commit, commitShard } from "./commit.ts";
import { type PlannedRun, readMarker } from "./marker.ts";
import { ObjectShard } from "./object-shard.ts";
import { readShardJob, readShardPlan, runFolder } from "./run-folder.ts";
import { ShardFile, type ShardWriter } from "./shard-file.ts";
import { objectBeside, placeObjects } from "./shard-objects.ts";

/** What {@link runShards} is given. */
export interface RunShardsOptions {
  /** The folder of the run. */
  readonly folder: string;
  /** Which of the run's shards; all by default. */
  readonly pick?: ((plan: ShardPlan) => readonly number[]) | undefined;
  /** Threads of one operator; the machine's cores by default. */
  readonly threads?: number | undefined;
  /** Where attempts get their names from. */
  readonly environment: TaskEnvironment;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What became of the shards asked for. */
export interface ShardsOutcome {
  readonly committed: readonly number[];
  /** Shards that another attempt had committed before, or meanwhile. */
  readonly already: readonly number[];
}

/**
 * Computes and commits shards that are not committed yet, one after the other. Any number of processes may do this at
 * once, for the same shards too: exactly one result of each counts.
 * @throws AppError `no-input`, `bad-data`, `bad-model`; `other-plan` when model, input, device or program are not those
 *   of the plan; `cannot-create`, `cancelled` (committed shards stay)
 */
export async function runShards({ folder, pick, ...options }: RunShardsOptions): Promise<ShardsOutcome> {
  const run = runFolder(folder);
  const plan = await readShardPlan(run);
  const of: PlannedRun = { run, plan };
  const wanted = pick?.(plan) ?? Array.from({ length: plan.shards }, (_, shard) => shard);
  const already: number[] = [];
  const open: number[] = [];
  for (const shard of wanted) ((await isCommitted(of, shard)) ? already : open).push(shard);
  const committed: number[] = [];
  // A task whose shard is done ends here, in milliseconds: neither model nor input is opened.
  if (open.length === 0) return { committed, already };
  const { threads, signal, onProgress, environment } = options;
  const device = plan.infer.provider as Provider;
  const { columns, precision } = plan.infer.model;
  await using model = await loadModelFolder(plan.paths.model, {
    device,
    profiles: open.length * plan.shardRows,
    ...(signal && { signal }),
    ...(threads !== undefined && { threads }),
    ...(columns !== undefined && { targets: { by: "columns", columns } }),
    ...(precision !== undefined && { precision }),
    hgnc: plan.paths.hgnc,
  });
  const { paths, orientation, infer } = plan;
  const job = await planJob({ ...paths, model, orientation, options: infer.options, blockRows: infer.blockRows });
  await using _source = job.source;
  requireSamePlan(job.plan, infer, folder);
  const input = surveyedInput(job, await readShardJob(run, plan));
  for (const shard of open) {
    const isDone = await isCommitted(of, shard);
    const commit = isDone ? "lost" : await runShard({ of, job, input, shard, environment, signal, onProgress });
    (commit === "won" ? committed : already).push(shard);
  }
  return { committed, already };
}

/** Whether a shard needs no computing; its objects then go where they belong, should a process have died before that. */
async function isCommitted(of: PlannedRun, shard: number): Promise<boolean> {
  const marker = await readMarker(of, shard);
  if (marker !== undefined) await placeObjects(of, marker);
  return marker !== undefined;
}

interface ShardRun extends Pick<RunShardsOptions, "environment" | "signal" | "onProgress"> {
  readonly of: PlannedRun;
  readonly job: InferJob;
  readonly input: InputPlan;
  readonly shard: number;
}

async function runShard({ of, job, input, shard, environment, signal, onProgress }: ShardRun): Promise<Commit> {
  const { run, plan } = of;
  const startedAt = new Date().toISOString();
  const range = shardRange({ samples: plan.infer.samples, shardRows: plan.shardRows }, shard);
  const isDone = (block: number): boolean => !isInShard(range, block, plan.infer);
  const attempt = attemptName(environment);
  const temporary = join(run.tmp, `${shard}.${attempt}`);
  const total = range.end - range.start;
  const report = (done: number): void =>
    onProgress?.({ phase: `shard ${shard}`, done, total, unit: "profiles", note: plan.infer.provider });
  try {
    await using file = await createShard(temporary, job, range);
    report(0);
    let done = 0;
    for await (const { prediction, release } of predictions({ job, input, isDone, signal })) {
      await file.append(prediction);
      release();
      done += prediction.rows;
      report(done);
    }
    const written = await file.finish();
    const facts = { shard, ...range, ...written, attempt, startedAt, finishedAt: new Date().toISOString() };
    const commit = await commitShard(of, { temporary, facts });
    await isCommitted(of, shard);
    return commit;
  } finally {
    for (const block of shardBlocks(range, plan.infer)) await rm(objectBeside(temporary, block), { force: true });
    await rm(temporary, { force: true });
  }
}

async function createShard(path: string, { layout, plan }: InferJob, range: ShardRange): Promise<ShardWriter> {
  if (layout.format === "zarr") return await ObjectShard.create(path, layout.zarr, range);
  const { rows: genes, blockRows } = plan;
  return await ShardFile.create(path, { profiles: range.end - range.start, genes, blockRows });
}

/** Names what differs: a shard of anything else would not fit the others. */
function requireSamePlan(got: InferPlan, expected: InferPlan, where: string): void {
  if (got.hash === expected.hash) return;
  const keys = Object.keys(expected) as (keyof InferPlan)[];
  const differing = keys.filter((key) => key !== "hash" && canonicalJson(got[key]) !== canonicalJson(expected[key]));
  throw new AppError("other-plan", {
    what: "this machine would compute something else than the run was planned for",
    where,
    examples: differing.map(
      (key) => `${key}: planned ${canonicalJson(expected[key])}, here ${canonicalJson(got[key])}`,
    ),
    advice: "Give it the same model, input and version of landfall, or plan again",
  });
}
