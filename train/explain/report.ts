import { type Html, html } from "../../evaluate/html.ts";
import { grouped, percent, table } from "../../evaluate/html-table.ts";
import { factCards, htmlPage, noteBox } from "../../evaluate/page.ts";
import type { ExplainedLayer, ExplainedPart, Explanation, Thresholds } from "./explanation.ts";
import { fitSection } from "./fit-section.ts";
import { type Concentration, purity, type UnitDegree } from "./hubs.ts";
import type { NamedFit, NetGenes } from "./tables.ts";
import { mapStyle, weightMap } from "./weight-map.ts";

/** Hubs in the table of the page; all are in hubs.tsv. */
const tabled = 25;

/** What the page is about. */
export interface ExplanationPage {
  /** The model as the user named it. */
  readonly model: string;
  readonly explanation: Explanation;
  readonly genes: NetGenes;
  readonly fit?: NamedFit;
  readonly notes: readonly string[];
}

/** What all sections of the page have. */
interface Shared {
  readonly thresholds: Thresholds;
  readonly genes: NetGenes;
}

function spreadCells({ edges, units, shares, several, pure }: Concentration): readonly string[] {
  const tops = shares.map(({ top, share }) => `${top}: ${percent(share)}`);
  const purely = several === 0 ? "–" : `${percent(pure / several)} of ${grouped(several)}`;
  return [grouped(edges), grouped(units), tops.join(", "), purely];
}

function spreadTable(layers: readonly ExplainedLayer[]): Html {
  const rows = layers.flatMap(({ name, spread }) => [
    ...(spread.inputs ? [{ cells: [`landmarks → ${name}`, ...spreadCells(spread.inputs)] }] : []),
    ...(spread.outputs ? [{ cells: [`${name} → targets`, ...spreadCells(spread.outputs)] }] : []),
  ]);
  return table(["Side", "major weights", "hidden units", "held by the top units", "units of one sign"], rows);
}

const degreeCells = (degree: UnitDegree): readonly string[] => [
  grouped(degree.edges),
  degree.edges === 0 ? "–" : `+${grouped(degree.positive)} / −${grouped(degree.negative)}`,
  purity(degree),
];

function hubSection({ name, units, hubs }: ExplainedLayer): Html {
  const shown = hubs.filter(({ inputs, outputs }) => inputs.edges + outputs.edges > 0).slice(0, tabled);
  const rows = shown.map(({ unit, inputs, outputs }) => ({
    cells: [`unit ${unit}`, ...degreeCells(outputs), ...degreeCells(inputs)],
  }));
  return html`<h3>${name} (${grouped(units)} units)</h3>
${table(["Hub", "to targets", "+ / −", "sign", "from landmarks", "+ / −", "sign"], rows)}`;
}

function mapSection(part: ExplainedPart, { thresholds, genes }: Shared): Html {
  const { svg, drawn, edges } = weightMap(part, genes);
  const { layers, direct } = part;
  const share =
    drawn < edges ? `The ${grouped(drawn)} of ${grouped(edges)} that deviate most` : `All ${grouped(edges)}`;
  const between = layers.length > 1 ? " Weights between the hidden layers shown are left out." : "";
  const rule =
    direct === undefined
      ? `of a landmark ${thresholds.inputs} standard deviations or more from the mean of its weights, of a target ${thresholds.outputs}`
      : `of a target ${thresholds.outputs} standard deviations or more from the mean of its weights`;
  return html`<figure class="wide"><h3>Map of the major weights</h3><div class="map">${svg}</div><figcaption><span class="key" style="background:var(--plus)"></span>positive <span class="key" style="background:var(--minus)"></span>negative. ${share} are drawn: ${rule}. Circles grow with the edges drawn; genes lie beside the units they hang on, hubs on top. Point at an edge, unit or gene for its name.${between}</figcaption></figure>`;
}

/** Concentration, map and hubs of a net, or under a heading those of one of its parts. */
function partSection(part: ExplainedPart, shared: Shared, heading?: string): Html {
  const { layers } = part;
  const title = (name: string): Html | undefined => (heading === undefined ? html`<h2>${name}</h2>` : undefined);
  return html`${heading && html`<h2>${heading}</h2>`}
${layers.length > 0 ? html`${title("Concentration")}${spreadTable(layers)}` : undefined}
${mapSection(part, shared)}
${layers.length > 0 ? html`${title("Hubs")}<div class="two">${layers.map((layer) => html`<div>${hubSection(layer)}</div>`)}</div>` : undefined}`;
}

const hiddenText = ({ hidden }: ExplainedPart): string =>
  hidden.length === 0 ? "none: a linear model" : hidden.map(grouped).join(" → ");

/** Hidden units of the parts, once where all have the same. */
function hiddenOf(parts: readonly ExplainedPart[]): string {
  const different = [...new Set(parts.map(hiddenText))];
  if (parts.length === 1) return different.join("");
  return different.length === 1 ? `${different.join("")} in each part` : parts.map(hiddenText).join("; ");
}

/** The explanation as one HTML page; the same parts give the same bytes. */
export function htmlExplanation({ model, explanation, genes, fit, notes }: ExplanationPage): string {
  const { landmarks, targets, thresholds, parts } = explanation;
  const shared = { thresholds, genes };
  const headed = (part: ExplainedPart, at: number): Html =>
    partSection(part, shared, `Part ${at + 1}: ${grouped(part.targets)} targets`);
  return htmlPage({
    title: `What ${model} has learnt`,
    lead: "The major weights of the net and the hidden units they meet in (Chen et al. 2016, Bioinformatics 32:1832, 3.4). Weights are those of z units.",
    style: mapStyle,
    body: html`${factCards([
      ["Landmarks", grouped(landmarks)],
      ["Parts side by side", parts.length > 1 ? grouped(parts.length) : undefined],
      ["Hidden units", hiddenOf(parts)],
      ["Targets", grouped(targets)],
      [
        "Threshold, landmarks",
        parts.every(({ hidden }) => hidden.length === 0) ? undefined : `${thresholds.inputs} sd`,
      ],
      ["Threshold, targets", `${thresholds.outputs} sd`],
    ])}
${noteBox("What to know before reading the figures", notes)}
${parts.length > 1 ? parts.map(headed) : partSection(parts[0], shared)}
${fit && fitSection(fit)}`,
  });
}
