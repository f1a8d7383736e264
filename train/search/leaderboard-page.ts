import { html } from "../../evaluate/html.ts";
import { grouped, table } from "../../evaluate/html-table.ts";
import { factCards, figureGrid, htmlPage } from "../../evaluate/page.ts";
import { fieldFigures } from "./field-figures.ts";
import { gainOnRidge, type Leaderboard, type LeaderboardRow, selectedText, testRemark } from "./leaderboard.ts";

const mae = (value: number | undefined): string => value?.toFixed(4) ?? "–";

const percent = (gain: number | undefined): string =>
  gain === undefined ? "–" : `${gain < 0 ? "−" : "+"}${Math.abs(100 * gain).toFixed(2)} %`;

const count = ({ rows }: Leaderboard, status: LeaderboardRow["status"]): number =>
  rows.filter((row) => row.kind === "trial" && row.status === status).length;

/** A field's value as it stands in a recipe, a text without its quotes. */
export function valueText(value: LeaderboardRow["fields"][string] | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function trialTable(board: Leaderboard) {
  const headers = ["", "trial", ...board.fields, "MAE, validation", "gain on ridge", "MAE, test", "chosen in training"];
  const rows = board.rows.map((row) => ({
    best: row.place === 1,
    cells: [
      row.place ?? "",
      row.key,
      ...board.fields.map((field) => valueText(row.fields[field])),
      row.status === "finished" ? mae(row.validationMae) : row.status,
      percent(row.key === "ridge" ? undefined : gainOnRidge(board, row)),
      mae(row.testMae),
      selectedText(row),
    ],
  }));
  return table(headers, rows);
}

/** The leaderboard as one HTML page with a plot a field; the same board but for its times gives the same bytes. */
export function leaderboardPage(board: Leaderboard): string {
  const failed = board.rows.filter(({ status }) => status === "failed");
  const figures = fieldFigures(board);
  return htmlPage({
    title: `Search ${board.name} on ${board.dataset.name}`,
    lead: `${board.description ?? "Trials of a search over recipe fields."} Errors are in z units: standard deviations of the gene over the training samples.`,
    body: html`${factCards([
      ["Finished trials", grouped(count(board, "finished"))],
      ["Failed", count(board, "failed") || undefined],
      ["To do", count(board, "to do") || undefined],
      ["Fields", board.fields.join(", ")],
    ])}
<p class="faint hash">Dataset hash ${board.dataset.hash}</p>
<h2>Leaderboard</h2>
<p>${testRemark}</p>${board.notes.map((note) => html`<p>Note: ${note}.</p>`)}
${trialTable(board)}
${failed.length > 0 ? html`<h2>Failed</h2><ul>${failed.map(({ key, reason }) => html`<li>${key}: ${reason}</li>`)}</ul>` : undefined}
${figures.length > 0 ? html`<h2>Fields</h2>${figureGrid(figures)}` : undefined}`,
  });
}
