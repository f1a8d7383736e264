import { readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { writeError } from "../data/node/atomic.ts";
import { ModelName } from "../schemas/index.ts";
import { unfinished } from "./layout.ts";
import { statOf, unlessMissing } from "./read.ts";

/** Work that nobody finished: a killed publisher's copy, a version half deleted, a file never renamed. */
export interface Leftover {
  readonly path: string;
  readonly bytes: number;
  /** Since anything in it was last written to. */
  readonly ageSeconds: number;
}

/** What to collect. */
export interface GcOptions {
  /** The repository. */
  readonly models: string;
  /** Younger leftovers may be somebody's work in progress; one hour by default. */
  readonly olderThanSeconds?: number;
  /** Delete what is found; by default it is only told. */
  readonly remove?: boolean;
  readonly now?: Date;
}

/** Names of temporary files are those of `temporaryPath`. */
function isUnfinished(name: string): boolean {
  return Object.values(unfinished).some((start) => name.startsWith(start)) || /^\..+\.[0-9a-f]{12}\.tmp$/.test(name);
}

/** Bytes below a path, and when anything there was last written to, in ms since 1970. */
async function extent(path: string): Promise<{ bytes: number; writtenMs: number }> {
  const found = await statOf(path);
  if (found === undefined) return { bytes: 0, writtenMs: 0 };
  if (!found.isDirectory()) return { bytes: found.size, writtenMs: found.mtimeMs };
  const below = await Promise.all(
    ((await unlessMissing(path, () => readdir(path))) ?? []).map((name) => extent(join(path, name))),
  );
  return {
    bytes: below.reduce((sum, { bytes }) => sum + bytes, 0),
    writtenMs: Math.max(found.mtimeMs, ...below.map(({ writtenMs }) => writtenMs)),
  };
}

async function leftoversIn(modelDir: string, nowMs: number): Promise<Leftover[]> {
  const names = ((await unlessMissing(modelDir, () => readdir(modelDir))) ?? []).filter(isUnfinished).toSorted();
  const paths = names.map((name) => join(modelDir, name));
  return Promise.all(
    paths.map(async (path) => {
      const { bytes, writtenMs } = await extent(path);
      return { path, bytes, ageSeconds: Math.max(0, Math.round((nowMs - writtenMs) / 1000)) };
    }),
  );
}

/** Deletes a model's folder that a killed first publisher left empty. */
async function removeIfEmpty(dir: string): Promise<void> {
  await rmdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST" && error.code !== "ENOENT") throw error;
  });
}

/**
 * Finds, and with `remove` deletes, what unfinished work has left in a repository.
 * @throws AppError `no-input` when it cannot be read, `cannot-create` when it cannot be deleted.
 */
export async function collectGarbage(options: GcOptions): Promise<Leftover[]> {
  const { models, olderThanSeconds = 3600, remove = false, now = new Date() } = options;
  const collected: Leftover[] = [];
  const entries = (await unlessMissing(models, () => readdir(models, { withFileTypes: true }))) ?? [];
  for (const entry of entries) {
    if (!entry.isDirectory() || !ModelName.safeParse(entry.name).success) continue;
    const dir = join(models, entry.name);
    const old = (await leftoversIn(dir, now.getTime())).filter(({ ageSeconds }) => ageSeconds >= olderThanSeconds);
    collected.push(...old);
    if (!remove || old.length === 0) continue;
    try {
      for (const { path } of old) await rm(path, { recursive: true, force: true });
      await removeIfEmpty(dir);
    } catch (error) {
      throw writeError(error, dir);
    }
  }
  return collected;
}
