import { join } from "node:path";
import { isAppError } from "../schemas/index.ts";
import { readAliases } from "./aliases.ts";
import { modelNames, versionDir, versionsIn } from "./layout.ts";
import { type ManifestHead, readHead } from "./manifest.ts";

/** A version in a list. */
export interface VersionSummary {
  readonly version: number;
  /** Aliases that point to it, sorted. */
  readonly aliases: readonly string[];
  /** Absent when the manifest cannot be read; then `problem` says why. */
  readonly head?: ManifestHead;
  readonly problem?: string;
}

/** A model in a list: its versions, the newest first. */
export interface ModelSummary {
  readonly name: string;
  readonly aliases: Readonly<Record<string, number>>;
  readonly versions: readonly VersionSummary[];
}

async function headOrProblem(dir: string): Promise<Pick<VersionSummary, "head" | "problem">> {
  try {
    return { head: await readHead(dir) };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { problem: error.message };
  }
}

/** A model's versions with what their manifests say; a damaged one is listed with its problem. */
export async function summariseModel(models: string, name: string): Promise<ModelSummary> {
  const dir = join(models, name);
  const aliases = await readAliases(dir);
  const versions: VersionSummary[] = [];
  for (const version of (await versionsIn(dir)).toReversed()) {
    const pointing = [...aliases].filter(([, to]) => to === version).map(([alias]) => alias);
    versions.push({ version, aliases: pointing.toSorted(), ...(await headOrProblem(versionDir(dir, version))) });
  }
  return { name, aliases: Object.fromEntries(aliases), versions };
}

/** All models of a repository by name; none where there is no repository. @throws AppError `no-input`, `bad-model`. */
export async function listModels(models: string): Promise<ModelSummary[]> {
  const summaries: ModelSummary[] = [];
  for (const name of await modelNames(models)) summaries.push(await summariseModel(models, name));
  return summaries;
}
