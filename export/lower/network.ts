import type { GraphBuilder } from "../../onnx/builder.ts";
import type { Dim } from "../../onnx/graph.ts";
import { AppError, isAppError } from "../../schemas/index.ts";
import { isLayerClass, layerRules } from "./registry.ts";
import type { BoundRule, KernelLayout, Mode } from "./rule.ts";
import type { Layer, LayerCall, TensorRef, Topology } from "./topology.ts";

/** A layer's need of a weight, `dims` in tfjs' order whatever the layout asked for. */
export interface WeightRequest {
  readonly layer: string;
  readonly weight: string;
  readonly dims: readonly number[];
  readonly layout: KernelLayout;
}

/** Gives the value that holds a weight; the same request gives the same value (shared layers ask again). */
export type WeightSource = (request: WeightRequest) => string;

/** What {@link lowerNetwork} puts together. */
export interface NetworkParts {
  readonly topology: Topology;
  readonly mode: Mode;
  /** Where the nodes go; names begin with `<layer>/`. */
  readonly builder: GraphBuilder;
  /** Values of the model's inputs, in their order. */
  readonly inputs: readonly string[];
  readonly weights: WeightSource;
  /** Layers whose kernel is to be stored `[out, in]`. */
  readonly outInKernels?: ReadonlySet<string>;
}

const key = ({ layer, node, tensor }: TensorRef): string => `${layer}:${node}:${tensor}`;

/** Layers that give a mask to those behind. */
const givesMask = ({ className, config }: Omit<Layer, "name">): boolean =>
  className === "Masking" || (className === "Embedding" && config["mask_zero"] === true);

/** Layers whose result depends on a mask, behind one that gives it: masks are not lowered. */
function layersHeedingMasks({ layers, calls }: Topology): ReadonlySet<string> {
  const masked = new Set<string>();
  const heeding = new Set<string>();
  for (const { layer, node, inputs } of calls) {
    const { className = "?", config = {} } = layers.get(layer) ?? {};
    const isBehind = inputs.some((ref) => masked.has(`${ref.layer}:${ref.node}`));
    if (isBehind && className === "Softmax") heeding.add(layer);
    if (isBehind || givesMask({ className, config })) masked.add(`${layer}:${node}`);
  }
  return heeding;
}

/** Binds every layer in use, or reports all that cannot be lowered at once, by class and path. */
function bindLayers(topology: Topology, mode: Mode): Map<string, BoundRule> {
  const { name, layers, calls } = topology;
  const heeding = layersHeedingMasks(topology);
  const bound = new Map<string, BoundRule>();
  const problems: string[] = [];
  for (const layer of new Set(calls.map((call) => call.layer))) {
    const { className = "?", config = {} } = layers.get(layer) ?? {};
    const known = isLayerClass(className) ? layerRules[className](config, mode) : { notLowered: "no rule" };
    const rule = heeding.has(layer) ? { notLowered: "would heed the mask of a layer before it" } : known;
    if (typeof rule === "function") bound.set(layer, rule);
    else problems.push(`${name}/${layer} (${className}): ${rule.notLowered}`);
  }
  if (problems.length > 0)
    throw new AppError("bad-model", {
      what: `${problems.length} ${problems.length === 1 ? "layer" : "layers"} cannot be exported`,
      where: name,
      examples: problems,
      advice:
        "Rebuild the model from layers that docs/support.md lists as exported, or report the layer that is missed",
    });
  return bound;
}

/** Elements that one sample's value may have: 1 GiB of float32. What a hostile file states is refused here. */
const largestValue = 2 ** 28;

function requireBounded(dims: readonly Dim[]): void {
  const elements = dims.reduce<number>((product, dim) => product * (typeof dim === "number" ? dim : 1), 1);
  if (elements > largestValue)
    throw new AppError("bad-model", {
      what: "the layer's output is larger than any that can be computed",
      expected: `at most ${largestValue} values a sample`,
      got: `[${dims.join(", ")}]`,
    });
}

/** An error of a rule with the layer's path in front. */
function located(error: unknown, where: string): unknown {
  if (!isAppError(error)) return error;
  const inner = error.fault.where;
  return new AppError(
    error.tag,
    { ...error.fault, where: inner === undefined ? where : `${where}: ${inner}` },
    { cause: error },
  );
}

/**
 * Lowers a net into `builder` and returns the values of its outputs, in order.
 * @throws AppError `bad-model` naming all layers without a rule, or the layer whose weights or inputs do not fit.
 */
export function lowerNetwork(parts: NetworkParts): readonly string[] {
  const { topology, mode, builder, inputs, weights, outInKernels = new Set() } = parts;
  const rules = bindLayers(topology, mode);
  const values = new Map(topology.inputs.map((ref, i) => [key(ref), inputs[i]]));
  const valueOf = (ref: TensorRef): string => {
    const value = values.get(key(ref));
    if (value !== undefined) return value;
    throw new AppError("bad-model", {
      what: "a layer has no such output",
      where: `${topology.name}/${ref.layer}`,
      got: key(ref),
    });
  };
  const lower = ({ layer, node, inputs: refs }: LayerCall): void => {
    if (values.has(key({ layer, node, tensor: 0 }))) return;
    const outputs = rules.get(layer)?.(refs.map(valueOf), {
      builder: builder.scope(layer),
      kernelLayout: outInKernels.has(layer) ? "out-in" : "in-out",
      weight: (weight, dims, layout = "in-out") => weights({ layer, weight, dims, layout }),
    });
    for (const [tensor, value] of (outputs ?? []).entries()) {
      requireBounded(builder.info(value).dims);
      values.set(key({ layer, node, tensor }), value);
    }
  };
  for (const call of topology.calls)
    try {
      lower(call);
    } catch (error) {
      throw located(error, `${topology.name}/${call.layer}`);
    }
  return topology.outputs.map(valueOf);
}
