import type { ChainLayer, DenseChain } from "./dense-chain.ts";
import { type Concentration, concentration, type Hub, rankHubs } from "./hubs.ts";
import { type MajorWeights, majorOfColumns, majorOfRows, majorSds } from "./major-weights.ts";

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

/** The major weights of a net and its hubs: one hidden layer, or the first and the last of a deep net. */
export interface Explanation {
  readonly landmarks: number;
  readonly targets: number;
  /** Units of each hidden layer, in order. */
  readonly hidden: readonly number[];
  readonly thresholds: Thresholds;
  /** In order; none for a net without a hidden layer. */
  readonly layers: readonly ExplainedLayer[];
  /** Of a net without a hidden layer: a target's major weights straight from landmarks, which take the units' place. */
  readonly direct?: MajorWeights;
}

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

/** Finds major weights in the first and last kernel of a net; one kernel is in memory at a time. */
export function explainWeights(chain: DenseChain, thresholds: Thresholds = majorSds): Explanation {
  const { layers, inputs: landmarks, outputs: targets } = chain;
  const [first] = layers;
  const last = layers.at(-1) ?? first;
  const kernelOf = (layer: ChainLayer) => ({ values: layer.kernel(), rows: layer.inputs, columns: layer.units });
  const shared = { landmarks, targets, thresholds, hidden: layers.slice(0, -1).map(({ units }) => units) };
  if (last === first) return { ...shared, layers: [], direct: majorOfColumns(kernelOf(first), thresholds.outputs) };
  const inputs = majorOfRows(kernelOf(first), thresholds.inputs);
  const outputs = majorOfColumns(kernelOf(last), thresholds.outputs);
  const lastHidden = layers.at(-2) ?? first;
  if (lastHidden === first) return { ...shared, layers: [explained(first, { inputs, outputs })] };
  return { ...shared, layers: [explained(first, { inputs }), explained(lastHidden, { outputs })] };
}
