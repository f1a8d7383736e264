/**
 * The frame of every report: one file, style and plots inside, no script, nothing fetched; all names escaped.
 * @module
 */
import { Html, type HtmlPart, html } from "./html.ts";
import type { Figure } from "./plots/chart.ts";
import { reportStyle } from "./report-style.ts";

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
<style>${reportStyle}${style}</style>
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
  return html`<section class="notes"><h2>${heading}</h2><ul>${notes.map((note) => html`<li>${withCode(note)}</li>`)}</ul></section>`;
}

/** A note's text between backticks, as on a terminal, is code. */
function withCode(note: string): Html {
  const parts = note.split("`");
  // A backtick without another one is none.
  if (parts.length % 2 === 0) return html`${note}`;
  return html`${parts.map((part, at) => (at % 2 === 0 ? part : html`<code>${part}</code>`))}`;
}

/** Plots in two columns, in one on a narrow page. */
export function figureGrid(figures: readonly Figure[]): Html {
  return html`<div class="two">${figures.map(figureBox)}</div>`;
}

/** A plot with its title above and how to read it below. */
function figureBox({ title, caption, svg }: Figure): Html {
  return html`<figure><h3>${title}</h3>${new Html(svg)}<figcaption>${caption}</figcaption></figure>`;
}
