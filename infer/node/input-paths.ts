import { access, readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../../schemas/index.ts";

/**
 * The files that paths and patterns mean: `*` and `?` stand for characters of one name, as in a shell. A file whose own
 * name has such a character is meant by its name. Matches are in the order of their names, so that the order of samples
 * does not depend on the file system.
 * @throws AppError `no-input` for a pattern that nothing matches, `usage` when a file is given twice or none at all
 */
export async function inputPaths(given: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(given.map(expand));
  const empty = given.filter((_, i) => found[i]?.length === 0);
  if (empty.length > 0)
    throw new AppError("no-input", { what: "no file matches", examples: empty, advice: "Check the pattern" });
  const paths = found.flat();
  if (paths.length === 0) throw new AppError("usage", { what: "no input is given", expected: "at least one file" });
  await refuseTwice(paths);
  return paths;
}

/** Bytes of a profile with nothing but the landmarks of L1000, as float32. */
const profileBytes = 4 * 978;

/**
 * About how many profiles inputs may hold, from the sizes of the files alone: hardly more, fewer where they have other
 * genes beside the landmarks. A folder (Zarr) counts as more than any number; what cannot be looked at counts as nothing,
 * for whoever opens it says why.
 */
export async function aboutProfiles(given: readonly string[]): Promise<number> {
  const paths = await Promise.all(given.map(expand));
  const found = await Promise.all(paths.flat().map((path) => stat(path).catch(() => undefined)));
  const bytes = found.map((file) => (file?.isDirectory() ? Number.POSITIVE_INFINITY : (file?.size ?? 0)));
  return bytes.reduce((sum, size) => sum + size, 0) / profileBytes;
}

async function expand(given: string): Promise<readonly string[]> {
  if (!/[*?]/.test(given) || (await isThere(given))) return [given];
  const parts = given.split("/");
  let paths = [parts[0] === "" ? "/" : ""];
  for (const part of parts.filter((name) => name !== "")) {
    const next = await Promise.all(paths.map((path) => matches(path, part)));
    paths = next.flat();
  }
  return paths;
}

async function matches(folder: string, part: string): Promise<readonly string[]> {
  if (!/[*?]/.test(part)) {
    const path = join(folder, part);
    return (await isThere(path)) ? [path] : [];
  }
  const pattern = new RegExp(
    `^${part
      .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  );
  const names = await readdir(folder === "" ? "." : folder).catch(() => []);
  // As in a shell, a hidden file is only meant by a pattern that begins with a dot.
  const shown = names.filter((name) => pattern.test(name) && (part.startsWith(".") || !name.startsWith(".")));
  return shown.toSorted((a, b) => (a < b ? -1 : 1)).map((name) => join(folder, name));
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function refuseTwice(paths: readonly string[]): Promise<void> {
  // A file that is not there is told by who opens it.
  const real = await Promise.all(paths.map((path) => realpath(path).catch(() => path)));
  const twice = paths.filter((_, i) => real.indexOf(real[i] ?? "") !== i);
  if (twice.length === 0) return;
  throw new AppError("usage", { what: "the same input is given twice", examples: twice, advice: "Give it once" });
}
