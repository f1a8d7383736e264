/**
 * Where a training's checkpoint stands: beside the run directory, which appears only when it is whole. A file, or a
 * folder of several for nets that are trained in turn.
 * @module
 */
import { readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { exists } from "../data/node/exists.ts";
import { sha256 } from "../data/node/hash.ts";
import { AppError } from "../schemas/errors.ts";
import type { Recipe } from "../schemas/index.ts";
import { type CheckpointPlan, checkpointIdentity } from "./checkpoint.ts";

/** What a checkpoint belongs to. */
export interface CheckpointOwner {
  readonly recipe: Recipe;
  readonly dataset: { readonly hash: string };
  /** The run directory. */
  readonly out: string;
}

/** Whether to go on from a checkpoint, or to begin anew over one. */
export interface CheckpointUse {
  readonly force?: boolean;
  readonly resume?: boolean;
}

/** The checkpoint of a training. */
const checkpointOf = ({ recipe, dataset, out }: CheckpointOwner): CheckpointPlan => ({
  path: `${resolve(out)}.checkpoint`,
  identity: sha256(JSON.stringify({ recipe, dataset: dataset.hash })),
});

/** Names in a folder; none where there is no such folder, or a file. */
async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return [];
    throw error;
  }
}

/** What saves that were killed have left (`temporaryPath`): a checkpoint's own beside it, those of its parts in it. */
async function leftOvers(path: string): Promise<readonly string[]> {
  const isTemporary = (name: string): boolean => /^\..+\.[0-9a-f]{12}\.tmp$/s.test(name);
  const own = `.${basename(path)}.`;
  const beside = (await namesIn(dirname(path))).filter(
    (name) => isTemporary(name) && name.length === own.length + "0123456789ab.tmp".length && name.startsWith(own),
  );
  const inside = (await namesIn(path)).filter(isTemporary);
  return [...beside.map((name) => join(dirname(path), name)), ...inside.map((name) => join(path, name))];
}

/** Removes what killed saves of a checkpoint have left. */
async function sweep(path: string): Promise<void> {
  for (const left of await leftOvers(path)) await rm(left, { force: true });
}

/**
 * Plans the checkpoint of a training that begins, and clears its place: what killed saves have left, and the checkpoint
 * before it where it is not gone on from.
 * @throws AppError `no-input` when there is none to resume, `other-plan` when one would be lost.
 */
export async function checkpointPlan(
  owner: CheckpointOwner,
  { force = false, resume = false }: CheckpointUse,
): Promise<CheckpointPlan & { readonly resume: boolean }> {
  const { path, identity } = checkpointOf(owner);
  const isThere = await exists(path);
  if (resume && !isThere)
    throw new AppError("no-input", {
      what: "there is no checkpoint to go on from",
      where: path,
      advice: "Train without --resume",
    });
  if (isThere && !resume && !force)
    throw new AppError("other-plan", {
      what: "a stopped training has left a checkpoint",
      where: path,
      advice: "Go on from it with --resume, or start again with --force",
    });
  await sweep(path);
  // One that is begun anew may be a folder of several where there was one file.
  if (!resume) await rm(path, { recursive: true, force: true });
  return { path, resume, identity };
}

/**
 * Removes what a training that was ended between its last two steps has left: the run is in its place, and so is still
 * the checkpoint. One of another recipe or dataset stays: somebody began that and may go on.
 */
export async function removeFinishedCheckpoint(owner: CheckpointOwner): Promise<void> {
  const { path, identity } = checkpointOf(owner);
  await sweep(path);
  const kind = await stat(path).catch(() => undefined);
  if (kind === undefined) return;
  const files = kind.isDirectory() ? (await namesIn(path)).map((name) => join(path, name)) : [path];
  for (const file of files) if ((await checkpointIdentity(file)) !== identity) return;
  await rm(path, { recursive: true, force: true });
}
