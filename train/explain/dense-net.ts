import type { WeightRequest } from "../../export/lower/network.ts";
import type { Layer, LayerCall, TensorRef, Topology } from "../../export/lower/topology.ts";
import { AppError } from "../../schemas/errors.ts";
import { jointOf, leadingTo, problemsOf } from "./side-by-side.ts";

/** A Dense layer of a chain; its kernel is read when it is asked for, and belongs to the receiver. */
export interface ChainLayer {
  readonly name: string;
  readonly inputs: number;
  readonly units: number;
  /** `[inputs, units]`, row-major. */
  readonly kernel: () => Float32Array;
}

/** Dense layers that feed one another, from the net's input to targets of their own. */
export interface DenseChain {
  /** Place of its first target in the net's output. */
  readonly first: number;
  readonly targets: number;
  /** At least one. */
  readonly layers: readonly [ChainLayer, ...ChainLayer[]];
  /** From the input to its targets, in order. */
  readonly calls: readonly LayerCall[];
}

/** What weight maps are drawn of: one chain, or chains side by side whose targets follow one another. */
export interface DenseNet {
  readonly inputs: number;
  readonly outputs: number;
  readonly parts: readonly [DenseChain, ...DenseChain[]];
}

/** Gives the values of a weight, an array of the receiver's own. */
export type ReadWeight = (request: Pick<WeightRequest, "layer" | "weight" | "dims">) => Float32Array;

/** Width of the input: the last dimension of its batch shape. */
function inputWidth({ config }: Layer): number {
  const shape = config["batch_input_shape"];
  const width: unknown = Array.isArray(shape) ? shape.at(-1) : undefined;
  return typeof width === "number" ? width : 0;
}

/**
 * The Dense layers of a net from landmarks to targets, in order: one chain, or one for each part of the targets, all of
 * which read the landmarks and end in one Concatenate layer.
 * @throws AppError `bad-model` naming every layer by which the net is no such chains.
 */
export function denseNet(topology: Topology, read: ReadWeight, where: string): DenseNet {
  const joint = jointOf(topology);
  const problems = problemsOf(topology, joint);
  if (problems.length > 0)
    throw new AppError("bad-model", {
      what: "only chains of Dense layers can be explained by their weights",
      where,
      examples: problems,
      advice: "Explain a net without branches: linear models and D-GEX, of one net or of several side by side",
    });
  const input = topology.layers.get(topology.inputs[0]?.layer ?? "");
  const inputs = input === undefined ? 0 : inputWidth(input);
  let outputs = 0;
  const chainTo = (end: TensorRef): DenseChain => {
    const calls = leadingTo(topology, end);
    let width = inputs;
    const [one, ...others] = calls.flatMap(({ layer: name }): ChainLayer[] => {
      const layer = topology.layers.get(name);
      if (layer?.className !== "Dense") return [];
      const units = Number(layer.config["units"]);
      const dims = [width, units];
      const found = { name, inputs: width, units, kernel: () => read({ layer: name, weight: "kernel", dims }) };
      width = units;
      return [found];
    });
    if (one === undefined || inputs < 1)
      throw new AppError("bad-model", { what: `no Dense layer leads to ${end.layer}`, where });
    const first = outputs;
    outputs += width;
    return { first, targets: width, layers: [one, ...others], calls };
  };
  const [first, ...rest] = joint?.call.inputs ?? topology.outputs;
  if (first === undefined) throw new AppError("bad-model", { what: "the net has no output", where });
  const parts: DenseNet["parts"] = [chainTo(first), ...rest.map(chainTo)];
  return { inputs, outputs, parts };
}

/**
 * The net up to the activations of the last hidden layer of every part, the input of its last Dense layer: an output a
 * part. Undefined where a part has no hidden layer.
 */
export function lastHidden(topology: Topology, { parts }: Pick<DenseNet, "parts">): Topology | undefined {
  if (parts.some(({ layers }) => layers.length < 2)) return undefined;
  const needed = new Set<LayerCall>();
  const outputs = parts.flatMap(({ calls }) => {
    const last = calls.findLastIndex(({ layer }) => topology.layers.get(layer)?.className === "Dense");
    for (const call of calls.slice(0, last)) needed.add(call);
    return calls[last]?.inputs ?? [];
  });
  return { ...topology, calls: topology.calls.filter((call) => needed.has(call)), outputs };
}
