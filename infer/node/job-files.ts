/**
 * The files around an output: what is left of an unfinished job, and the record of a finished one.
 * @module
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "../../data/node/atomic.ts";
import { axisTablePaths } from "../../data/write/axis-table.ts";
import { InferPlan, InferRun } from "../../schemas/index.ts";

/** Where a job keeps what. */
export interface JobFiles {
  readonly output: string;
  /** The output in the making: in the output's format where that is written in place, else a GCTX file. */
  readonly partial: string;
  /** {@link BegunJob} of the output in the making. */
  readonly plan: string;
  readonly journal: string;
  /** {@link InferRun} of the finished output. */
  readonly record: string;
  readonly lock: string;
}

/** The files of the job that makes `output`. */
export function jobFiles(output: string): JobFiles {
  return {
    output,
    partial: `${output}.partial`,
    plan: `${output}.plan.json`,
    journal: `${output}.journal`,
    record: `${output}.run.json`,
    lock: `${output}.lock`,
  };
}

/** JSON has no NaN: the factor of a landmark without moments of its own is null. */
const Factors = z.array(z.number().nullable());

/** `<output>.plan.json`: the plan of a job that has begun, and what its first pass over the input found. */
export const BegunJob = z.object({
  schemaVersion: z.literal(1),
  plan: InferPlan,
  warnings: z.array(z.string()),
  /** Moments for `harmonise: cohort`. */
  cohort: z
    .object({ inputMean: Factors, factor: Factors, trainingMean: z.array(z.number()), sparse: z.array(z.number()) })
    .optional(),
});
export type BegunJob = z.infer<typeof BegunJob>;

/** The job that has begun, or undefined where there is none (or only a torn file). */
export async function readBegun(path: string): Promise<BegunJob | undefined> {
  return await readJson(path, BegunJob);
}

/** The record of a finished job, or undefined where there is none. */
export async function readRecord(path: string): Promise<InferRun | undefined> {
  return await readJson(path, InferRun);
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}

/** Writes a small JSON file for people, atomically. @throws AppError `cannot-create` */
export async function writeJson(path: string, value: BegunJob | InferRun): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, undefined, 1)}\n`);
}

/** Removes what belongs to a job in the making; the plan first, without which the rest counts for nothing. */
export async function removeBegun({ partial, plan, journal }: JobFiles): Promise<void> {
  for (const path of [plan, partial, journal]) await rm(path, { recursive: true, force: true });
}

/** Removes temporary files, and locks moved aside, that killed processes left; only the holder of the lock may. */
export async function sweep({ output, plan, record, lock }: JobFiles): Promise<void> {
  const tables = Object.values(axisTablePaths(output));
  const own = [
    ...[output, ...tables, plan, record].map((path) => ({
      prefix: `.${basename(path)}.`,
      rest: /^[0-9a-f]{12}\.tmp$/,
    })),
    { prefix: `${basename(lock)}.`, rest: /^[0-9a-f]{12}$/ },
  ];
  const folder = dirname(output);
  for (const name of await readdir(folder)) {
    const isOwn = own.some(({ prefix, rest }) => name.startsWith(prefix) && rest.test(name.slice(prefix.length)));
    if (isOwn) await rm(join(folder, name), { recursive: true, force: true });
  }
}
