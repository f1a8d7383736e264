import { Html, type HtmlPart, html } from "./html.ts";

const absent = "–";

/** A figure with `digits` decimals; a dash where there is none. */
export const fixed = (value: number | undefined, digits = 4): string =>
  value === undefined || Number.isNaN(value) ? absent : value.toFixed(digits).replace("-", "−");

/** A share in per cent. */
export const percent = (share: number | undefined, digits = 1): string =>
  share === undefined || Number.isNaN(share) ? absent : `${fixed(100 * share, digits)} %`;

/** 12345 → 12,345. */
export const grouped = (count: number): string => String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",");

/** One line of a table; the best one is marked. */
export interface TableRow {
  readonly cells: readonly HtmlPart[];
  readonly best?: boolean;
}

/** A table that scrolls sideways by itself where the page is narrow. */
export function table(headers: readonly HtmlPart[], rows: readonly TableRow[]): Html {
  return html`<div class="scroll"><table>
<thead><tr>${headers.map((header) => html`<th scope="col">${header}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ({
    cells,
    best,
  }) => html`<tr${best ? new Html(' class="best"') : undefined}>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
`,
)}</tbody></table></div>`;
}

/** A column of a table of models: its header, and its cell for one of them. */
export type ModelColumn<T> = readonly [header: string, cell: (one: T) => string | undefined];

/** A table with a line a model; columns that are empty for all are left out. */
export function modelTable<T extends { readonly model: string }>(
  ones: readonly T[],
  columns: readonly ModelColumn<T>[],
  { colours, isBest }: { colours: ReadonlyMap<string, string>; isBest?: (one: T) => boolean },
): Html {
  const used = columns.filter(([, cell]) => ones.some((one) => cell(one) !== undefined));
  return table(
    ["Model", ...used.map(([header]) => header)],
    ones.map((one) => ({
      best: isBest?.(one) ?? false,
      cells: [named(one.model, colours), ...used.map(([, cell]) => cell(one) ?? absent)],
    })),
  );
}

/** A model's name behind its colour. */
export const named = (name: string, colours: ReadonlyMap<string, string>): Html =>
  html`<span class="key" style="background:${colours.get(name)}"></span>${name}`;
