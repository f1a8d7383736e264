import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fsyncDirectory, temporaryPath, writeError } from "../data/node/atomic.ts";

/** Makes every file and folder below `dir` survive a power cut. */
async function fsyncTree(dir: string): Promise<void> {
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) await fsyncTree(path);
    else {
      const file = await open(path, "r+");
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    }
  }
  await fsyncDirectory(dir);
}

/**
 * Lets `fill` write a folder under a temporary name beside `path`; when it resolves to true the folder is synced and
 * takes the place of `path`, whatever was there, in one rename; otherwise nothing is left of it.
 * @throws AppError `cannot-create` when the file system refuses, and what `fill` throws.
 */
export async function writeFolderAtomic(path: string, fill: (temporary: string) => Promise<boolean>): Promise<void> {
  const target = resolve(path);
  const temporary = temporaryPath(target);
  const aside = temporaryPath(target);
  try {
    await mkdir(dirname(target), { recursive: true });
    await mkdir(temporary);
    if (!(await fill(temporary))) return;
    await fsyncTree(temporary);
    // A folder cannot be renamed over one that is not empty: the old one steps aside, and comes back on failure.
    const moved = await rename(target, aside).then(
      () => true,
      (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
        throw error;
      },
    );
    await rename(temporary, target).catch(async (error: unknown) => {
      if (moved) await rename(aside, target);
      throw error;
    });
    await fsyncDirectory(dirname(target));
    if (moved) await rm(aside, { recursive: true, force: true });
  } catch (error) {
    throw writeError(error, path);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
