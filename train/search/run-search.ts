import { writeFileAtomic } from "../../data/node/atomic.ts";
import type { OpenDataset } from "../../data/node/dataset.ts";
import type { Device, OpenSession } from "../../runtime/session.ts";
import { AppError, isAppError } from "../../schemas/errors.ts";
import type { SearchPlan, SearchTrial } from "../../schemas/index.ts";
import { requireOwnDevice } from "../engine-device.ts";
import { type GridRun, gridOf } from "../outputs/grid.ts";
import { gridPage } from "../outputs/grid-page.ts";
import { type GridTable, gridTables, gridTsv } from "../outputs/grid-tables.ts";
import { heldOutSets } from "../outputs/held-out-sets.ts";
import type { TrainingContext } from "../standardised.ts";
import { train } from "../train.ts";
import { type GridErrors, gridErrors } from "./grid-errors.ts";
import { type Leaderboard, leaderboard, leaderboardTsv } from "./leaderboard.ts";
import { leaderboardPage } from "./leaderboard-page.ts";
import { type FolderOptions, SearchFolder, type TrialOutcome } from "./search-folder.ts";

/** What a search needs. */
export interface SearchOptions extends TrainingContext, Partial<FolderOptions> {
  /** Made for the dataset. */
  readonly plan: SearchPlan;
  readonly dataset: OpenDataset;
  readonly open: OpenSession;
  /** Where to compute; `auto` unless told. */
  readonly device?: Device;
  /** The search's folder; no other process may have it. */
  readonly out: string;
  /** Told what has become of a trial, and how the search stands. */
  readonly onTrial?: (trial: SearchTrial, outcome: TrialOutcome, board: Leaderboard) => void;
}

/** What a search has found. */
export interface SearchResult {
  readonly board: Leaderboard;
  /** True when trials are left because the budget was spent. */
  readonly outOfBudget: boolean;
  /** Tables of the D-GEX paper, with what to know of them; present where the trials are a grid of its nets. */
  readonly grid?: {
    readonly tables: readonly GridTable[];
    /** The tables as numbers. */
    readonly errors: readonly GridErrors[];
    readonly notes: readonly string[];
  };
}

/** Files of a search beside `search.json` and `trials/`. */
export const searchFiles = {
  tsv: "leaderboard.tsv",
  page: "leaderboard.html",
  gridPage: "dgex-grid.html",
  gridTsv: "dgex-grid.tsv",
} as const;

/** Trains one trial, or goes on where it was stopped. @throws AppError as `train` but for faults of the trial itself. */
async function runTrial(trial: SearchTrial, folder: SearchFolder, options: Running): Promise<TrialOutcome> {
  const { dataset, open, device, engine, signal, onProgress, onWarning, count } = options;
  const startedMs = performance.now();
  try {
    const run = await train({
      recipe: trial.recipe,
      dataset,
      open,
      out: folder.run(trial),
      resume: await folder.hasCheckpoint(trial),
      ...(device && { device }),
      ...(engine && { engine }),
      ...(signal && { signal }),
      onProgress: (progress) => onProgress({ ...progress, phase: `${trial.key} of ${count}: ${progress.phase}` }),
      ...(onWarning && { onWarning: (warning) => onWarning(`${trial.key} of ${count}: ${warning}`) }),
    });
    return { kind: "finished", run };
  } catch (error) {
    // What the recipe's values bring about; a checkpoint that cannot be read or a full disk is none of it.
    if (!isAppError(error, "bad-data", "usage") || folder.holdsCheckpoint(trial, error.fault.where)) throw error;
    const seconds = (performance.now() - startedMs) / 1000;
    const failure = { schemaVersion: 1 as const, reason: error.message, seconds };
    await folder.fail(trial, failure);
    return { kind: "failed", failure };
  }
}

interface Running extends SearchOptions {
  /** Trials in all. */
  readonly count: number;
}

const secondsOf = (outcome: TrialOutcome): number =>
  outcome.kind === "finished" ? outcome.run.seconds : outcome.failure.seconds;

/** Seconds that the trials have taken; baselines are not counted, they are part of every search that wants them. */
function spentSeconds({ trials }: SearchPlan, outcomes: ReadonlyMap<string, TrialOutcome>): number {
  return trials
    .filter(({ kind }) => kind === "trial")
    .flatMap(({ key }) => outcomes.get(key) ?? [])
    .reduce((sum, outcome) => sum + secondsOf(outcome), 0);
}

