/**
 * The objects of a Zarr output, from the attempt that made them to their places. Only what is committed moves, and only
 * forward, by rename: from `<run>/shards` into the unfinished output, and with that into the output. So whoever looks in
 * this order finds an object that exists, and no byte of the matrix is ever copied.
 * @module
 */
import { mkdir, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fsyncDirectory, writeError } from "../../../data/node/atomic.ts";
import { exists } from "../../../data/node/exists.ts";
import { shardPath } from "../../../data/node/zarr-folder.ts";
import type { ShardMarker, ShardPlan } from "../../../schemas/index.ts";
import { jobFiles } from "../job-files.ts";
import type { RunFolder } from "./run-folder.ts";

/** Where the objects of a run can be. */
export interface ObjectPlaces {
  readonly run: Pick<RunFolder, "shards">;
  readonly plan: Pick<ShardPlan, "paths">;
}

/** The name of a block's object beside the data file of its shard; of paths too. */
export function objectBeside(file: string, block: number): string {
  return `${file}.${block}`;
}

/** Whether all objects of a marker are somewhere, in full length. */
export async function hasObjects({ run, plan }: ObjectPlaces, { file, objects = [] }: ShardMarker): Promise<boolean> {
  const { partial, output } = jobFiles(plan.paths.output);
  for (const { block, bytes } of objects) {
    const places = [objectBeside(join(run.shards, file), block), shardPath(partial, block), shardPath(output, block)];
    if (!(await isAnyThere(places, bytes))) return false;
  }
  return true;
}

/** The first place where there is anything decides. */
async function isAnyThere(places: readonly string[], bytes: number): Promise<boolean> {
  for (const place of places) {
    const found = await stat(place).catch(() => undefined);
    if (found !== undefined) return found.size === bytes;
  }
  return false;
}

/**
 * Moves the objects of a committed shard to their places in the unfinished output. Any number of processes may do this at
 * once, and it may be stopped anywhere: what is left to move is moved by whoever comes next, at last by the merge. Where
 * there is no unfinished output, objects stay.
 * @throws AppError `cannot-create`
 */
export async function placeObjects({ run, plan }: ObjectPlaces, { file, objects = [] }: ShardMarker): Promise<void> {
  const { partial } = jobFiles(plan.paths.output);
  for (const { block } of objects) {
    const staged = objectBeside(join(run.shards, file), block);
    if (!(await exists(staged))) continue;
    const place = shardPath(partial, block);
    const folder = dirname(place);
    try {
      // Not recursively: an output that is in its place already must not begin anew beside it.
      await makeFolder(dirname(folder));
      await makeFolder(folder);
      await rename(staged, place);
      await fsyncDirectory(folder);
      await fsyncDirectory(dirname(folder));
    } catch (error) {
      // Somebody else has moved it, or the whole output.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw writeError(error, place);
    }
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
