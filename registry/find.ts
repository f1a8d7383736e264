import { join } from "node:path";
import { modelNames, versionDir, versionsIn } from "./layout.ts";
import { modelName } from "./name.ts";
import { unknownModel } from "./unknown.ts";

/** A model of a repository, with at least one version. */
export interface FoundModel {
  readonly name: string;
  /** Its folder. */
  readonly dir: string;
  /** Ascending. */
  readonly versions: readonly number[];
}

/** Finds a model by name. @throws AppError `usage` for what is no name, `unknown-model` naming those that exist. */
export async function findModel(models: string, text: string): Promise<FoundModel> {
  const name = modelName(text);
  const dir = join(models, name);
  const versions = await versionsIn(dir);
  if (versions.length > 0) return { name, dir, versions };
  const known = await modelNames(models);
  const advice = "Give the repository with --models, or publish with `landfall models publish`";
  throw unknownModel({ what: "model", where: models, wanted: name, known, advice });
}

/** The folder of a version that exists. @throws AppError `unknown-model` naming those that do. */
export function findVersion({ name, dir, versions }: FoundModel, version: number): string {
  if (versions.includes(version)) return versionDir(dir, version);
  const known = versions.toReversed().map(String);
  throw unknownModel({ what: `version of ${name}`, where: dir, wanted: String(version), known });
}
