import { readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError, isAppError } from "../../schemas/index.ts";
import { type Existing, fsyncDirectory, occupied, temporaryPath, type WriteOutcome, writeError } from "./atomic.ts";
import { exists } from "./exists.ts";

/**
 * Lets `write` make a folder under a temporary name beside `path`, then renames it to `path`: there is never half a
 * folder, and after an error nothing is left behind.
 * @throws AppError `cannot-create`, `other-plan` as `writeAtomic`, and what `write` throws
 */
export async function writeFolderAtomic(
  path: string,
  write: (temporary: string) => Promise<void>,
  existing: Existing = "replace",
): Promise<WriteOutcome> {
  const temporary = temporaryPath(path);
  try {
    if (existing === "refuse" && (await exists(path))) throw occupied(path);
    await write(temporary);
    if (existing === "keep" && (await exists(path))) {
      if (await isSameTree(path, temporary)) return "unchanged";
      throw occupied(path);
    }
    await placeFolder(temporary, path);
    return "written";
  } catch (error) {
    if (isAppError(error) && error.fault.where === temporary)
      throw new AppError(error.tag, { ...error.fault, where: path }, { cause: error.cause });
    throw writeError(error, path);
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
}

/**
 * Renames a whole folder to `path`. A file or Zarr hierarchy that is there is moved aside first and removed last: a crash
 * in between leaves both, none of them damaged.
 * @throws AppError `cannot-create` for a folder that is no Zarr hierarchy: nobody means to lose that
 */
export async function placeFolder(from: string, path: string): Promise<void> {
  try {
    const there = await stat(path).catch(() => undefined);
    const aside = there === undefined ? undefined : temporaryPath(path);
    if (there?.isDirectory() && !(await isZarrFolder(path)))
      throw new AppError("cannot-create", {
        what: "this is a folder with something else than Zarr in it",
        where: path,
        advice: "Choose another output",
      });
    if (aside !== undefined) await rename(path, aside);
    await rename(from, path);
    await fsyncDirectory(dirname(path));
    if (aside !== undefined) await rm(aside, { recursive: true, force: true });
  } catch (error) {
    throw writeError(error, path);
  }
}

/** True for a folder that holds the root of a Zarr v3 hierarchy. */
export async function isZarrFolder(path: string): Promise<boolean> {
  return (await stat(join(path, "zarr.json")).catch(() => undefined))?.isFile() ?? false;
}

async function isSameTree(one: string, other: string): Promise<boolean> {
  const names = await filesOf(one);
  const others = await filesOf(other);
  if (names.length !== others.length || names.some((name, i) => name !== others[i])) return false;
  for (const name of names) {
    if (!(await readFile(join(one, name))).equals(await readFile(join(other, name)))) return false;
  }
  return true;
}

async function filesOf(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .toSorted();
}
