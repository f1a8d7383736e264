/**
 * Publishing: a verified folder becomes the next version of a name, at once or not at all. Nothing is locked: whoever
 * renames first has the number, the others look again and take the next one.
 * @module
 */
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fsyncDirectory, writeError, writeFileAtomic } from "../data/node/atomic.ts";
import { AppError, type HistoryEntry, type ModelManifest } from "../schemas/index.ts";
import { findVersion } from "./find.ts";
import { appendHistory, readHistory } from "./history.ts";
import { modelFiles, unfinishedPath, versionDir, versionsIn } from "./layout.ts";
import { readHead } from "./manifest.ts";
import { modelName } from "./name.ts";
import { readText } from "./read.ts";
import { readSignature, type Signature, signatureDifferences } from "./signature.ts";
import { copyFiles, writeManifest } from "./stage.ts";
import { type Border, tritonConfig } from "./triton.ts";
import { requireSound, type VerifyOptions } from "./verify.ts";

/** What is published under which name, by whom. */
export interface PublishOptions extends Omit<VerifyOptions, "place"> {
  /** A folder that `landfall export` wrote. */
  readonly from: string;
  /** The repository. */
  readonly models: string;
  readonly name: string;
  readonly who: string;
  readonly why?: string;
  /** Takes the place of the manifest's licence. */
  readonly licence?: string;
  /** The version of this name that the model descends from. */
  readonly parent?: number;
  /** Time of publication for the history; now by default. */
  readonly at?: Date;
}

/** A version that is there now. */
export interface Published {
  readonly name: string;
  readonly version: number;
  readonly dir: string;
  readonly contentHash: string;
  /** `unchanged`: this content has been published before, under this number. */
  readonly status: "published" | "unchanged";
}

/** The model's folder before a version is added. */
interface Place {
  readonly name: string;
  readonly dir: string;
}

/** The version that has this content already. */
async function sameContent({ dir }: Place, hash: string): Promise<number | undefined> {
  for (const version of (await versionsIn(dir)).toReversed())
    if ((await readHead(versionDir(dir, version))).contentHash === hash) return version;
  return undefined;
}

/** @throws AppError `bad-model` when the model's versions have another signature. */
async function requireSignature({ name, dir }: Place, signature: Signature): Promise<void> {
  const newest = (await versionsIn(dir)).at(-1);
  if (newest === undefined) return;
  const examples = signatureDifferences(await readSignature(versionDir(dir, newest)), signature);
  if (examples.length === 0) return;
  throw new AppError("bad-model", {
    what: `another signature than that of ${name}:${newest}`,
    where: dir,
    examples,
    advice: "Publish it under another name: all versions of a name take and give the same columns",
  });
}

/** One more than any number ever used: a removed version's number does not come back. */
async function nextVersion({ dir }: Place): Promise<number> {
  const used = (await readHistory(dir)).map(({ version }) => version);
  return Math.max(0, ...used, ...(await versionsIn(dir))) + 1;
}

/** Gives a staged folder its number by renaming it; false when another publisher was faster. */
async function claim(staged: string, { dir }: Place, version: number): Promise<boolean> {
  try {
    await rename(staged, versionDir(dir, version));
  } catch (error) {
    if ((await versionsIn(dir)).includes(version)) return false;
    throw error;
  }
  await fsyncDirectory(dir);
  return true;
}

/** Numbers the staged folder, or finds that its content has been published meanwhile. */
async function makeVisible(
  staged: string,
  {
    place,
    manifest,
    signature,
  }: { readonly place: Place; readonly manifest: ModelManifest; readonly signature: Signature },
): Promise<Pick<Published, "version" | "status">> {
  for (;;) {
    // The number first: every version below it is then looked at, and one that is made meanwhile takes this very number,
    // so that the claim fails. The other way round a publisher in between would go unseen.
    const version = await nextVersion(place);
    const same = await sameContent(place, manifest.contentHash);
    if (same !== undefined) return { version: same, status: "unchanged" };
    await requireSignature(place, signature);
    await writeManifest(staged, { ...manifest, name: place.name, version });
    if (await claim(staged, place, version)) return { version, status: "published" };
  }
}

/** Adds what a killed publisher may not have come to: Triton's configuration and the line of the history. */
async function complete({ name, dir }: Place, entry: HistoryEntry, border: Border): Promise<void> {
  const config = join(dir, modelFiles.config);
  const text = tritonConfig(name, border);
  if ((await readText(config)) !== text) await writeFileAtomic(config, text);
  const told = (await readHistory(dir)).some(
    ({ action, version }) => action === "publish" && version === entry.version,
  );
  if (!told) await appendHistory(dir, entry);
}

/** The manifest to publish: name and number come later, and a parent is one of this name. */
async function publishable(options: PublishOptions, place: Place): Promise<ModelManifest> {
  const { name: _name, version: _version, parent: _parent, ...manifest } = await requireSound(options.from, options);
  const { licence, parent } = options;
  if (parent !== undefined) findVersion({ ...place, versions: await versionsIn(place.dir) }, parent);
  return { ...manifest, ...(licence !== undefined && { licence }), ...(parent !== undefined && { parent }) };
}

/** Stages and numbers a manifest's files. */
async function addVersion(
  { from, models, signal }: PublishOptions,
  place: Place,
  manifest: ModelManifest,
): Promise<Pick<Published, "version" | "status">> {
  const signature = await readSignature(from);
  // Both are found again after the copying; a gigabyte is not copied for nothing.
  const same = await sameContent(place, manifest.contentHash);
  if (same !== undefined) return { version: same, status: "unchanged" };
  await requireSignature(place, signature);
  const staged = unfinishedPath(place.dir, "publish");
  try {
    await mkdir(staged, { recursive: true });
    await copyFiles(manifest, { from, to: staged, signal });
    const visible = await makeVisible(staged, { place, manifest, signature });
    await fsyncDirectory(models);
    return visible;
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

/**
 * Publishes a folder as the next version of a name. Content that the name has already is not published again; the same
 * command after a crash completes what is missing.
 * @throws AppError `usage` for a bad name, `no-input` for a folder that is none of `landfall export`, `bad-model` with all
 *   problems when its bytes are not what the manifest says, or for another signature than the name's; `unknown-model` for
 *   a parent that does not exist, `cannot-create`, `cancelled`.
 */
export async function publishVersion(options: PublishOptions): Promise<Published> {
  const { models, who, why, at = new Date() } = options;
  const name = modelName(options.name);
  const place: Place = { name, dir: join(models, name) };
  const manifest = await publishable(options, place);
  const { contentHash } = manifest;
  try {
    const { version, status } = await addVersion(options, place, manifest);
    const entry: HistoryEntry = {
      at: at.toISOString(),
      who,
      action: "publish",
      version,
      ...(why !== undefined && { why }),
      contentHash,
    };
    await complete(place, entry, manifest);
    return { name, version, dir: versionDir(place.dir, version), contentHash, status };
  } catch (error) {
    throw writeError(error, place.dir);
  }
}
