/**
 * Lowers a net as it is trained: the export's rules, but for layers that draw or that look at the whole batch.
 * @module
 */
import type { WeightRequest } from "../../export/lower/network.ts";
import { isLayerClass, type LayerClass, layerRules } from "../../export/lower/registry.ts";
import { type BoundRule, oneInput } from "../../export/lower/rule.ts";
import type { LayerCall, TensorRef, Topology } from "../../export/lower/topology.ts";
import type { GraphBuilder } from "../../onnx/builder.ts";
import { AppError } from "../../schemas/errors.ts";
import type { DrawRecipe } from "./draw.ts";
import { batchNormalization } from "./layers/batch-normalization.ts";
import { dropout } from "./layers/dropout.ts";
import { gaussianNoise } from "./layers/gaussian-noise.ts";
import type { TrainingLayer, TrainingRule } from "./training-layer.ts";

/** Layers that are another function while they are trained. */
const trainingLayers: { readonly [C in LayerClass]?: TrainingLayer } = {
  BatchNormalization: batchNormalization,
  Dropout: dropout,
  GaussianNoise: gaussianNoise,
};

/** What {@link lowerForTraining} puts together. */
export interface TrainingParts {
  readonly topology: Topology;
  readonly builder: GraphBuilder;
  /** Values of the net's inputs, of fixed dims. */
  readonly inputs: readonly string[];
  readonly weights: (request: Omit<WeightRequest, "layout">) => string;
  /** True for a weight that stays as it is; a layer whose moving moments do is then used as it is served. */
  readonly isFixed: (weight: string) => boolean;
  /** Random numbers under a name, of the dims of a value. */
  readonly draw: (name: string, recipe: DrawRecipe, like: string) => string;
  /** Told what a weight, `<layer>/<weight>`, is after the step, where that is not its gradient's doing. */
  readonly becomes: (weight: string, value: string) => void;
}

type Lowered = (call: LayerCall, inputs: readonly string[]) => readonly string[];

const key = ({ layer, node, tensor }: TensorRef): string => `${layer}:${node}:${tensor}`;

function trainedRule({ builder, weights, draw, becomes }: TrainingParts, layer: string, rule: TrainingRule): Lowered {
  return ({ node }, inputs) => {
    const x = oneInput(inputs);
    const call = {
      builder: builder.scope(layer),
      x,
      weight: (weight: string, dims: readonly number[]) => weights({ layer, weight, dims }),
      // A layer that is shared draws for each call.
      draw: (name: string, recipe: DrawRecipe) => draw(`${layer}/${name}${node === 0 ? "" : `_${node}`}`, recipe, x),
      becomes: (weight: string, value: string) => becomes(`${layer}/${weight}`, value),
    };
    return [rule(call)];
  };
}

function servedRule({ builder, weights }: TrainingParts, layer: string, rule: BoundRule): Lowered {
  return (_call, inputs) =>
    rule(inputs, {
      builder: builder.scope(layer),
      kernelLayout: "in-out",
      weight: (weight, dims) => weights({ layer, weight, dims }),
    });
}

/** The rule of a layer, or why it has none. */
function ruleOf(parts: TrainingParts, layer: string): Lowered | string {
  const { className = "?", config = {} } = parts.topology.layers.get(layer) ?? {};
  if (!isLayerClass(className)) return "no rule";
  const training = trainingLayers[className];
  const isServed = parts.isFixed(`${layer}/moving_mean`) && parts.isFixed(`${layer}/moving_variance`);
  if (training !== undefined && !isServed) {
    const bound = training(config);
    return typeof bound === "function" ? trainedRule(parts, layer, bound) : bound.problem;
  }
  const rule = layerRules[className](config, isServed ? "infer" : "train");
  return typeof rule === "function" ? servedRule(parts, layer, rule) : rule.notLowered;
}

function rulesOf(parts: TrainingParts): ReadonlyMap<string, Lowered> {
  const { name, layers, calls } = parts.topology;
  const rules = new Map<string, Lowered>();
  const problems: string[] = [];
  for (const layer of new Set(calls.map((call) => call.layer))) {
    const rule = ruleOf(parts, layer);
    if (typeof rule === "function") rules.set(layer, rule);
    else problems.push(`${layer} (${layers.get(layer)?.className ?? "?"}): ${rule}`);
  }
  if (problems.length === 0) return rules;
  throw new AppError("bad-model", {
    what: `${problems.length} ${problems.length === 1 ? "layer" : "layers"} cannot be trained`,
    where: name,
    examples: problems,
  });
}

/**
 * Lowers a net for training and returns the values of its outputs, in order.
 * @throws AppError `bad-model` naming all layers without a rule, or the layer whose weights or inputs do not fit.
 */
export function lowerForTraining(parts: TrainingParts): readonly string[] {
  const { topology, inputs } = parts;
  const rules = rulesOf(parts);
  const values = new Map(topology.inputs.map((ref, at) => [key(ref), inputs[at]]));
  const valueOf = (ref: TensorRef): string => {
    const value = values.get(key(ref));
    if (value !== undefined) return value;
    throw new AppError("bad-model", { what: "a layer has no such output", where: ref.layer, got: key(ref) });
  };
  for (const call of topology.calls) {
    const { layer, node } = call;
    if (values.has(key({ layer, node, tensor: 0 }))) continue;
    const outputs = rules.get(layer)?.(call, call.inputs.map(valueOf)) ?? [];
    for (const [tensor, value] of outputs.entries()) values.set(key({ layer, node, tensor }), value);
  }
  return topology.outputs.map(valueOf);
}
