/**
 * A search's folder: `search.json` (the plan), `trials/<key>/` (ordinary runs), beside each while it is trained
 * `<key>.checkpoint`, and afterwards, where it has no result, `<key>.failed.json`. Every file appears whole, so that
 * whatever is there can be gone on from.
 * @module
 */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import type { z } from "zod";
import { writeError, writeFileAtomic } from "../../data/node/atomic.ts";
import { exists } from "../../data/node/exists.ts";
import { AppError } from "../../schemas/errors.ts";
import {
  RunSelections,
  SearchPlan,
  type SearchTrial,
  type SelectionScores,
  TrainingRun,
  TrialFailure,
} from "../../schemas/index.ts";
import { EpochRow } from "../checkpoint.ts";

/** What has become of a trial. */
export type TrialOutcome =
  | { readonly kind: "finished"; readonly run: TrainingRun }
  | { readonly kind: "failed"; readonly failure: TrialFailure };

/** The text of a file; undefined where there is none. @throws AppError `bad-data` when it cannot be read. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new AppError("bad-data", { what: "cannot be read", where: path, got: (cause as Error).message }, { cause });
  }
}

/** What a file of the search holds; undefined where there is none. @throws AppError `bad-data` when it is damaged. */
async function read<T extends z.ZodType>(path: string, schema: T): Promise<z.infer<T> | undefined> {
  const text = await textOf(path);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const fault = { what: "is not what a search writes", where: path, advice: "Remove it, and search again" };
    throw new AppError("bad-data", fault, { cause });
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Refuses to mix two searches. @throws AppError `other-plan` */
function requireSame(before: SearchPlan, plan: SearchPlan, where: string): void {
  const otherData = before.dataset.hash !== plan.dataset.hash;
  if (!otherData && before.identity === plan.identity) return;
  throw new AppError("other-plan", {
    what: `the folder holds a search ${otherData ? "on another dataset" : "of another space"}`,
    where,
    expected: otherData ? `${before.dataset.name} (${before.dataset.hash.slice(0, 12)})` : before.space.name,
    got: otherData ? `${plan.dataset.name} (${plan.dataset.hash.slice(0, 12)})` : plan.space.name,
    advice: "Choose another -o, or replace it with --force: trials that both have are kept",
  });
}

/** How a folder is opened. */
export interface FolderOptions {
  /** Takes the place of another search, whose trials are removed but for those that this one has too. */
  readonly force: boolean;
  /** Forgets failures, so that these trials are trained again. */
  readonly retryFailed: boolean;
}

/** The folder of one search. Only one process may have it open. */
export class SearchFolder {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Makes the folder, or goes on with one of the same plan; clears away what a killed process has left half-made.
   * @throws AppError `other-plan` for a folder of another search, `cannot-create`, `bad-data` when a file is damaged.
   */
  static async open(path: string, plan: SearchPlan, { force, retryFailed }: FolderOptions): Promise<SearchFolder> {
    const folder = new SearchFolder(resolve(path));
    const where = folder.file("search.json");
    const before = force ? undefined : await read(where, SearchPlan);
    if (before !== undefined) requireSame(before, plan, where);
    else if (!force) await folder.#requireEmpty();
    try {
      await mkdir(folder.#trial(""), { recursive: true });
      await folder.#clear(plan.trials, retryFailed);
    } catch (error) {
      throw writeError(error, path);
    }
    await writeFileAtomic(where, json(plan));
    return folder;
  }

  /** Path of a file of the search as a whole. */
  file(name: string): string {
    return join(this.#path, name);
  }

  /** A trial's run directory. */
  run({ key }: SearchTrial): string {
    return this.#trial(key);
  }

  /** Where a trial's training saves itself (`train`): a file, or a folder of one file a net. */
  checkpoint({ key }: SearchTrial): string {
    return this.#trial(`${key}.checkpoint`);
  }

  /** True for the path of a trial's checkpoint, or of one in it. */
  holdsCheckpoint(trial: SearchTrial, path: string | undefined): boolean {
    const checkpoint = this.checkpoint(trial);
    return path === checkpoint || path?.startsWith(`${checkpoint}${sep}`) === true;
  }

  /** True when a training of the trial can be gone on with. */
  hasCheckpoint(trial: SearchTrial): Promise<boolean> {
    return exists(this.checkpoint(trial));
  }

  /** What has become of a trial; undefined: it is still to be trained. @throws AppError `bad-data` */
  async outcome(trial: SearchTrial): Promise<TrialOutcome | undefined> {
    const run = await read(join(this.run(trial), "run.json"), TrainingRun);
    if (run !== undefined) return { kind: "finished", run };
    const failure = await read(this.#trial(`${trial.key}.failed.json`), TrialFailure);
    return failure && { kind: "failed", failure };
  }

  /** Records that a trial has no result. @throws AppError `cannot-create` */
  async fail(trial: SearchTrial, failure: TrialFailure): Promise<void> {
    await writeFileAtomic(this.#trial(`${trial.key}.failed.json`), json(failure));
    await rm(this.checkpoint(trial), { recursive: true, force: true });
  }

  /** What each validation set has chosen in a finished trial; none where its run says nothing of it. @throws AppError `bad-data` */
  async selections(trial: SearchTrial): Promise<readonly SelectionScores[]> {
    const scores = await read(join(this.run(trial), "selections.json"), RunSelections);
    return scores?.selections ?? [];
  }

  /** Epochs of a finished trial; none for a closed form. @throws AppError `bad-data` */
  async history(trial: SearchTrial): Promise<EpochRow[]> {
    const where = join(this.run(trial), "history.jsonl");
    const lines = (await textOf(where))?.split("\n").filter((line) => line !== "") ?? [];
    try {
      return lines.map((line) => EpochRow.parse(JSON.parse(line)));
    } catch (cause) {
      throw new AppError("bad-data", { what: "is not the history of a training", where }, { cause });
    }
  }

  #trial(name: string): string {
    return join(this.#path, "trials", name);
  }

  /** Nothing is cleared out of a folder that no search vouches for. @throws AppError `other-plan` */
  async #requireEmpty(): Promise<void> {
    const where = this.#trial("");
    const names = await readdir(where).catch(() => []);
    if (names.length === 0) return;
    throw new AppError("other-plan", {
      what: "the folder holds something that no search has made",
      where,
      examples: names,
      advice: "Choose another -o, or remove it with --force",
    });
  }

  /** Removes half-made files, checkpoints of finished trials, and what belongs to no trial of the plan. */
  async #clear(trials: readonly SearchTrial[], retryFailed: boolean): Promise<void> {
    const keys = new Set(trials.map(({ key }) => key));
    const names = await readdir(this.#trial(""));
    const present = new Set(names);
    const stale = names.filter((name) => {
      const [, key = "", suffix = ""] = /^([^.]+)(?:\.(.*))?$/.exec(name) ?? [];
      if (!keys.has(key)) return true;
      if (suffix === "") return false;
      if (suffix === "checkpoint") return present.has(key);
      return suffix !== "failed.json" || retryFailed;
    });
    for (const name of stale) await rm(this.#trial(name), { recursive: true, force: true });
  }
}
