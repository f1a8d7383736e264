import { type Html, html } from "../../evaluate/html.ts";
import { grouped, percent, table } from "../../evaluate/html-table.ts";
import { figureGrid } from "../../evaluate/page.ts";
import { overGenes } from "../../evaluate/summary.ts";
import type { ActivationFit, AdjustedR2, TargetFit } from "./adjusted-r2.ts";
import { fitFigure } from "./fit-figure.ts";

const predictorsOf = ({ predictors, given }: AdjustedR2): string =>
  given > predictors ? `${grouped(predictors)} of ${grouped(given)}` : grouped(predictors);

function spreadOf({ adjusted }: TargetFit): readonly string[] {
  const over = overGenes(adjusted);
  return over ? [`${over.mean.toFixed(4)} ± ${over.sd.toFixed(4)}`, over.median.toFixed(4)] : ["–", "–"];
}

/** Of one net its activations and the landmarks. */
function fitTable({ parts, inputs }: ActivationFit): Html {
  const row = (name: string, fit: AdjustedR2) => ({ cells: [name, predictorsOf(fit), ...spreadOf(fit)] });
  return table(
    ["Predictors", "p", "adjusted R², mean ± SD", "median"],
    [...parts.map((part) => row("activations", part)), row("landmarks", inputs)],
  );
}

/** Of several nets side by side the activations of each on its own targets, then all of them, and the landmarks. */
function partsTable({ parts, activations, activationsWin, inputs }: ActivationFit): Html {
  const all = grouped(inputs.adjusted.length);
  const ofParts = parts.map((part, at) => ({
    cells: [
      `activations of part ${at + 1}`,
      grouped(part.adjusted.length),
      predictorsOf(part),
      ...spreadOf(part),
      percent(part.activationsWin, 2),
    ],
  }));
  return table(
    ["Predictors", "targets", "p", "adjusted R², mean ± SD", "median", "better than landmarks"],
    [
      ...ofParts,
      { cells: ["activations of all parts", all, "", ...spreadOf(activations), percent(activationsWin, 2)] },
      { cells: ["landmarks", all, predictorsOf(inputs), ...spreadOf(inputs), ""] },
    ],
  );
}

/** How well the last hidden layer's activations and the landmarks fit the targets: a table and a plot. */
export function fitSection(fit: ActivationFit): Html {
  const several = fit.parts.length > 1;
  const of = several ? " on the activations of its own part" : "";
  return html`<h2>Adjusted R² of the last hidden layer</h2>
${several ? partsTable(fit) : fitTable(fit)}
<p class="faint">Linear regression of each target${of} over ${grouped(fit.rows)} training profiles: 1 − (1 − R²)(N − 1)/(N − p − 1). Activations fit ${percent(fit.activationsWin, 2)} of the targets better. Where p is smaller than what was given, the others are combinations of them.</p>
${figureGrid([fitFigure(fit)])}`;
}
