/**
 * A net prepared for training: what it asks for beside its inputs.
 * @module
 */
import { z } from "zod";
import { lowerNetwork, type WeightRequest } from "../../export/lower/network.ts";
import type { Layer, LayerCall, TensorRef, Topology } from "../../export/lower/topology.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { AppError } from "../../schemas/errors.ts";

/** A trained weight: `name` is `<layer>/<weight>`. */
export interface Parameter {
  readonly name: string;
  readonly dims: readonly number[];
}

/** A mask that a Dropout layer multiplies its input by: drawn anew for every step. */
export interface Draw {
  readonly name: string;
  readonly rate: number;
  /** Of the mask, the batch first. */
  readonly dims: readonly number[];
}

export interface DrawnNet {
  /** The net with every Dropout as a Multiply by a mask, an input behind the net's own. */
  readonly topology: Topology;
  /** In the order in which lowering asks for them. */
  readonly parameters: readonly Parameter[];
  readonly draws: readonly Draw[];
  /** Of the first input and output, the batch first. */
  readonly inputDims: readonly number[];
  readonly outputDims: readonly number[];
}

const InputConfig = z.object({ batch_input_shape: z.tuple([z.null()]).rest(z.number().int().positive()) });
const DropoutConfig = z.object({ rate: z.number().min(0).lt(1) });

/** Dims of one of the net's inputs for a batch of `rows`. */
function dimsOfInput({ layers }: Topology, { layer }: TensorRef, rows: number): readonly number[] {
  const [, ...features] = InputConfig.parse(layers.get(layer)?.config).batch_input_shape;
  return [rows, ...features];
}

const isDropout = (topology: Topology, { layer }: LayerCall): boolean =>
  topology.layers.get(layer)?.className === "Dropout";

/** A call's mask is an input of its own: a Dropout that is shared draws for each call. */
const maskName = ({ layer, node }: LayerCall): string => (node === 0 ? `${layer}/mask` : `${layer}/mask_${node}`);

/** Lowers the net once, for the shapes: dims of the Dropouts' inputs, and the weights. */
function measure(topology: Topology, dropouts: readonly LayerCall[], rows: number) {
  const builder = new GraphBuilder(topology.name);
  const parameters = new Map<string, Parameter>();
  const weights = ({ layer, weight, dims }: WeightRequest): string => {
    const name = `${layer}/${weight}`;
    if (!parameters.has(name)) builder.input(name, "float32", dims);
    parameters.set(name, { name, dims });
    return name;
  };
  const inputs = topology.inputs.map((ref) => builder.input(ref.layer, "float32", dimsOfInput(topology, ref, rows)));
  const before = dropouts.flatMap((call) => call.inputs.slice(0, 1));
  const outputs = [...before, ...topology.outputs];
  const values = lowerNetwork({ topology: { ...topology, outputs }, mode: "infer", builder, inputs, weights });
  const dimsOf = (value: string | undefined): readonly number[] => builder.info(value ?? "").dims.map(Number);
  return {
    parameters: [...parameters.values()],
    masks: before.map((_, at) => dimsOf(values[at])),
    inputDims: dimsOf(inputs[0]),
    outputDims: dimsOf(values[before.length]),
  };
}

/**
 * Prepares a net for training on batches of `rows`.
 * @throws AppError `bad-model` for layers without a rule, and a dropout rate outside [0, 1).
 */
export function drawnNet(topology: Topology, rows: number): DrawnNet {
  const dropouts = topology.calls.filter((call) => isDropout(topology, call));
  const { masks, ...measured } = measure(topology, dropouts, rows);
  const draws = dropouts.map((call, at): Draw => {
    const config = DropoutConfig.safeParse(topology.layers.get(call.layer)?.config);
    if (config.success) return { name: maskName(call), rate: config.data.rate, dims: masks[at] ?? [] };
    throw new AppError("bad-model", { what: "a dropout rate must be in [0, 1)", where: call.layer });
  });
  const masked = (call: LayerCall): LayerCall =>
    isDropout(topology, call)
      ? { ...call, inputs: [...call.inputs, { layer: maskName(call), node: 0, tensor: 0 }] }
      : call;
  const multiply = (layer: Layer): Layer =>
    layer.className === "Dropout" ? { ...layer, className: "Multiply", config: {} } : layer;
  return {
    topology: {
      ...topology,
      layers: new Map([...topology.layers].map(([name, layer]) => [name, multiply(layer)])),
      calls: topology.calls.map(masked),
      inputs: [...topology.inputs, ...draws.map(({ name }) => ({ layer: name, node: 0, tensor: 0 }))],
    },
    ...measured,
    draws,
  };
}
