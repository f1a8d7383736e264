import type { GraphBuilder } from "../../onnx/builder.ts";
import { AppError, isAppError } from "../../schemas/index.ts";
import { isLayerClass, layerClasses, layerRules } from "./registry.ts";
import type { BoundRule, KernelLayout, Mode } from "./rule.ts";
import type { LayerCall, TensorRef, Topology } from "./topology.ts";

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

/** Binds every layer in use, or reports all that cannot be lowered at once, by class and path. */
function bindLayers({ name, layers, calls }: Topology, mode: Mode): Map<string, BoundRule> {
  const bound = new Map<string, BoundRule>();
  const problems: string[] = [];
  for (const layer of new Set(calls.map((call) => call.layer))) {
    const { className = "?", config = {} } = layers.get(layer) ?? {};
    const rule = isLayerClass(className) ? layerRules[className](config, mode) : { notLowered: "no rule" };
    if (typeof rule === "function") bound.set(layer, rule);
    else problems.push(`${name}/${layer} (${className}): ${rule.notLowered}`);
  }
  if (problems.length > 0)
    throw new AppError("bad-model", {
      what: `${problems.length} ${problems.length === 1 ? "layer" : "layers"} cannot be exported`,
      where: name,
      examples: problems,
      advice: `Rebuild the model from layers that can be exported: ${layerClasses.join(", ")}`,
    });
  return bound;
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
    for (const [tensor, value] of (outputs ?? []).entries()) values.set(key({ layer, node, tensor }), value);
  };
  for (const call of topology.calls)
    try {
      lower(call);
    } catch (error) {
      throw located(error, `${topology.name}/${call.layer}`);
    }
  return topology.outputs.map(valueOf);
}
