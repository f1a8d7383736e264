/**
 * A table of genes with some profiles, of which only the rows in sight exist.
 * @module
 */
import { element } from "./element.ts";
import { expression } from "./format.ts";
import type { GeneRow } from "./gene-rows.ts";

/** Some profiles with their values. */
export interface ShownProfiles {
  readonly names: readonly string[];
  readonly ood: readonly number[];
  /** `[profiles, genes]` */
  readonly values: Float32Array;
  readonly genes: number;
}

/** The table; both setters draw. */
export interface GeneTable {
  readonly root: HTMLElement;
  readonly setGenes: (rows: readonly GeneRow[]) => void;
  readonly setProfiles: (profiles: ShownProfiles) => void;
}

/** Of every body row, borders included; `table.css` keeps to it. */
const rowPixels = 38;
const spareRows = 8;
/** A tint is full at this distance from the training mean, in training sds. */
const fullTint = 3;

/** An empty table. */
export function geneTable(): GeneTable {
  const head = element("thead");
  const body = element("tbody");
  const table = element("table", { class: "genes" }, head, body);
  const empty = element("p", { class: "empty", hidden: true }, "No gene has this name.");
  const root = element(
    "div",
    { class: "scroller", tabindex: 0, role: "region", "aria-label": "Genes by profiles" },
    table,
    empty,
  );
  let rows: readonly GeneRow[] = [];
  let shown: ShownProfiles = { names: [], ood: [], values: new Float32Array(0), genes: 0 };
  let drawn = "";
  const draw = (): void => {
    const inSight = Math.ceil(root.clientHeight / rowPixels);
    const first = Math.max(0, Math.floor(root.scrollTop / rowPixels) - spareRows);
    const end = Math.min(rows.length, first + inSight + 2 * spareRows);
    if (drawn === `${first}-${end}`) return;
    drawn = `${first}-${end}`;
    const columns = 3 + shown.names.length;
    body.replaceChildren(
      spacer(first, columns),
      ...rows.slice(first, end).map((row, i) => bodyRow(row, shown, first + i + 2)),
      spacer(rows.length - end, columns),
    );
  };
  const redraw = (): void => {
    drawn = "";
    table.setAttribute("aria-rowcount", String(rows.length + 1));
    empty.hidden = rows.length > 0;
    draw();
  };
  root.addEventListener("scroll", draw, { passive: true });
  new ResizeObserver(draw).observe(root);
  return {
    root,
    setGenes(found) {
      rows = found;
      root.scrollTop = 0;
      redraw();
    },
    setProfiles(profiles) {
      shown = profiles;
      head.replaceChildren(headRow(profiles));
      table.style.setProperty("--profiles", String(profiles.names.length));
      redraw();
    },
  };
}

function spacer(rows: number, columns: number): HTMLElement {
  const cell = element("td", { colspan: columns });
  cell.style.height = `${rows * rowPixels}px`;
  return element("tr", { class: "space", "aria-hidden": "true" }, cell);
}

function headRow({ names, ood }: ShownProfiles): HTMLElement {
  return element(
    "tr",
    { "aria-rowindex": 1 },
    element("th", { scope: "col" }, "Gene"),
    element("th", { scope: "col" }, element("span", { class: "word" }, "Origin")),
    element("th", { scope: "col" }, element("span", { class: "word" }, "Reliability")),
    ...names.map((name, i) =>
      element(
        "th",
        { scope: "col", title: name },
        element("span", { class: "sample" }, element("bdi", {}, name)),
        oodMark(ood[i]),
      ),
    ),
  );
}

function oodMark(score = Number.NaN): HTMLElement {
  const isOutside = score > 1;
  const title = isOutside
    ? "Above 1: unlike 99 % of held-out training profiles; take its values with care"
    : "Out-of-distribution score; up to 1 is like the training data";
  return element("span", { class: isOutside ? "ood outside" : "ood", title }, `OOD ${score.toFixed(2)}`);
}

function bodyRow(row: GeneRow, { names, values, genes }: ShownProfiles, index: number): HTMLElement {
  const { name, id, isMeasured, reliability, halfWidth } = row;
  // The mark of a target that is a landmark too says no more than the column beside it.
  const isSaid = name === id.replace(/\|target$/, "");
  const kind = isMeasured ? "measured" : "inferred";
  const width = Number.isNaN(halfWidth) ? "" : ` ±${expression(halfWidth)}`;
  const known = reliability !== "" || width !== "";
  const title = width === "" ? "" : `90 % of held-out values lie within ${width.trim()} of the inferred one`;
  return element(
    "tr",
    { "aria-rowindex": index },
    element("th", { scope: "row", title: id }, name, isSaid ? undefined : element("small", {}, id)),
    element(
      "td",
      {},
      element("span", { class: `kind ${kind}`, title: kind }, element("span", { class: "word" }, kind)),
    ),
    element(
      "td",
      { title },
      known && !isMeasured
        ? element(
            "span",
            { class: `reliability ${reliability}` },
            reliability,
            element("span", { class: "word" }, width),
          )
        : undefined,
    ),
    ...names.map((_, profile) => valueCell(values[profile * genes + row.index] ?? Number.NaN, row)),
  );
}

function valueCell(value: number, { mean, sd }: GeneRow): HTMLElement {
  const cell = element("td", { class: "value" }, expression(value));
  const z = (value - mean) / sd;
  if (!Number.isFinite(z)) return cell;
  cell.classList.add(z > 0 ? "up" : "down");
  cell.style.setProperty("--tint", `${(60 * Math.min(1, Math.abs(z) / fullTint)).toFixed(0)}%`);
  return cell;
}
