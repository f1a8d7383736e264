import { type Hub, purity } from "../train/explain/hubs.ts";
import type { ExplainedModel } from "./explain-model.ts";
import { textTable } from "./table.ts";

/** Hubs that are named on the terminal. */
const named = 10;

/**
 * What `explain --json` prints: counts, concentration and the first hubs of every part, one where the net is one chain,
 * and the comparison of activations and landmarks.
 */
export function explanationSummary({ explanation, fit, notes }: ExplainedModel) {
  const { landmarks, targets, thresholds, parts } = explanation;
  return {
    landmarks,
    targets,
    thresholds,
    parts: parts.map(({ layers, direct, ...part }) => ({
      targets: part.targets,
      hidden: part.hidden,
      layers: layers.map(({ name, units, spread, hubs }) => ({ name, units, spread, hubs: hubs.slice(0, named) })),
      ...(direct && { directEdges: direct.genes.length }),
    })),
    ...(fit && {
      fit: {
        rows: fit.rows,
        landmarkPredictors: fit.inputs.predictors,
        activationsWin: fit.activationsWin,
        parts: fit.parts.map(({ predictors, activationsWin }) => ({
          activationPredictors: predictors,
          activationsWin,
        })),
      },
    }),
    notes,
  };
}

const hasEdges = ({ inputs, outputs }: Hub): boolean => inputs.edges + outputs.edges > 0;

/** The same for people: the hubs with the most edges, and a line on the activations. */
export function explanationText({ explanation, fit }: ExplainedModel): string {
  const layers = explanation.parts.flatMap((part) => part.layers);
  const rows = layers.flatMap(({ name, hubs }) =>
    hubs
      .filter(hasEdges)
      .slice(0, named)
      .map(({ unit, inputs, outputs }) => {
        const degree = (side: typeof inputs): string[] => [String(side.edges), purity(side)];
        return [`${name} ${unit}`, ...degree(outputs), ...degree(inputs)];
      }),
  );
  const edges = [
    ...layers.flatMap(({ inputs, outputs }) => [inputs, outputs]),
    ...explanation.parts.map((part) => part.direct),
  ];
  const count = edges.reduce((sum, side) => sum + (side?.genes.length ?? 0), 0);
  return [
    `${count} major weights`,
    ...(rows.length > 0 ? [textTable(["hub", "to targets", "sign", "from landmarks", "sign"], rows)] : []),
    ...(fit
      ? [`activations fit ${(100 * fit.activationsWin).toFixed(2)} % of the targets better than the landmarks do`]
      : []),
  ].join("\n");
}
