import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeError } from "../data/node/atomic.ts";
import { openDataset } from "../data/node/dataset.ts";
import { takeLock } from "../infer/node/lock.ts";
import { openSession } from "../runtime/node/open.ts";
import type { Device } from "../runtime/session.ts";
import { requireOwnDevice } from "../train/engine-device.ts";
import type { EngineName } from "../train/engine-name.ts";
import { searchPlan } from "../train/search/plan-trials.ts";
import { runSearch, type SearchOptions, type SearchResult } from "../train/search/run-search.ts";
import type { CliContext } from "./context.ts";
import { readSearchSpace } from "./search-space.ts";

/** What `search` is asked for. */
export interface SearchRequest {
  readonly spacePath: string;
  /** Overrides of the base recipe, `key=value`. */
  readonly settings: readonly string[];
  readonly data: string;
  readonly out: string;
  readonly device: Device;
  readonly engine: EngineName;
  readonly force: boolean;
  readonly retryFailed: boolean;
  readonly context: CliContext;
  readonly onTrial: NonNullable<SearchOptions["onTrial"]>;
}

/**
 * Runs a search in its folder, which no other process may use meanwhile.
 * @throws AppError as {@link readSearchSpace}, {@link searchPlan} and {@link runSearch}; `try-again` when another process searches there.
 */
export async function searchModels(request: SearchRequest): Promise<SearchResult> {
  const { spacePath, settings, data, out, context, ...more } = request;
  requireOwnDevice(more.engine, more.device);
  const space = await readSearchSpace(spacePath, settings);
  await using dataset = await openDataset(data);
  // All this before the folder is made: a command with mistakes leaves nothing behind.
  const plan = searchPlan(space, dataset);
  await mkdir(out, { recursive: true }).catch((error: unknown) => {
    throw writeError(error, out);
  });
  await using _lock = await takeLock(join(out, "search.lock"));
  const { signal, onProgress } = context;
  const onWarning = (warning: string): void => context.note(`warning: ${warning}`);
  return await runSearch({ ...more, plan, dataset, open: openSession, out, signal, onProgress, onWarning });
}
