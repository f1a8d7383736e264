import { addOod } from "../../export/ood.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Graph } from "../../onnx/graph.ts";
import { addCmapFormula } from "../../registry/import/cmap-formula.ts";
import type { CmapWeights } from "../../registry/import/cmap-weights.ts";
import type { ProfileStatistics } from "./statistics.ts";

/**
 * The served graph of an imported linear model: landmarks `[N, L]` → targets `[N, T]` by the formula alone, and `ood`
 * `[N, 1]`, the only part that standardises and clips.
 */
export function cmapGraph(weights: CmapWeights, statistics: ProfileStatistics): Graph {
  const { landmarkTransform, ood, components } = statistics;
  const { landmarks, epsilon, clip } = landmarkTransform;
  const builder = new GraphBuilder("cmap-ols");
  const l = weights.landmarks.length;
  const x = builder.input("landmarks", "float32", ["N", l]);
  const targets = addCmapFormula(builder.scope("ols"), x, weights);
  const g = builder.scope("standardise");
  const vector = (name: string, values: readonly number[]): string =>
    g.initializer(name, { type: "float32", dims: [l], data: Float32Array.from(values) });
  const centred = g.op("Sub", [x, vector("mean", landmarks.mean)]);
  const factors = landmarks.sd.map((sd) => 1 / (sd + epsilon));
  const z = g.op("Clip", [g.op("Mul", [centred, vector("factor", factors)]), g.scalar(-clip), g.scalar(clip)]);
  builder.output("targets", targets);
  builder.output("ood", addOod(builder.scope("ood"), z, { ood, components }));
  return builder.build();
}
