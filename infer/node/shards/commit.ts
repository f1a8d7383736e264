/**
 * Exactly one attempt at a shard counts, whatever runs at the same time and wherever it is killed. Data goes under a name
 * of its attempt; one atomic link(2) makes the marker that names it. Two renames onto one name would not do: the marker
 * of one attempt could then stand beside the data of another.
 * @module
 */
import { link, open, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { fsyncDirectory, temporaryPath, writeError } from "../../../data/node/atomic.ts";
import { AppError, type ShardMarker } from "../../../schemas/index.ts";
import { discardMarker, isValid, markerPath, type PlannedRun, readMarker } from "./marker.ts";
import type { RunFolder } from "./run-folder.ts";
import { objectBeside } from "./shard-objects.ts";

/** A shard that is whole under its temporary name, and all that its marker will say. */
export interface Attempt {
  /** Of its data; its objects, if it has any, are beside. */
  readonly temporary: string;
  readonly facts: Omit<ShardMarker, "schemaVersion" | "file" | "planHash">;
}

/** `lost`: another attempt had been faster, and counts. */
export type Commit = "won" | "lost";

/**
 * Commits a shard: its data is renamed, then its marker is linked. After a crash there is stray data in `tmp/` or
 * `shards/` that nobody looks at, or a committed shard.
 * @throws AppError `cannot-create`
 */
export async function commitShard(of: PlannedRun, { temporary, facts }: Attempt): Promise<Commit> {
  const { run, plan } = of;
  const { shard, sha256, attempt, objects = [] } = facts;
  const file = `${shard}.${sha256.slice(0, 16)}.${attempt}.f32`;
  const data = join(run.shards, file);
  const marker: ShardMarker = { schemaVersion: 1, ...facts, file, planHash: plan.hash };
  const draft = join(run.tmp, `marker.${shard}.${attempt}`);
  try {
    for (const { block } of objects) await rename(objectBeside(temporary, block), objectBeside(data, block));
    await rename(temporary, data);
    await fsyncDirectory(run.shards);
    await writeSynced(draft, `${JSON.stringify(marker, undefined, 1)}\n`);
    const commit = await linkMarker(of, draft, marker);
    if (commit === "lost") await removeData(data, objects);
    return commit;
  } catch (error) {
    // A merge sweeps away what is not committed, once everything is: then there is nothing left to do here.
    if ((error as NodeJS.ErrnoException).code === "ENOENT" && (await readMarker(of, shard)) !== undefined) {
      await removeData(data, objects);
      return "lost";
    }
    throw writeError(error, run.folder);
  } finally {
    await rm(draft, { force: true });
  }
}

async function removeData(data: string, objects: NonNullable<ShardMarker["objects"]>): Promise<void> {
  for (const { block } of objects) await rm(objectBeside(data, block), { force: true });
  await rm(data, { force: true });
}

async function linkMarker(of: PlannedRun, draft: string, { shard, attempt }: ShardMarker): Promise<Commit> {
  for (;;) {
    try {
      await link(draft, markerPath(of.run, shard));
      await fsyncDirectory(of.run.done);
      return "won";
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const found = await readMarker(of, shard);
    // NFS may answer that a name exists when it was this very call, sent twice, that made it (open(2), O_EXCL).
    if (found !== undefined) return found.attempt === attempt ? "won" : "lost";
    await discardMarker(of.run, shard, async (other) => other === undefined || !(await isValid(other, of, shard)));
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  await using file = await open(path, "wx");
  await file.writeFile(text);
  await file.sync();
}

/**
 * Tries whether shards can be committed in a run's folder at all.
 * @throws AppError `cannot-create`, for a file system without hard links among others
 */
export async function checkLinks({ folder, tmp }: RunFolder, name: string): Promise<void> {
  const [one, other] = [join(tmp, `${name}.one`), join(tmp, `${name}.other`)];
  try {
    await writeSynced(one, "");
    await link(one, other);
  } catch (error) {
    throw writeError(error, folder);
  } finally {
    await rm(one, { force: true });
    await rm(other, { force: true });
  }
}

/**
 * Tries whether the objects of shards can be moved from a run's folder to an output.
 * @throws AppError `usage` for one on another file system, `cannot-create`
 */
export async function checkMoves({ folder, tmp }: RunFolder, output: string): Promise<void> {
  const there = temporaryPath(output);
  const here = join(tmp, basename(there));
  try {
    await writeSynced(here, "");
    await rename(here, there);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw writeError(error, output);
    throw new AppError("usage", {
      what: "the run's folder and its Zarr output are on different file systems",
      where: folder,
      advice: "Name a folder beside the output with --run, or none",
    });
  } finally {
    await rm(here, { force: true });
    await rm(there, { force: true });
  }
}
