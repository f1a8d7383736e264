/**
 * The folder of a sharded run, on a file system that all its machines share.
 * @module
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { sha256 } from "../../../data/node/hash.ts";
import { AppError, ShardPlan } from "../../../schemas/index.ts";
import { BegunJob } from "../job-files.ts";

/** Where a sharded run keeps what. */
export interface RunFolder {
  readonly folder: string;
  /** {@link ShardPlan}; written last when a run is planned. */
  readonly plan: string;
  /** {@link BegunJob}: what the first pass over the input found. */
  readonly job: string;
  /** The output's bytes before its matrix; of Zarr, the layout with all that does not depend on the values. */
  readonly header: string;
  /** What the merged output was made of. */
  readonly manifest: string;
  /** Data of shards, under names of their attempts. */
  readonly shards: string;
  /** A marker a committed shard. */
  readonly done: string;
  /** Attempts in the making, and what killed ones left. */
  readonly tmp: string;
  /** For the output of a scheduler's tasks. */
  readonly log: string;
}

/** The paths of the run in `folder`. */
export function runFolder(folder: string): RunFolder {
  const root = resolve(folder);
  return {
    folder: root,
    plan: join(root, "plan.json"),
    job: join(root, "job.json"),
    header: join(root, "header.bin"),
    manifest: join(root, "manifest.json"),
    shards: join(root, "shards"),
    done: join(root, "done"),
    tmp: join(root, "tmp"),
    log: join(root, "log"),
  };
}

/** The run's plan. @throws AppError `no-input` where there is none, `bad-data` for one that this version does not read */
export async function readShardPlan({ plan: where }: RunFolder): Promise<ShardPlan> {
  const text = await readFile(where, "utf8").catch((cause: unknown) => {
    const advice = "Give the folder that `landfall shards plan` made";
    throw new AppError("no-input", { what: "there is no plan of a sharded run here", where, advice }, { cause });
  });
  return parsed(ShardPlan, text, where);
}

/** What the first pass over the input found. @throws AppError `bad-data` when it is not the file that was planned */
export async function readShardJob({ job }: RunFolder, plan: ShardPlan): Promise<BegunJob> {
  const bytes = await planned(job, plan.job);
  return parsed(BegunJob, bytes.toString("utf8"), job);
}

/** What a merge knows of the output's layout. @throws AppError `bad-data` when they are not those that were planned */
export async function readShardHeader({ header }: RunFolder, plan: ShardPlan): Promise<Uint8Array> {
  return await planned(header, plan.header);
}

async function planned(where: string, expected: ShardPlan["header"]): Promise<Buffer> {
  const bytes = await readFile(where).catch(() => undefined);
  if (bytes !== undefined && bytes.length === expected.bytes && sha256(bytes) === expected.sha256) return bytes;
  throw new AppError("bad-data", {
    what: bytes === undefined ? "a file of the run is missing" : "a file of the run was changed",
    where,
    advice: "Plan the run again; committed shards stay",
  });
}

function parsed<T>(schema: z.ZodType<T>, text: string, where: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const got = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    const fault = { what: "is not a file that this version reads", where, got, advice: "Plan the run again" };
    throw new AppError("bad-data", fault, { cause });
  }
}
