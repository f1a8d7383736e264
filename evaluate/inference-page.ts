import type { BarSeriesOption, ScatterSeriesOption } from "echarts/charts";
import type { InferenceSummary } from "../schemas/index.ts";
import { html } from "./html.ts";
import { grouped, percent, table } from "./html-table.ts";
import { factCards, figureGrid, htmlPage } from "./page.ts";
import { type Figure, legendAbove, renderSvg, shortened, valueAxis } from "./plots/chart.ts";
import { groupColours, inks } from "./plots/palette.ts";

/** Bins of scores, of which the last one takes all that lie further out. */
const binWidth = 0.1;
const lastBin = 30;
/** Missing landmarks, and counts of lacking ones, that are listed. */
const listed = 20;

/** The quality of an inference as one HTML page; the same summary gives the same bytes. */
export function htmlInference(summary: InferenceSummary): string {
  const { output, model, profiles, genes, landmarks, ood, lacking, sampled } = summary;
  const shown = landmarks.missing.slice(0, listed).join(", ");
  const more = landmarks.missing.length - listed;
  const body = html`${factCards([
    ["Model", model],
    ["Profiles", grouped(profiles)],
    ["Genes", grouped(genes)],
    ["Landmarks found", `${landmarks.total - landmarks.missing.length} of ${landmarks.total}`],
    ["Outside training", `${grouped(ood.outside)} (${percent(ood.outside / profiles)})`],
  ])}
<h2>Missing landmarks</h2>
<p>${landmarks.missing.length === 0 ? "None." : `Imputed in every profile: ${shown}${more > 0 ? ` and ${more} more` : ""}.`}</p>
${table(
  ["Landmarks that a profile lacks", "profiles"],
  lacking.slice(-listed).map(([count, of]) => ({ cells: [grouped(count), grouped(of)] })),
)}
<h2>Plots</h2>
${figureGrid([
  scoreHistogram(ood.scores),
  projection("input", "Landmarks before the inference", sampled),
  projection("output", "Profiles after the inference", sampled),
])}`;
  const lead = `What the landmarks and the inferred profiles look like; ${grouped(sampled.ids.length)} profiles, evenly spaced, are projected.`;
  return htmlPage({ title: `Quality of ${output}`, lead, body });
}

function scoreHistogram(scores: readonly number[]): Figure {
  const counts = Array.from({ length: lastBin }, () => 0);
  for (const score of scores) {
    const bin = Math.min(lastBin - 1, Math.max(0, Math.floor(score / binWidth)));
    if (!Number.isNaN(score)) counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const id = "ood-histogram";
  const data = counts.map((count, bin) => ({
    value: [(bin + 0.5) * binWidth, count],
    itemStyle: { color: (bin + 0.5) * binWidth > 1 ? inks.accent : groupColours[0] },
  }));
  const series: BarSeriesOption = { type: "bar", data, barWidth: "90%" };
  const svg = renderSvg(
    {
      grid: { top: 16, left: 72, right: 20, bottom: 52 },
      xAxis: valueAxis("out-of-distribution score", { min: 0, max: lastBin * binWidth }),
      yAxis: { ...valueAxis("profiles"), nameGap: 52, min: 0 },
      series: [series],
    },
    { id },
  );
  const caption =
    "Above 1 (red) a profile is further from the training profiles than 99 % of held-out ones: error figures do not hold for it. The last bar takes all that lie beyond.";
  return { id, title: "Distance from the training profiles", caption, svg };
}

function projection(side: "input" | "output", title: string, sampled: InferenceSummary["sampled"]): Figure {
  const { points, shares } = sampled[side];
  const groups = groupedPoints(points, sampled.groups);
  const names = groups.map(({ name }) => shortened(name));
  const { legend, height } = legendAbove(names);
  const id = `pca-${side}`;
  const series = groups.map(({ name, of }, i): ScatterSeriesOption => {
    const color = groupColours[i % groupColours.length] ?? inks.axis;
    return { type: "scatter", name: shortened(name), data: of, symbolSize: 5, itemStyle: { color, opacity: 0.75 } };
  });
  const svg = renderSvg(
    {
      ...(groups.length > 1 && { legend }),
      grid: { top: groups.length > 1 ? height : 16, left: 66, right: 24, bottom: 52 },
      xAxis: valueAxis(`component 1 (${percent(shares[0])})`),
      yAxis: { ...valueAxis(`component 2 (${percent(shares[1])})`), nameGap: 44 },
      series,
    },
    { id, height: 420 },
  );
  const caption = `One dot a profile, along the two leading principal components of the ${side === "input" ? "measured landmarks" : "whole profiles"}; in per cent their share of the variance.`;
  return { id, title, caption, svg };
}

/** The largest groups have a colour each, the rest shares one. */
function groupedPoints(points: InferenceSummary["sampled"]["input"]["points"], groups: readonly string[] | undefined) {
  if (groups === undefined) return [{ name: "profiles", of: points }];
  const byName = new Map<string, (typeof points)[number][]>();
  for (const [i, point] of points.entries()) {
    const name = groups[i] || "(none)";
    byName.set(name, [...(byName.get(name) ?? []), point]);
  }
  const largest = [...byName].toSorted(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1));
  const kept = largest.slice(0, largest.length > groupColours.length ? groupColours.length - 1 : largest.length);
  const rest = largest.slice(kept.length).flatMap(([, of]) => of);
  const named = kept.map(([name, of]) => ({ name, of }));
  return rest.length === 0 ? named : [...named, { name: `${largest.length - kept.length} others`, of: rest }];
}
