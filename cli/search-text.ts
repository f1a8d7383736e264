import type { SearchTrial } from "../schemas/index.ts";
import {
  gainOnRidge,
  type Leaderboard,
  type LeaderboardRow,
  selectedText,
  testRemark,
} from "../train/search/leaderboard.ts";
import { valueText } from "../train/search/leaderboard-page.ts";
import { fieldsText } from "../train/search/plan-trials.ts";
import type { SearchResult } from "../train/search/run-search.ts";
import type { TrialOutcome } from "../train/search/search-folder.ts";
import { formatDuration } from "./progress.ts";
import { textTable } from "./table.ts";

/** Trials that are printed; the files have all. */
const printedTrials = 20;

const mae = (value: number | undefined): string => value?.toFixed(4) ?? "";

function gain(board: Leaderboard, row: LeaderboardRow): string {
  const share = row.key === "ridge" ? undefined : gainOnRidge(board, row);
  return share === undefined ? "" : `${share > 0 ? "+" : ""}${(100 * share).toFixed(2)} %`;
}

/** The best trials beside the baselines as a table, with what became of the others. */
export function leaderboardText(board: Leaderboard): string {
  const shown = board.rows.filter(
    ({ kind, status, place = 0 }) => status === "finished" && (kind === "baseline" || place <= printedTrials),
  );
  const header = [
    "trial",
    "place",
    ...board.fields,
    "MAE (validation)",
    "gain on ridge",
    "MAE (test)",
    "chosen",
    "time",
  ];
  const rows = shown.map((row) => [
    row.key,
    String(row.place ?? ""),
    ...board.fields.map((field) => valueText(row.fields[field])),
    mae(row.validationMae),
    gain(board, row),
    mae(row.testMae),
    selectedText(row),
    row.seconds === undefined ? "" : formatDuration(row.seconds),
  ]);
  const failed = board.rows
    .filter(({ status }) => status === "failed")
    .map(({ key, reason }) => `failed: ${key}: ${reason}`);
  const more = board.rows.filter(({ place = 0 }) => place > printedTrials).length;
  const left = board.rows.filter(({ status }) => status === "to do").length;
  return [
    textTable(header, rows),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...failed,
    ...(left > 0 ? [`${left} still to do`] : []),
    testRemark,
    ...board.notes.map((note) => `note: ${note}`),
  ].join("\n");
}

/** What a reader of the terminal is told when a trial is done. */
export function trialLine(trial: SearchTrial, outcome: TrialOutcome, board: Leaderboard): string {
  if (outcome.kind === "failed") return `${trial.key}: failed: ${outcome.failure.reason}`;
  const { scores, seconds } = outcome.run;
  const best = board.rows.find(({ place }) => place === 1);
  const about = trial.kind === "trial" ? fieldsText(trial.fields) : "baseline";
  const told = best === undefined ? "" : `; best so far ${best.key}, ${mae(best.validationMae)}`;
  return `${trial.key} (${about}): validation MAE ${mae(scores.validation?.mae.model)} in ${formatDuration(seconds)}${told}`;
}

/** The paper's tables: of each test set the one at its best dropout rate; an asterisk marks the smallest error. */
export function gridTablesText({ tables, notes }: NonNullable<SearchResult["grid"]>): string {
  const shown = tables.filter(({ view, chosen }) => chosen && view.set.startsWith("test"));
  const texts = shown.map(({ title, headers, rows, best }) => {
    const marked = rows.map((row, r) =>
      headers.map((_, c) => `${row[c] ?? ""}${best?.[0] === r && best[1] === c ? " *" : "  "}`),
    );
    return `${title}\n${textTable(headers, marked)}\n`;
  });
  return [...texts, ...notes.map((note) => `note: ${note}\n`)].join("\n");
}
