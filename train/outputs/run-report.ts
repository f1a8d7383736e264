import { type Html, html } from "../../evaluate/html.ts";
import { grouped, table } from "../../evaluate/html-table.ts";
import { factCards, figureGrid, htmlPage, noteBox } from "../../evaluate/page.ts";
import type { TrainingRun } from "../../schemas/index.ts";
import type { EpochRow } from "../checkpoint.ts";
import { candidateCurves, trainingCurves } from "./curves.ts";

/** `3.2 s`, `4 min 10 s`, `2 h 5 min`. */
function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const mae = (value: number | undefined): string => (value === undefined ? "–" : value.toFixed(4));

/** Change against a baseline in per cent of it: negative is better. */
function change(value: number, base: number | undefined): string {
  if (base === undefined || base === 0) return "–";
  const percent = 100 * (value / base - 1);
  return `${percent > 0 ? "+" : ""}${percent.toFixed(2)} %`.replace("-", "−");
}

function scoreTable(scores: TrainingRun["scores"]): Html {
  const rows = Object.entries(scores).flatMap(([split, score]) => {
    if (score === undefined) return [];
    const { model, mean, ridge } = score.mae;
    const cells = [split, grouped(score.samples), mae(model), mae(ridge), change(model, ridge), mae(mean)];
    return [{ cells }];
  });
  return table(["Split", "profiles", "MAE, model", "MAE, ridge", "against ridge", "MAE, mean"], rows);
}

function facts(run: TrainingRun): Html {
  const { recipe, transform, engine, device, seed, dataset, scores, seconds } = run;
  const chosen = Object.entries(run.selected).map(([name, value]) => `${name} = ${value}`);
  return factCards([
    ["Family", recipe.family],
    ["Dataset", dataset.name],
    ["Landmarks", grouped(transform.landmarks.mean.length)],
    ["Targets", grouped(transform.targets.mean.length)],
    ["Training profiles", grouped(scores.train.samples)],
    ["Chosen on validation", chosen.length > 0 ? chosen.join(", ") : "nothing"],
    ["Engine", `${engine} on ${device}`],
    ["Seed", seed],
    ["Time", duration(seconds)],
  ]);
}

/** What a reader of the curves finds in numbers: the best epoch and the last. */
function epochTable(history: readonly EpochRow[]): Html | undefined {
  const [first, last] = [history[0], history.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const best = history.reduce((a, b) => ((b.validationMae ?? Infinity) < (a.validationMae ?? Infinity) ? b : a));
  const rows = [...new Set([first, best, last])].map((row) => ({
    best: row === best && row.validationMae !== undefined,
    cells: [
      row.epoch,
      row.loss.toPrecision(5),
      mae(row.validationMae),
      mae(row.monitorMae),
      row.learningRate.toPrecision(3),
      duration(row.seconds),
      grouped(Math.round(row.samplesPerSecond)),
    ],
  }));
  const headers = ["Epoch", "loss", "MAE, validation", "MAE, monitored", "learning rate", "time", "profiles/s"];
  return html`<h2>Epochs</h2>
${table(headers, rows)}
<p class="faint">The first, the best on validation rows (marked) and the last of ${grouped(history.length)} epochs. All are in history.jsonl.</p>`;
}

/**
 * A finished training as one HTML page: scores beside ridge, curves, recipe and notes. The same run and history give
 * the same bytes.
 */
export function htmlRunReport(run: TrainingRun, history: readonly EpochRow[] = []): string {
  const { recipe, scores, notes, dataset } = run;
  const ridge = { validation: scores.validation?.mae.ridge, test: scores.test?.mae.ridge };
  const figures = [...trainingCurves(history, ridge), ...candidateCurves(run.candidates)];
  return htmlPage({
    title: `${recipe.name} trained on ${dataset.name}`,
    lead: `${recipe.description ?? "Inference of target genes from landmark genes."} Errors are in z units: standard deviations of the gene over the training samples.`,
    body: html`${facts(run)}
<p class="faint hash">Dataset hash ${dataset.hash}, Landfall ${run.codeVersion}</p>
${noteBox("What to know before reading the figures", notes)}
<h2>Scores</h2>
${scoreTable(scores)}
<p class="faint">Means over targets and profiles. Ridge is fitted on the same training rows, its λ chosen on the same validation rows; the mean predicts 0. Negative against ridge is better.</p>
${epochTable(history)}
${figures.length > 0 ? html`<h2>Curves</h2>${figureGrid(figures)}` : undefined}
<h2>Recipe</h2>
<pre>${JSON.stringify(recipe, undefined, 2)}</pre>`,
  });
}
