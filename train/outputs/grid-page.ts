import { Html, html } from "../../evaluate/html.ts";
import { grouped } from "../../evaluate/html-table.ts";
import { figureGrid, htmlPage, noteBox } from "../../evaluate/page.ts";
import { setLabel } from "./curves.ts";
import { baselineOf, chosenNet, errorOf, type Grid, netName } from "./grid.ts";
import { architectureFigure, dropoutFigure } from "./grid-figures.ts";
import { type GridTable, gridTables } from "./grid-tables.ts";
import { type GridView, viewName } from "./grid-views.ts";

const style = new Html(
  "td[colspan]{text-align:center}tr.first td{border-top:2px solid var(--line)}" +
    "details{margin:14px 0;border:1px solid var(--line);border-radius:8px;padding:8px 14px}" +
    "summary{cursor:pointer;font-weight:600}details[open] summary{margin-bottom:.6em}",
);

/** Nets have a cell a width; a baseline has no width, so its one cell spans them, and a line parts them. */
function rowMarkup({ headers, rows, best }: GridTable, at: number): Html {
  const [name, ...cells] = rows[at] ?? [];
  const isSpan = (row: readonly string[] = []): boolean => row.length < headers.length;
  const markup = cells.map((cell, c) =>
    best?.[0] === at && best[1] === c + 1 ? html`<strong>${cell}</strong>` : cell,
  );
  if (!isSpan(rows[at])) return html`<tr><td>${name}</td>${markup.map((cell) => html`<td>${cell}</td>`)}</tr>\n`;
  const parted = at > 0 && !isSpan(rows[at - 1]) ? new Html(' class="first"') : undefined;
  return html`<tr${parted}><td>${name}</td><td colspan="${headers.length - 1}">${markup}</td></tr>\n`;
}

function tableMarkup(table: GridTable): Html {
  return html`<h3>${table.heading}</h3><div class="scroll"><table>
<thead><tr>${table.headers.map((header) => html`<th scope="col">${header}</th>`)}</tr></thead>
<tbody>
${table.rows.map((_, at) => rowMarkup(table, at))}</tbody></table></div>`;
}

/** What the net that validation chooses gains on the baseline, in a sentence (the paper's relative improvement). */
function gain(grid: Grid, view: GridView): Html | undefined {
  const [baseline, net] = [baselineOf(grid), chosenNet(grid.nets, view)];
  const [own, error] = [net && errorOf(net.run, view), baseline && errorOf(baseline.run, view)];
  if (net === undefined || own === undefined || error === undefined) return undefined;
  const share = 100 * (1 - own.mean / error.mean);
  const change = `${Math.abs(share).toFixed(2)} % ${share < 0 ? "larger" : "smaller"}`;
  const by = `${netName(net)}, with the smallest error on ${setLabel(view.selection)},`;
  return html`<p>The chosen net, ${by} has an MAE ${change} than ${baseline?.name}.</p>`;
}

function viewSection(grid: Grid, view: GridView, tables: readonly GridTable[]): Html {
  const own = tables.filter((each) => each.view === view);
  const others = own.filter(({ chosen }) => !chosen);
  const figures = [architectureFigure(grid, view), dropoutFigure(grid, view)].filter((figure) => figure !== undefined);
  return html`<h2>${viewName(view)}</h2>
${gain(grid, view)}
${own.filter(({ chosen }) => chosen).map(tableMarkup)}
${figures.length > 0 ? figureGrid(figures) : undefined}
${others.length > 0 ? html`<details><summary>Other dropout rates</summary>${others.map(tableMarkup)}</details>` : undefined}`;
}

/**
 * The paper's tables 1 and 2 and figures 1 and 5 (Chen et al. 2016, Bioinformatics 32:1832) as a page. The same runs
 * give the same bytes, in any order but for runs that share a place.
 */
export function gridPage(grid: Grid, title = "D-GEX: layers, units and dropout"): string {
  const tables = gridTables(grid);
  const several = new Set(grid.views.map(({ selection }) => selection)).size > 1;
  const weights = several
    ? " Every table is of the weights, λ or k that the validation set in its heading chooses in each run."
    : "";
  const nets =
    " The dropout rate of a first table, and nets that share a place, are chosen by their error on the validation set too; the paper's tables are at the rates that are best on its test sets.";
  // Test sets first: a validation set flatters what it has chosen.
  const views = grid.views.toSorted((a, b) => Number(a.selection === a.set) - Number(b.selection === b.set));
  return htmlPage({
    title,
    style,
    lead: `${grouped(grid.nets.length)} nets and ${grouped(grid.baselines.length)} baselines. Errors are in z units, ± is the standard deviation over genes; the smallest of a table is bold.${weights}${nets}`,
    body: html`${noteBox("What to know before reading the figures", grid.notes)}
${views.map((view) => viewSection(grid, view, tables))}`,
  });
}
