/**
 * What the repository offers, as requests ask for it. Manifests of versions never change and are read once.
 * @module
 */
import { join } from "node:path";
import { readAliases } from "../registry/aliases.ts";
import { modelNames, versionDir, versionsIn } from "../registry/layout.ts";
import { type ManifestHead, readHead } from "../registry/manifest.ts";
import { versionNumber } from "../registry/reference.ts";
import { defaultAlias, resolvePublished } from "../registry/resolve.ts";
import { AppError, isAppError, Precision, type PublishedModel, type PublishedVersion } from "../schemas/index.ts";
import type { ModelPlace } from "./model-pool.ts";

/** Manifests kept. */
const keptHeads = 256;

/** The scores that say most: of the test rows, else of validation, else of training rows. */
function bestMae({ scores }: Extract<ManifestHead, { task: "expression" }>): Pick<PublishedVersion, "mae"> {
  for (const split of ["test", "validation", "train"] as const) {
    const mae = scores?.[split]?.mae;
    if (mae === undefined) continue;
    return { mae: { split, model: mae.model, ...(mae.ridge !== undefined && { ridge: mae.ridge }) } };
  }
  return {};
}

/** Facts of a version for lists. */
function versionFacts(head: ManifestHead): Omit<PublishedVersion, "version" | "aliases"> {
  const { task, contentHash, createdAt, licence, parameters, files } = head;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const common = { task, contentHash, createdAt, parameters, bytes, ...(licence !== undefined && { licence }) };
  if (head.task === "generic") return common;
  const { landmarks, targets, scale, level, idType, variants = [] } = head;
  const precisions = Precision.options.filter(
    (one) => one === "fp32" || variants.some(({ precision }) => precision === one),
  );
  const genes = { landmarks, targets, scale, idType, precisions };
  return { ...common, ...genes, ...(level !== undefined && { level }), ...bestMae(head) };
}

/** The models of one repository. */
export class Catalogue {
  readonly #models: string;
  readonly #heads = new Map<string, ManifestHead>();

  constructor(models: string) {
    this.#models = models;
  }

  /**
   * Finds the version that a request names: `name`, `name:3` or `name@alias`, or a name with a version or alias apart.
   * @throws AppError `unknown-model` in Triton's words, with what exists
   */
  async find(model: string, version?: string): Promise<ModelPlace> {
    const apart = version === undefined ? "" : `${versionNumber(version) === undefined ? "@" : ":"}${version}`;
    try {
      return await resolvePublished(`${model}${apart}`, { models: this.#models });
    } catch (error) {
      if (!isAppError(error, "unknown-model", "usage")) throw error;
      const which = version === undefined ? `'${model}'` : `'${model}' version ${version}`;
      const { expected } = error.fault;
      throw new AppError(
        "unknown-model",
        { what: `Request for unknown model: ${which} is not found`, ...(expected !== undefined && { expected }) },
        { cause: error },
      );
    }
  }

  /** What the manifest says; shared, not to be changed. @throws AppError `bad-model`, `no-input`. */
  async head({ dir }: Pick<ModelPlace, "dir">): Promise<ManifestHead> {
    const known = this.#heads.get(dir);
    if (known !== undefined) return known;
    const head = await readHead(dir);
    const [oldest] = this.#heads.keys();
    if (this.#heads.size >= keptHeads && oldest !== undefined) this.#heads.delete(oldest);
    this.#heads.set(dir, head);
    return head;
  }

  /** All versions of a model, ascending. @throws AppError `unknown-model`. */
  async versions(name: string): Promise<readonly ModelPlace[]> {
    const dir = join(this.#models, name);
    return (await versionsIn(dir)).map((version) => ({ name, version, dir: versionDir(dir, version) }));
  }

  /** Names of all models, sorted. */
  names(): Promise<string[]> {
    return modelNames(this.#models);
  }

  /** A model with its versions; a damaged version is listed with its problem. @throws AppError `unknown-model`. */
  async describe(model: string): Promise<PublishedModel> {
    const { name } = await this.find(model);
    const aliases = await readAliases(join(this.#models, name));
    const places = (await this.versions(name)).toReversed();
    const versions: PublishedVersion[] = [];
    for (const { version, dir } of places) {
      const pointing = [...aliases].filter(([, to]) => to === version).map(([alias]) => alias);
      versions.push({ version, aliases: pointing.toSorted(), ...(await this.#factsOrProblem(dir)) });
    }
    const current = aliases.get(defaultAlias) ?? Math.max(...places.map(({ version }) => version));
    return { name, current, aliases: Object.fromEntries(aliases), versions };
  }

  async #factsOrProblem(dir: string): Promise<Omit<PublishedVersion, "version" | "aliases">> {
    try {
      return versionFacts(await this.head({ dir }));
    } catch (error) {
      if (!isAppError(error)) throw error;
      return { problem: error.fault.what };
    }
  }
}
