/**
 * Pages of training and explanation: one file each, style and plots inside, no script, nothing fetched; they look like
 * the evaluation report.
 * @module
 */
import { Html, type HtmlPart, html } from "../../evaluate/html.ts";
import type { Figure } from "../../evaluate/plots/chart.ts";
import { reportStyle } from "../../evaluate/report-style.ts";

/** Beside the report style: blocks of code, and plots as wide as the page. */
const ownStyle = new Html(`
pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px;overflow-x:auto;font-size:.8rem;line-height:1.45}
.wide{margin:20px 0}
.two>figure:only-child{max-width:640px}
@media(max-width:600px){pre{font-size:.72rem}}
`);

/** A whole page; the same parts give the same bytes. */
export function htmlPage(parts: {
  readonly title: string;
  /** What the page is about, in a sentence or two. */
  readonly lead: HtmlPart;
  readonly body: HtmlPart;
  /** Style of this page alone. */
  readonly style?: Html;
}): string {
  const { title, lead, body, style } = parts;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${reportStyle}${ownStyle}${style}</style>
</head>
<body><main>
<h1>${title}</h1>
<p class="faint">${lead}</p>
${body}
</main></body>
</html>
`.markup;
}

/** Named facts as cards; those without a value are left out. */
export function factCards(facts: readonly (readonly [name: string, value: HtmlPart])[]): Html {
  const known = facts.filter(([, value]) => value !== undefined);
  return html`<dl>${known.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** What a reader must know first; nothing where there are no notes. */
export function noteBox(heading: string, notes: readonly string[]): Html | undefined {
  if (notes.length === 0) return undefined;
  return html`<section class="notes"><h2>${heading}</h2><ul>${notes.map((note) => html`<li>${note}</li>`)}</ul></section>`;
}

/** Plots in two columns, in one on a narrow page. */
export function figureGrid(figures: readonly Figure[]): Html {
  return html`<div class="two">${figures.map(figureBox)}</div>`;
}

/** A plot with its title above and how to read it below. */
export function figureBox({ title, caption, svg }: Figure): Html {
  return html`<figure><h3>${title}</h3>${new Html(svg)}<figcaption>${caption}</figcaption></figure>`;
}

/** A row of a table; `best` marks it. */
export interface TableRow {
  readonly cells: readonly HtmlPart[];
  readonly best?: boolean;
}

/** A table that scrolls sideways by itself where the page is narrow. */
export function dataTable(headers: readonly HtmlPart[], rows: readonly TableRow[]): Html {
  const mark = new Html(' class="best"');
  return html`<div class="scroll"><table>
<thead><tr>${headers.map((header) => html`<th scope="col">${header}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ({ cells, best }) => html`<tr${best === true ? mark : undefined}>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
`,
)}</tbody></table></div>`;
}

/** 12345 → 12,345. */
export function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