async function writeBoard(folder: SearchFolder, board: Leaderboard): Promise<void> {
  await writeFileAtomic(folder.file(searchFiles.tsv), leaderboardTsv(board));
  await writeFileAtomic(folder.file(searchFiles.page), leaderboardPage(board));
}

/** True for the search of the paper's table: every combination of some D-GEX nets. */
const isDgexGrid = ({ space, trials }: SearchPlan): boolean =>
  space.strategy === "grid" && trials.every(({ kind, recipe }) => kind === "baseline" || recipe.family === "dgex");

/** Writes the paper's tables 1 and 2 and figures 1 and 5 of the finished trials; returns the tables. */
async function writeGrid(
  { plan, dataset }: Pick<SearchOptions, "plan" | "dataset">,
  folder: SearchFolder,
  outcomes: ReadonlyMap<string, TrialOutcome>,
): Promise<NonNullable<SearchResult["grid"]>> {
  const runs: GridRun[] = [];
  for (const trial of plan.trials) {
    if (outcomes.get(trial.key)?.kind !== "finished") continue;
    const [selections, history] = [await folder.selections(trial), await folder.history(trial)];
    runs.push({ recipe: trial.recipe, selections, history });
  }
  const grid = gridOf(
    runs,
    heldOutSets((split) => dataset.cohortsOf(split)),
  );
  const title = `${plan.space.name} on ${plan.dataset.name}: layers, units and dropout`;
  await writeFileAtomic(folder.file(searchFiles.gridPage), gridPage(grid, title));
  await writeFileAtomic(folder.file(searchFiles.gridTsv), gridTsv(grid));
  const tables = gridTables(grid);
  return { tables, errors: gridErrors(grid, tables), notes: grid.notes };
}

/** @throws AppError `bad-data` when there is no result at all. */
function requireResult({ rows }: Leaderboard): void {
  const trials = rows.filter(({ kind }) => kind === "trial");
  if (trials.length === 0 || trials.some(({ status }) => status !== "failed")) return;
  throw new AppError("bad-data", {
    what: "every trial has failed",
    examples: trials.map(({ key, reason = "" }) => `${key}: ${reason}`),
    advice: "Change the space; or, when the reason is gone, search again with --retry-failed",
  });
}

/**
 * Trains every trial of a space that has no result yet, one after the other, each as an ordinary run in
 * `trials/<key>/`; the leaderboard is written anew after each. Stopped at any moment, the same call goes on, a net from
 * its checkpoint, to the same leaderboard.
 * @throws AppError `usage` for a device that is not the engine's, `other-plan` for a folder of another search,
 * `cancelled` when stopped, `bad-data` when every trial has failed; and as `train` for what is no trial's own fault.
 */
export async function runSearch(options: SearchOptions): Promise<SearchResult> {
  const { plan, engine = "ort", device = "auto", force = false, retryFailed = false } = options;
  // Else every trial would be recorded as one that failed by its own values.
  requireOwnDevice(engine, device);
  const folder = await SearchFolder.open(options.out, plan, { force, retryFailed });
  const outcomes = new Map<string, TrialOutcome>();
  for (const trial of plan.trials) {
    const before = await folder.outcome(trial);
    if (before !== undefined) outcomes.set(trial.key, before);
  }
  let board = leaderboard(plan, outcomes);
  const todo = plan.trials.filter(({ key }) => !outcomes.has(key));
  const count = plan.trials.filter(({ kind }) => kind === "trial").length;
  let outOfBudget = false;
  for (const trial of todo) {
    outOfBudget = trial.kind === "trial" && spentSeconds(plan, outcomes) >= (plan.space.budget?.seconds ?? Infinity);
    if (outOfBudget) break;
    const outcome = await runTrial(trial, folder, { ...options, count });
    outcomes.set(trial.key, outcome);
    board = leaderboard(plan, outcomes);
    await writeBoard(folder, board);
    options.onTrial?.(trial, outcome, board);
  }
  await writeBoard(folder, board);
  requireResult(board);
  if (!isDgexGrid(plan)) return { board, outOfBudget };
  return { board, outOfBudget, grid: await writeGrid(options, folder, outcomes) };
}
