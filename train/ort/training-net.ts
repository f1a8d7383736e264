import { z } from "zod";
import type { TensorRef, Topology } from "../../export/lower/topology.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { AppError } from "../../schemas/errors.ts";
import type { Draw } from "./draw.ts";
import { lowerForTraining } from "./lower-for-training.ts";

/** `trained` follows its gradient, `moved` is computed by its layer in every step, `fixed` stays as it is. */
export type Role = "trained" | "moved" | "fixed";

/** A weight of a net: `name` is `<layer>/<weight>`. */
export interface Parameter {
  readonly name: string;
  readonly dims: readonly number[];
  readonly role: Role;
}

/** What a net asks for beside its inputs while it is trained on batches of fixed size. */
export interface TrainingNet {
  /** In the order in which lowering asks for them. */
  readonly parameters: readonly Parameter[];
  readonly draws: readonly Draw[];
  /** Of the first input and output, the batch first. */
  readonly inputDims: readonly number[];
  readonly outputDims: readonly number[];
}

const InputConfig = z.object({ batch_input_shape: z.tuple([z.null()]).rest(z.number().int().positive()) });

/** Dims of one of the net's inputs for a batch of `rows`. */
function dimsOfInput({ layers }: Topology, { layer }: TensorRef, rows: number): readonly number[] {
  const [, ...features] = InputConfig.parse(layers.get(layer)?.config).batch_input_shape;
  return [rows, ...features];
}

/**
 * Lowers a net once, for what it needs.
 * @param isFixed True for the weights that stay as they are.
 * @throws AppError `bad-model` for layers without a rule.
 */
export function trainingNet(topology: Topology, rows: number, isFixed: (weight: string) => boolean): TrainingNet {
  const builder = new GraphBuilder(topology.name);
  const dims = new Map<string, readonly number[]>();
  const draws: Draw[] = [];
  const moved = new Set<string>();
  const dimsOf = (value: string): readonly number[] => builder.info(value).dims.map(Number);
  const inputs = topology.inputs.map((ref) => builder.input(ref.layer, "float32", dimsOfInput(topology, ref, rows)));
  const [prediction] = lowerForTraining({
    topology,
    builder: builder.scope("net"),
    inputs,
    isFixed,
    weights: ({ layer, weight, dims: needed }) => {
      const name = `${layer}/${weight}`;
      if (!dims.has(name)) builder.input(name, "float32", needed);
      dims.set(name, needed);
      return name;
    },
    draw: (name, recipe, like) => {
      draws.push({ name, recipe, dims: dimsOf(like) });
      return builder.input(name, "float32", dimsOf(like));
    },
    becomes: (weight) => void moved.add(weight),
  });
  const [input] = inputs;
  if (input === undefined || prediction === undefined)
    throw new AppError("bad-model", { what: "a net to train needs an input and an output", where: topology.name });
  const roleOf = (name: string): Role => (isFixed(name) ? "fixed" : moved.has(name) ? "moved" : "trained");
  const parameters = [...dims].map(([name, own]): Parameter => ({ name, dims: own, role: roleOf(name) }));
  return { parameters, draws, inputDims: dimsOf(input), outputDims: dimsOf(prediction) };
}
