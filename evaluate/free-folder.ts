import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../schemas/errors.ts";

/**
 * Refuses a folder that holds one of the `files` to be written, before anything is computed; other files may lie there.
 * @throws AppError `other-plan` naming those that are there, unless `force`.
 */
export async function requireFreeFolder(folder: string, files: readonly string[], force: boolean): Promise<void> {
  if (force) return;
  // Where there is no folder nothing is lost; one that cannot be read is told of when it is written to.
  const present = await readdir(folder).catch((): string[] => []);
  const taken = files.filter((name) => present.includes(name));
  if (taken.length === 0) return;
  throw new AppError("other-plan", {
    what: "an earlier output would be replaced",
    where: folder,
    examples: taken.map((name) => join(folder, name)),
    advice: "Choose another -o, or replace it with --force",
  });
}
