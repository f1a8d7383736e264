import type { WeightRequest } from "../../export/lower/network.ts";
import type { Layer, Topology } from "../../export/lower/topology.ts";
import { AppError } from "../../schemas/errors.ts";

/** A Dense layer of a chain; its kernel is read when it is asked for, and belongs to the receiver. */
export interface ChainLayer {
  readonly name: string;
  readonly inputs: number;
  readonly units: number;
  /** `[inputs, units]`, row-major. */
  readonly kernel: () => Float32Array;
}

/** A net in which every Dense layer feeds the next: what weight maps are drawn of. */
export interface DenseChain {
  readonly inputs: number;
  readonly outputs: number;
  /** At least one. */
  readonly layers: readonly [ChainLayer, ...ChainLayer[]];
}

/** Gives the values of a weight, an array of the receiver's own. */
export type ReadWeight = (request: Pick<WeightRequest, "layer" | "weight" | "dims">) => Float32Array;

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

/** Width of the input: the last dimension of its batch shape. */
function inputWidth({ config }: Layer): number {
  const shape = config["batch_input_shape"];
  const width: unknown = Array.isArray(shape) ? shape.at(-1) : undefined;
  return typeof width === "number" ? width : 0;
}

/** What keeps the net from being a chain, layer by layer. */
function problemsOf({ layers, calls, inputs, outputs }: Topology): string[] {
  const branching = calls.flatMap(({ layer, inputs: refs }) => {
    const className = layers.get(layer)?.className ?? "?";
    if (className !== "Dense" && !passedThrough.has(className)) return [`${layer} is a ${className} layer`];
    return refs.length > 1 ? [`${layer} reads ${refs.length} layers`] : [];
  });
  const read = calls.flatMap(({ inputs: refs }) => refs.map(({ layer }) => layer));
  const shared = read.filter((layer, at) => read.indexOf(layer) < at);
  const ends = inputs.length === 1 && outputs.length === 1 ? [] : ["it has several inputs or outputs"];
  return [...ends, ...branching, ...[...new Set(shared)].map((layer) => `${layer} is read more than once`)];
}

/**
 * The Dense layers of a net from landmarks to targets, in order.
 * @throws AppError `bad-model` naming every layer by which the net is no chain of Dense layers.
 */
export function denseChain(topology: Topology, read: ReadWeight, where: string): DenseChain {
  const problems = problemsOf(topology);
  if (problems.length > 0)
    throw new AppError("bad-model", {
      what: "only chains of Dense layers can be explained by their weights",
      where,
      examples: problems,
      advice:
        "Explain a net without branches: linear models and D-GEX of one net are chains. The nets of a D-GEX in parts " +
        "are chains each: explain the *_model folders under the run's dgex folder",
    });
  const input = topology.layers.get(topology.inputs[0]?.layer ?? "");
  let width = input === undefined ? 0 : inputWidth(input);
  const inputs = width;
  const chain = topology.calls.flatMap(({ layer: name }): ChainLayer[] => {
    const layer = topology.layers.get(name);
    if (layer?.className !== "Dense") return [];
    const units = Number(layer.config["units"]);
    const dims = [width, units];
    const found = { name, inputs: width, units, kernel: () => read({ layer: name, weight: "kernel", dims }) };
    width = units;
    return [found];
  });
  const [first, ...rest] = chain;
  if (first === undefined || inputs < 1) throw new AppError("bad-model", { what: "the net has no Dense layer", where });
  return { inputs, outputs: width, layers: [first, ...rest] };
}

/**
 * The net up to the activations of its last hidden layer, the input of the last Dense layer; undefined where there is no
 * hidden layer.
 */
export function lastHidden(topology: Topology): Topology | undefined {
  const dense = topology.calls.filter(({ layer }) => topology.layers.get(layer)?.className === "Dense");
  const last = dense.at(-1);
  const [output] = last?.inputs ?? [];
  if (last === undefined || output === undefined || dense.length < 2) return undefined;
  return { ...topology, calls: topology.calls.slice(0, topology.calls.indexOf(last)), outputs: [output] };
}
