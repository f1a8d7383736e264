import { join } from "node:path";
import { type AliasMap, aliasesAfter, readAliases } from "./aliases.ts";
import { type FoundModel, findModel } from "./find.ts";
import { readHistory } from "./history.ts";
import { modelFiles, versionDir } from "./layout.ts";
import { readHead } from "./manifest.ts";
import { readText } from "./read.ts";
import { tritonConfig } from "./triton.ts";
import { type Verification, type VerifyOptions, verifyFolder } from "./verify.ts";

/** Everything that is wrong with a model: beside its versions, and in each of them. */
export interface ModelVerification {
  readonly name: string;
  readonly problems: readonly string[];
  /** Ascending. */
  readonly versions: readonly (Verification & { readonly version: number })[];
}

const text = (aliases: AliasMap): string =>
  [...aliases]
    .map(([alias, version]) => `${alias} → ${version}`)
    .toSorted()
    .join(", ") || "none";

function aliasProblems(stated: AliasMap, replayed: AliasMap, versions: readonly number[]): string[] {
  const { aliases: file, history } = modelFiles;
  const dangling = [...stated].filter(([, version]) => !versions.includes(version));
  return [
    ...(text(stated) === text(replayed)
      ? []
      : [`${file} says ${text(stated)}, ${history} adds up to ${text(replayed)}`]),
    ...dangling.map(([alias, version]) => `alias ${alias} points to version ${version}, which does not exist`),
  ];
}

async function configProblems({ name, dir, versions }: FoundModel): Promise<string[]> {
  const newest = versionDir(dir, Math.max(...versions));
  const config = await readText(join(dir, modelFiles.config));
  if (config === tritonConfig(name, await readHead(newest))) return [];
  return [`${modelFiles.config} ${config === undefined ? "is missing" : "is not that of the newest version"}`];
}

/**
 * Verifies all versions of a model, and that aliases, history and Triton's configuration belong to them.
 * @throws AppError `unknown-model`, `bad-model` when aliases, history or the newest manifest cannot be read, `cancelled`.
 */
export async function verifyModel(
  models: string,
  name: string,
  options: Omit<VerifyOptions, "place"> = {},
): Promise<ModelVerification> {
  const model = await findModel(models, name);
  const versions: (Verification & { version: number })[] = [];
  for (const version of model.versions) {
    const found = await verifyFolder(versionDir(model.dir, version), {
      ...options,
      place: { name: model.name, version },
    });
    versions.push({ ...found, version });
  }
  const replayed = aliasesAfter(await readHistory(model.dir));
  const problems = aliasProblems(await readAliases(model.dir), replayed, model.versions);
  // A manifest that cannot be read is told above, with its version.
  if (versions.at(-1)?.manifest !== undefined) problems.push(...(await configProblems(model)));
  return { name: model.name, problems, versions };
}
