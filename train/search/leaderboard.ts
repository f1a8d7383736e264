import type { RecipeDraft, SearchPlan, TrainingRun } from "../../schemas/index.ts";
import type { TrialOutcome } from "./search-folder.ts";

/** One line: a trial, a baseline of the plan, or the ridge regression that every run is measured against. */
export interface LeaderboardRow {
  /** Among the finished trials, 1 is the best; absent for baselines, and for trials without a result. */
  readonly place?: number;
  /** Name of the run directory; `ridge` for the ridge regression. */
  readonly key: string;
  readonly kind: "trial" | "baseline";
  readonly status: "finished" | "failed" | "to do";
  readonly fields: RecipeDraft;
  /** MAE in z units; absent without a result, or without test rows. */
  readonly validationMae?: number;
  readonly testMae?: number;
  /** Hyper-parameters that the training itself chose on validation: `epoch`, `lambda`, … */
  readonly selected: Readonly<Record<string, number>>;
  /** Why a trial failed. */
  readonly reason?: string;
  readonly seconds?: number;
}

/** What a search has found so far: finished ones by validation MAE, then failed trials, then those to do. */
export interface Leaderboard {
  readonly name: string;
  readonly description?: string;
  readonly dataset: SearchPlan["dataset"];
  /** Fields that are varied. */
  readonly fields: readonly string[];
  readonly rows: readonly LeaderboardRow[];
  /** Validation MAE of ridge; absent before the first result. */
  readonly ridgeMae?: number;
  /** What to know of the trials. */
  readonly notes: readonly string[];
}

type Trial = SearchPlan["trials"][number];

function rowOf({ key, kind, fields }: Trial, outcome: TrialOutcome | undefined): LeaderboardRow {
  const about = { key, kind, fields, selected: {} };
  if (outcome === undefined) return { ...about, status: "to do" };
  if (outcome.kind === "failed") {
    const { reason, seconds } = outcome.failure;
    return { ...about, status: "failed", reason, seconds };
  }
  const { run } = outcome;
  return { ...about, ...maesOf(run, "model"), status: "finished", selected: run.selected, seconds: run.seconds };
}

function maesOf({ scores }: TrainingRun, of: "model" | "ridge") {
  const [validationMae, testMae] = [scores.validation?.mae[of], scores.test?.mae[of]];
  return { ...(validationMae !== undefined && { validationMae }), ...(testMae !== undefined && { testMae }) };
}

/** Says when a random search has fewer trials than it was asked for. */
function notesOf({ space, trials }: SearchPlan): string[] {
  const { trials: wanted = 0 } = space;
  const found = trials.filter(({ kind }) => kind === "trial").length;
  if (found >= wanted) return [];
  return [`${found} trials instead of the ${wanted} asked for: further draws gave no other combination`];
}

const order = ["finished", "failed", "to do"] as const;
const errorOf = ({ validationMae = Number.POSITIVE_INFINITY }: LeaderboardRow): number => validationMae;

/**
 * Ranks trials by their MAE over all validation rows; of equals the earlier one comes first. Times are the only thing
 * that differs between a search and its repetition.
 */
export function leaderboard(plan: SearchPlan, outcomes: ReadonlyMap<string, TrialOutcome>): Leaderboard {
  const { space, dataset, trials } = plan;
  const runs = trials.flatMap(({ key }) => {
    const outcome = outcomes.get(key);
    return outcome?.kind === "finished" ? [outcome.run] : [];
  });
  const [anyRun] = runs;
  const ridge: LeaderboardRow[] = anyRun
    ? [{ key: "ridge", kind: "baseline", status: "finished", fields: {}, selected: {}, ...maesOf(anyRun, "ridge") }]
    : [];
  const rows = [...ridge, ...trials.map((trial) => rowOf(trial, outcomes.get(trial.key)))].toSorted(
    (a, b) => order.indexOf(a.status) - order.indexOf(b.status) || errorOf(a) - errorOf(b) || 0,
  );
  const ranked = rows.filter(({ kind, status }) => kind === "trial" && status === "finished");
  const places = new Map(ranked.map(({ key }, at) => [key, at + 1]));
  const ridgeMae = ridge[0]?.validationMae;
  return {
    name: space.name,
    ...(space.description !== undefined && { description: space.description }),
    dataset,
    fields: Object.keys(space.space),
    rows: rows.map((row) => {
      const place = places.get(row.key);
      return place === undefined ? row : { place, ...row };
    }),
    ...(ridgeMae !== undefined && { ridgeMae }),
    notes: notesOf(plan),
  };
}

/** 1 − MAE / MAE of ridge; undefined where one of them is missing. */
export function gainOnRidge({ ridgeMae }: Leaderboard, { validationMae }: LeaderboardRow): number | undefined {
  return ridgeMae === undefined || validationMae === undefined ? undefined : 1 - validationMae / ridgeMae;
}

/** What must stand beside every test error. */
export const testRemark =
  "Choose by validation MAE. The test MAE tells what the chosen trial is worth; choosing by it would make it too good to be true.";

const cell = (value: string | number | undefined): string => String(value ?? "").replaceAll(/\s*[\t\r\n]\s*/g, " ");

/** The board as tab-separated text, header first; no times in it, so that a repetition gives the same bytes. */
export function leaderboardTsv(board: Leaderboard): string {
  const figures = ["validation_mae", "gain_on_ridge", "test_mae_not_to_choose_by"];
  const header = ["place", "trial", "status", ...board.fields, ...figures, "selected", "reason"];
  const lines = board.rows.map((row) => [
    row.place,
    row.key,
    row.status,
    ...board.fields.map((field) => (field in row.fields ? JSON.stringify(row.fields[field]) : "")),
    row.validationMae?.toFixed(6),
    gainOnRidge(board, row)?.toFixed(6),
    row.testMae?.toFixed(6),
    selectedText(row),
    row.reason,
  ]);
  return [header, ...lines].map((cells) => `${cells.map(cell).join("\t")}\n`).join("");
}

/** `epoch = 12`: what the training chose itself. */
export function selectedText({ selected }: Pick<LeaderboardRow, "selected">): string {
  return Object.entries(selected)
    .map(([name, value]) => `${name} = ${value}`)
    .join(", ");
}
