import type { ChainLayer, DenseChain, DenseNet } from "./dense-net.ts";
import { type Concentration, concentration, type Hub, rankHubs } from "./hubs.ts";
import { type Kernel, type MajorWeights, majorOfColumns, majorOfRows, majorSds } from "./major-weights.ts";

/** Thresholds in standard deviations. */
export interface Thresholds {
  readonly inputs: number;
  readonly outputs: number;
}

/** A hidden layer with the major weights on the sides of it that lead to genes. */
export interface ExplainedLayer {
  readonly name: string;
  readonly units: number;
  /** Ranked by retained out-degree, then in-degree. */
  readonly hubs: readonly Hub[];
  /** From landmarks; absent in a later layer of a deep net. */
  readonly inputs?: MajorWeights;
  /** To targets; absent in an earlier layer of a deep net. */
  readonly outputs?: MajorWeights;
  readonly spread: { readonly inputs?: Concentration; readonly outputs?: Concentration };
}

/** The major weights of a chain and its hubs: one hidden layer, or the first and the last of a deep net. */
export interface ExplainedPart {
  readonly targets: number;
  /** Units of each hidden layer, in order. */
  readonly hidden: readonly number[];
  /** In order; none for a part without a hidden layer. Targets are places in the whole net's output. */
  readonly layers: readonly ExplainedLayer[];
  /** Of a part without a hidden layer: a target's major weights straight from landmarks, which take the units' place. */
  readonly direct?: MajorWeights;
}

/** What is found in a net, part by part; a net of one chain is one part. */
export interface Explanation {
  readonly landmarks: number;
  readonly targets: number;
  readonly thresholds: Thresholds;
  /** In the order of the targets; at least one. */
  readonly parts: readonly [ExplainedPart, ...ExplainedPart[]];
}

const kernelOf = (layer: ChainLayer): Kernel => ({
  values: layer.kernel(),
  rows: layer.inputs,
  columns: layer.units,
});

function explained(
  { name, units }: Pick<ChainLayer, "name" | "units">,
  sides: { readonly inputs?: MajorWeights; readonly outputs?: MajorWeights },
): ExplainedLayer {
  const hubs = rankHubs(units, sides);
  const spread = {
    ...(sides.inputs && { inputs: concentration(hubs, "inputs") }),
    ...(sides.outputs && { outputs: concentration(hubs, "outputs") }),
  };
  return { name, units, hubs, ...sides, spread };
}

/** The weights to each target of a part, targets by their place in the whole net's output. */
function majorOfTargets(layer: ChainLayer, { first }: Pick<DenseChain, "first">, sds: number): MajorWeights {
  const found = majorOfColumns(kernelOf(layer), sds);
  return { ...found, genes: found.genes.map((target) => first + target) };
}

function explainPart(part: DenseChain, thresholds: Thresholds): ExplainedPart {
  const { layers, targets } = part;
  const [first] = layers;
  const last = layers.at(-1) ?? first;
  const sizes = { targets, hidden: layers.slice(0, -1).map(({ units }) => units) };
  if (last === first) return { ...sizes, layers: [], direct: majorOfTargets(first, part, thresholds.outputs) };
  const inputs = majorOfRows(kernelOf(first), thresholds.inputs);
  const outputs = majorOfTargets(last, part, thresholds.outputs);
  const lastHidden = layers.at(-2) ?? first;
  if (lastHidden === first) return { ...sizes, layers: [explained(first, { inputs, outputs })] };
  return { ...sizes, layers: [explained(first, { inputs }), explained(lastHidden, { outputs })] };
}

/** Finds major weights in the first and last kernel of every part of a net; one kernel is in memory at a time. */
export function explainWeights(
  { inputs: landmarks, outputs: targets, parts }: DenseNet,
  thresholds: Thresholds = majorSds,
): Explanation {
  const [first, ...rest] = parts;
  const found: Explanation["parts"] = [
    explainPart(first, thresholds),
    ...rest.map((part) => explainPart(part, thresholds)),
  ];
  return { landmarks, targets, thresholds, parts: found };
}
