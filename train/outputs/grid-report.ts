import { type Html, html } from "../../evaluate/html.ts";
import { grouped, table } from "../../evaluate/html-table.ts";
import { figureGrid, htmlPage, noteBox } from "../../evaluate/page.ts";
import { setLabel } from "./curves.ts";
import { baselineOf, bestNet, type Grid, type GridRun, gridOf, netName } from "./grid.ts";
import { architectureFigure, dropoutFigure } from "./grid-figures.ts";
import { type GridTable, gridTables, gridText, gridTsv } from "./grid-tables.ts";

/** The tables and figures of a grid of runs. */
export interface GridReport {
  readonly html: string;
  /** One line a run and set. */
  readonly tsv: string;
  /** The tables for a terminal. */
  readonly text: string;
}

function tableMarkup({ title, headers, rows, best }: GridTable): Html {
  const filled = rows.map((row, r) => {
    const cells = row.map((cell, c) => (best?.[0] === r && best[1] === c ? html`<strong>${cell}</strong>` : cell));
    return { cells: [...cells, ...Array.from({ length: headers.length - row.length }, () => "")] };
  });
  return html`<h3>${title}</h3>${table(headers, filled)}`;
}

/** What the best net gains on the baseline, in a sentence a set (the paper's relative improvement). */
function gains(grid: Grid): string[] {
  const baseline = baselineOf(grid);
  return grid.sets.flatMap((set) => {
    const [net, error] = [bestNet(grid.nets, set), baseline?.run.scores[set]];
    const best = net?.run.scores[set];
    if (net === undefined || best === undefined || error === undefined) return [];
    const gain = 100 * (1 - best.mean / error.mean);
    const change = `${Math.abs(gain).toFixed(2)} % ${gain < 0 ? "larger" : "smaller"}`;
    return [`On ${setLabel(set)} the best net, ${netName(net)}, has an MAE ${change} than ${baseline?.name}.`];
  });
}

function setSection(grid: Grid, set: string, tables: readonly GridTable[]): Html {
  const own = tables.filter((each) => each.set === set);
  const figures = [architectureFigure(grid, set), dropoutFigure(grid, set)].filter((figure) => figure !== undefined);
  return html`<h2>${setLabel(set)}</h2>
${own.filter(({ chosen }) => chosen).map(tableMarkup)}
${figures.length > 0 ? figureGrid(figures) : undefined}
${own.filter(({ chosen }) => !chosen).map(tableMarkup)}`;
}

/**
 * The paper's tables 1 and 2 and figures 1 and 5 (Chen et al. 2016, Bioinformatics 32:1832) from finished runs, as a
 * page, a table and text. Runs that are neither a net of the grid nor a baseline are named and left out. The same runs
 * give the same bytes, in any order but for runs that share a place.
 */
export function gridReport(runs: readonly GridRun[], title = "D-GEX: layers, units and dropout"): GridReport {
  const grid = gridOf(runs);
  const tables = gridTables(grid);
  const left = grid.left.map((name) => `${name} is neither a net of equally wide layers nor a baseline: left out`);
  const page = htmlPage({
    title,
    lead: `${grouped(grid.nets.length)} nets and ${grouped(grid.baselines.length)} baselines. Errors are in z units, ± is the standard deviation over genes; the smallest of a table is bold.`,
    body: html`${noteBox("What to know before reading the figures", left)}
${gains(grid).map((gain) => html`<p>${gain}</p>`)}
${grid.sets.map((set) => setSection(grid, set, tables))}`,
  });
  return { html: page, tsv: gridTsv(grid), text: gridText(grid) };
}
