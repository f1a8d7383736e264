import { type Html, html } from "../../evaluate/html.ts";
import { grouped, table } from "../../evaluate/html-table.ts";
import { factCards, figureGrid, htmlPage, noteBox } from "../../evaluate/page.ts";
import { overGenes } from "../../evaluate/summary.ts";
import type { ActivationFit } from "./adjusted-r2.ts";
import type { ExplainedLayer, Explanation } from "./explanation.ts";
import { fitFigure } from "./fit-figure.ts";
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

const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;

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

function mapSection(explanation: Explanation, genes: NetGenes): Html {
  const { svg, drawn, edges } = weightMap(explanation, genes);
  const { thresholds, layers, direct } = explanation;
  const part = drawn < edges ? `The ${grouped(drawn)} of ${grouped(edges)} that deviate most` : `All ${grouped(edges)}`;
  const between = layers.length > 1 ? " Weights between the hidden layers shown are left out." : "";
  const rule =
    direct === undefined
      ? `of a landmark ${thresholds.inputs} standard deviations or more from the mean of its weights, of a target ${thresholds.outputs}`
      : `of a target ${thresholds.outputs} standard deviations or more from the mean of its weights`;
  return html`<figure class="wide"><h3>Map of the major weights</h3><div class="map">${svg}</div><figcaption><span class="key" style="background:var(--plus)"></span>positive <span class="key" style="background:var(--minus)"></span>negative. ${part} are drawn: ${rule}. Circles grow with the edges drawn; genes lie beside the units they hang on, hubs on top. Point at an edge, unit or gene for its name.${between}</figcaption></figure>`;
}

function fitSection(fit: ActivationFit): Html {
  const { activations, inputs, activationsWin, rows } = fit;
  const row = (name: string, { adjusted, predictors, given }: ActivationFit["inputs"]) => {
    const over = overGenes(adjusted);
    const left = given > predictors ? `${grouped(predictors)} of ${grouped(given)}` : grouped(predictors);
    const figures = over && [`${over.mean.toFixed(4)} ± ${over.sd.toFixed(4)}`, over.median.toFixed(4)];
    return { cells: [name, left, ...(figures ?? ["–", "–"])] };
  };
  return html`<h2>Adjusted R² of the last hidden layer</h2>
${table(["Predictors", "p", "adjusted R², mean ± SD", "median"], [row("activations", activations), row("landmarks", inputs)])}
<p class="faint">Linear regression of each target over ${grouped(rows)} training profiles: 1 − (1 − R²)(N − 1)/(N − p − 1). Activations fit ${percent(activationsWin, 2)} of the targets better. Where p is smaller than what was given, the others are combinations of them.</p>
${figureGrid([fitFigure(fit)])}`;
}

/** The explanation as one HTML page; the same parts give the same bytes. */
export function htmlExplanation({ model, explanation, genes, fit, notes }: ExplanationPage): string {
  const { landmarks, targets, hidden, layers } = explanation;
  return htmlPage({
    title: `What ${model} has learnt`,
    lead: "The major weights of the net and the hidden units they meet in (Chen et al. 2016, Bioinformatics 32:1832, 3.4). Weights are those of z units.",
    style: mapStyle,
    body: html`${factCards([
      ["Landmarks", grouped(landmarks)],
      ["Hidden units", hidden.length === 0 ? "none: a linear model" : hidden.map(grouped).join(" → ")],
      ["Targets", grouped(targets)],
      ["Threshold, landmarks", hidden.length === 0 ? undefined : `${explanation.thresholds.inputs} sd`],
      ["Threshold, targets", `${explanation.thresholds.outputs} sd`],
    ])}
${noteBox("What to know before reading the figures", notes)}
${layers.length > 0 ? html`<h2>Concentration</h2>${spreadTable(layers)}` : undefined}
${mapSection(explanation, genes)}
${layers.length > 0 ? html`<h2>Hubs</h2><div class="two">${layers.map((layer) => html`<div>${hubSection(layer)}</div>`)}</div>` : undefined}
${fit && fitSection(fit)}`,
  });
}
