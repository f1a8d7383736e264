/**
 * Which nets are chains of Dense layers side by side: where they come together, and what keeps a net from being such.
 * @module
 */
import type { LayerCall, TensorRef, Topology } from "../../export/lower/topology.ts";

/** Layers that change nothing in a trained net, or each unit by itself: the chain goes through them. */
const passedThrough = new Set([
  "InputLayer",
  "Dropout",
  "GaussianDropout",
  "AlphaDropout",
  "GaussianNoise",
  "Activation",
  "ELU",
  "LeakyReLU",
  "PReLU",
  "ReLU",
  "Softmax",
]);

const classOf = ({ layers }: Topology, { layer }: LayerCall): string => layers.get(layer)?.className ?? "?";

/** The calls that a value comes from, in order; of a call that reads several values, those of the first. */
export function leadingTo({ calls }: Topology, end: TensorRef | undefined): LayerCall[] {
  const path: LayerCall[] = [];
  const giving = (ref?: TensorRef) => calls.find(({ layer, node }) => layer === ref?.layer && node === ref.node);
  for (let call = giving(end); call !== undefined; call = giving(call.inputs[0])) path.unshift(call);
  return path;
}

/** Where chains come together, and what comes after that. */
export interface Joint {
  readonly call: LayerCall;
  readonly after: readonly LayerCall[];
}

/** The Concatenate layer that the net ends in; undefined where there is none, or Dense layers come after it. */
export function jointOf(topology: Topology): Joint | undefined {
  const path = leadingTo(topology, topology.outputs[0]);
  const at = path.findLastIndex((call) => classOf(topology, call) === "Concatenate");
  const call = path[at];
  const after = path.slice(at + 1);
  const isEnd = after.every((later) => passedThrough.has(classOf(topology, later)));
  return call !== undefined && isEnd ? { call, after } : undefined;
}

/** What is wrong with a joint: a part's targets are to be its own. */
function jointProblems({ layers }: Topology, { call, after }: Joint): string[] {
  const axis = layers.get(call.layer)?.config["axis"] ?? -1;
  const mixing = after.filter(({ layer }) => {
    const { className, config = {} } = layers.get(layer) ?? {};
    return className === "Softmax" || config["activation"] === "softmax";
  });
  return [
    ...(axis === -1 || axis === 1 ? [] : [`${call.layer} joins another axis than that of the units`]),
    ...mixing.map(({ layer }) => `${layer} mixes the units of several parts`),
  ];
}

/** What keeps the net from being chains side by side, layer by layer. */
export function problemsOf(topology: Topology, joint: Joint | undefined): string[] {
  const { calls, inputs, outputs } = topology;
  const branching = calls.flatMap((call) => {
    if (call === joint?.call) return [];
    const className = classOf(topology, call);
    if (className !== "Dense" && !passedThrough.has(className)) return [`${call.layer} is a ${className} layer`];
    return call.inputs.length > 1 ? [`${call.layer} reads ${call.inputs.length} layers`] : [];
  });
  const read = calls.flatMap(({ inputs: refs }) => refs.map(({ layer }) => layer));
  const again = new Set(read.filter((layer, at) => read.indexOf(layer) < at));
  // Every part reads the landmarks.
  if (joint !== undefined) again.delete(inputs[0]?.layer ?? "");
  const ends = inputs.length === 1 && outputs.length === 1 ? [] : ["it has several inputs or outputs"];
  const joining = joint === undefined ? [] : jointProblems(topology, joint);
  return [...ends, ...branching, ...joining, ...[...again].map((layer) => `${layer} is read more than once`)];
}
