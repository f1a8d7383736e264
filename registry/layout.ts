/**
 * Where things lie in a model repository (DESIGN 3.4), which is one of Triton too: `<models>/<name>/<version>/…`.
 * Whatever starts with a dot is work in progress or rubbish, and no reader sees it.
 * @module
 */
import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ModelName } from "../schemas/index.ts";
import { unlessMissing } from "./read.ts";
import { versionNumber } from "./reference.ts";

/** Files beside the versions of a model. */
export const modelFiles = { config: "config.pbtxt", aliases: "aliases.json", history: "history.jsonl" } as const;

/** Files of a version that the registry reads. */
export const versionFiles = {
  manifest: "manifest.json",
  graph: "model.onnx",
  genes: "genes.tsv",
  stats: "landmarks.stats.f32",
} as const;

/** Starts of the names that folders of unfinished work have inside a model's folder. */
export const unfinished = { publish: ".publish-", trash: ".trash-" } as const;

/** A new folder name for unfinished work inside `modelDir`. */
export function unfinishedPath(modelDir: string, kind: keyof typeof unfinished): string {
  return join(modelDir, `${unfinished[kind]}${randomBytes(6).toString("hex")}`);
}

/** The folder of a version. */
export function versionDir(modelDir: string, version: number): string {
  return join(modelDir, String(version));
}

async function folders(path: string): Promise<string[]> {
  const entries = (await unlessMissing(path, () => readdir(path, { withFileTypes: true }))) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** The versions in a model's folder, ascending; none where there is no folder. @throws AppError `no-input`. */
export async function versionsIn(modelDir: string): Promise<number[]> {
  const numbers = (await folders(modelDir)).map(versionNumber).filter((version) => version !== undefined);
  return numbers.toSorted((a, b) => a - b);
}

/** Names of the models that have a version, sorted; none where there is no repository. @throws AppError `no-input`. */
export async function modelNames(models: string): Promise<string[]> {
  const names = (await folders(models)).filter((name) => ModelName.safeParse(name).success);
  const counts = await Promise.all(names.map(async (name) => (await versionsIn(join(models, name))).length));
  return names.filter((_, i) => counts[i] !== 0).toSorted();
}
