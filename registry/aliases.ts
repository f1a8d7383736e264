/**
 * Aliases: names that move from version to version. Each change is a line of the history; `aliases.json` is the sum of
 * the history, for readers who want no more than that, and is written anew after every change.
 * @module
 */
import { join } from "node:path";
import { writeError, writeFileAtomic } from "../data/node/atomic.ts";
import { Aliases, AppError, type HistoryEntry } from "../schemas/index.ts";
import { type FoundModel, findModel, findVersion } from "./find.ts";
import { appendHistory, historyText, parseHistory, readHistory, replayAliases } from "./history.ts";
import { modelFiles } from "./layout.ts";
import { aliasName } from "./name.ts";
import { readText } from "./read.ts";
import { unknownModel } from "./unknown.ts";
import type { VerifyOptions } from "./verify.ts";

/** Alias → version. */
export type AliasMap = ReadonlyMap<string, number>;

/** The aliases of a model as `aliases.json` states them. @throws AppError `no-input`, `bad-model` when it is damaged. */
export async function readAliases(modelDir: string): Promise<AliasMap> {
  const where = join(modelDir, modelFiles.aliases);
  const text = await readText(where);
  if (text === undefined) return new Map();
  try {
    return new Map(Object.entries(Aliases.parse(JSON.parse(text)).aliases));
  } catch (cause) {
    const advice = `Delete it: the next \`landfall models alias\` makes it from ${modelFiles.history}`;
    throw new AppError("bad-model", { what: "the aliases are damaged", where, advice }, { cause });
  }
}

/** The aliases that a history adds up to, sorted. */
export function aliasesAfter(history: readonly HistoryEntry[]): AliasMap {
  const present = [...replayAliases(history)].flatMap(([alias, stack]) => {
    const version = stack.at(-1);
    return version === undefined ? [] : [[alias, version] as const];
  });
  return new Map(present.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Writes `aliases.json` from the history, again while others append to it: the last writer has seen every line. */
export async function writeAliases(modelDir: string): Promise<void> {
  const path = join(modelDir, modelFiles.aliases);
  for (let before = await historyText(modelDir); ; ) {
    const aliases = Object.fromEntries(aliasesAfter(parseHistory(before, join(modelDir, modelFiles.history))));
    const text = `${JSON.stringify({ schemaVersion: 1, aliases } satisfies Aliases, null, 1)}\n`;
    if ((await readText(path)) !== text) await writeFileAtomic(path, text);
    const after = await historyText(modelDir);
    if (after === before) return;
    before = after;
  }
}

/** Who changes which alias of which model, and why. */
export interface AliasOptions extends Omit<VerifyOptions, "place"> {
  /** The repository. */
  readonly models: string;
  readonly name: string;
  readonly alias: string;
  readonly who: string;
  readonly why?: string;
  /** Time of the change; now by default. */
  readonly at?: Date;
}

/** What became of an alias. */
export interface AliasChange {
  readonly name: string;
  readonly alias: string;
  readonly version: number;
  /** The version before; absent for a new alias. */
  readonly from?: number;
  readonly status: "changed" | "unchanged";
}

/** A verified change: the version's bytes are what they were when it was published. */
async function point(
  model: FoundModel,
  {
    action,
    version,
    from,
  }: { readonly action: "alias" | "rollback"; readonly version: number; readonly from?: number },
  options: AliasOptions,
): Promise<AliasChange> {
  const { alias, who, why, at = new Date(), signal, onProgress } = options;
  const { name, dir } = model;
  const place = { name, version };
  // Loaded here only: whoever reads an alias is spared the graph codec that a verification needs.
  const { requireSound } = await import("./verify.ts");
  const { contentHash } = await requireSound(findVersion(model, version), {
    place,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  const change = { alias, version, ...(from !== undefined && { from }) };
  const status = from === version ? "unchanged" : "changed";
  try {
    if (status === "changed")
      await appendHistory(dir, {
        at: at.toISOString(),
        who,
        action,
        ...change,
        ...(why !== undefined && { why }),
        contentHash,
      });
    // Also when nothing changes: an earlier command may have been killed between the two files.
    await writeAliases(dir);
  } catch (error) {
    throw writeError(error, dir);
  }
  return { name, ...change, status };
}

/**
 * Points an alias to a version that exists and is verified; the same command again changes nothing.
 * @throws AppError `usage` for bad names, `unknown-model`, `bad-model` when the version's bytes changed, `cannot-create`.
 */
export async function setAlias(options: AliasOptions & { readonly version: number }): Promise<AliasChange> {
  const alias = aliasName(options.alias);
  const model = await findModel(options.models, options.name);
  const from = aliasesAfter(await readHistory(model.dir)).get(alias);
  return point(model, { action: "alias", version: options.version, ...(from !== undefined && { from }) }, options);
}

/**
 * Points an alias to the version it pointed to before; again, to the one before that.
 * @throws AppError `unknown-model` for an alias never set, `usage` when there is no version before, and as {@link setAlias}.
 */
export async function rollback(options: AliasOptions): Promise<AliasChange> {
  const alias = aliasName(options.alias);
  const model = await findModel(options.models, options.name);
  const history = await readHistory(model.dir);
  const stack = replayAliases(history).get(alias) ?? [];
  const [version, from] = stack.slice(-2);
  const known = [...aliasesAfter(history).keys()];
  if (version === undefined)
    throw unknownModel({ what: `alias of ${model.name}`, where: model.dir, wanted: alias, known });
  if (from === undefined)
    throw new AppError("usage", {
      what: `the alias ${alias} has pointed to no other version`,
      where: model.dir,
      got: `version ${version}`,
      advice: `Name the version: landfall models alias ${model.name}:N ${alias}`,
    });
  return point(model, { action: "rollback", version, from }, options);
}
