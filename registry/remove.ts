import { rename, rm } from "node:fs/promises";
import { fsyncDirectory, writeError } from "../data/node/atomic.ts";
import { AppError } from "../schemas/index.ts";
import { readAliases, writeAliases } from "./aliases.ts";
import { findModel, findVersion } from "./find.ts";
import { appendHistory } from "./history.ts";
import { unfinishedPath } from "./layout.ts";

/** Which version is removed, by whom. */
export interface RemoveOptions {
  /** The repository. */
  readonly models: string;
  readonly name: string;
  readonly version: number;
  readonly who: string;
  readonly why?: string;
  /** Remove it even where aliases point to it; they go with it. */
  readonly force?: boolean;
  /** Time of the removal for the history; now by default. */
  readonly at?: Date;
}

/** What is gone. */
export interface Removed {
  readonly name: string;
  readonly version: number;
  /** Aliases that pointed to it and are gone too. */
  readonly aliases: readonly string[];
}

/**
 * Removes a version: it disappears by one rename, then its files are deleted. Its number is never given again.
 * @throws AppError `unknown-model`, `usage` when aliases point to it and `force` is not given, `cannot-create`.
 */
export async function removeVersion(options: RemoveOptions): Promise<Removed> {
  const { models, version, who, why, force = false, at = new Date() } = options;
  const model = await findModel(models, options.name);
  const { name, dir } = model;
  const target = findVersion(model, version);
  const pointing = [...(await readAliases(dir))].filter(([, to]) => to === version).map(([alias]) => alias);
  if (pointing.length > 0 && !force)
    throw new AppError("usage", {
      what: `${name}:${version} is in use`,
      where: dir,
      got: `alias ${pointing.join(", ")}`,
      advice: "Point the alias to another version first, or remove both with --force",
    });
  try {
    // The history and the aliases first: after a crash the version is still there, and the same command removes it.
    await appendHistory(dir, {
      at: at.toISOString(),
      who,
      action: "remove",
      version,
      ...(why !== undefined && { why }),
    });
    if (pointing.length > 0) await writeAliases(dir);
    const trash = unfinishedPath(dir, "trash");
    await rename(target, trash);
    await fsyncDirectory(dir);
    await rm(trash, { recursive: true, force: true });
  } catch (error) {
    throw writeError(error, target);
  }
  return { name, version, aliases: pointing };
}
