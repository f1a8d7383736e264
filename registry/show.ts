import { join } from "node:path";
import type { HistoryEntry } from "../schemas/index.ts";
import { readHistory } from "./history.ts";
import { type ModelSummary, summariseModel } from "./list.ts";
import { type ManifestHead, readHead } from "./manifest.ts";
import { type Repository, type ResolvedModel, resolveModel } from "./resolve.ts";

/** A version with what is around it. */
export interface ModelDescription extends ResolvedModel {
  readonly head: ManifestHead;
  /** Bytes of its files. */
  readonly bytes: number;
  /** The model that it is a version of, and what happened to it, oldest first; absent for a folder given by its path. */
  readonly model?: ModelSummary;
  readonly history?: readonly HistoryEntry[];
}

/** Describes the version that a reference leads to. @throws AppError as {@link resolveModel}, and `bad-model`. */
export async function describeModel(reference: string, repository: Repository): Promise<ModelDescription> {
  const resolved = await resolveModel(reference, repository);
  const head = await readHead(resolved.dir);
  const bytes = head.files.reduce((sum, file) => sum + file.bytes, 0);
  if (resolved.name === undefined) return { ...resolved, head, bytes };
  const model = await summariseModel(repository.models, resolved.name);
  return { ...resolved, head, bytes, model, history: await readHistory(join(repository.models, resolved.name)) };
}
