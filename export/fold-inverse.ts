import type { GraphBuilder } from "../onnx/builder.ts";
import { scaledTranspose } from "./initializers.ts";
import { ActivationField } from "./lower/activations.ts";
import type { WeightSource } from "./lower/network.ts";
import type { Topology } from "./lower/topology.ts";
import { type LayersModel, weightOf } from "./read/layers-model.ts";
import { valuesOf } from "./read/weight-data.ts";

/** The affine map from z units to native ones, per target: native = z · scale + offset. */
export interface Inverse {
  readonly scale: ArrayLike<number>;
  readonly offset: ArrayLike<number>;
}

/** The name of the net's last layer if it is a linear Dense called once: only that can take an affine map exactly. */
export function linearHead({ layers, calls, outputs }: Topology): string | undefined {
  const [output] = outputs;
  const head = outputs.length === 1 && output !== undefined ? layers.get(output.layer) : undefined;
  if (head?.className !== "Dense" || calls.filter(({ layer }) => layer === head.name).length !== 1) return undefined;
  return ActivationField.safeParse(head.config["activation"]).data === "linear" ? head.name : undefined;
}

/** The topology with a bias in its head: the inverse needs one even where the net has none. */
export function withHeadBias<T extends Topology>(topology: T, head: string): T {
  const layers = [...topology.layers].map(([name, layer]): [string, typeof layer] => [
    name,
    name === head ? { ...layer, config: { ...layer.config, use_bias: true } } : layer,
  ]);
  return { ...topology, layers: new Map(layers) };
}

/**
 * A {@link WeightSource} whose head answers in native units: (h·W + b)·s + m = h·(W·s) + (b·s + m), multiplied out in
 * float64 and rounded once. The head's kernel becomes `[T, H]`.
 */
export function foldInverse(
  weights: WeightSource,
  { model, builder, head, inverse }: { model: LayersModel; builder: GraphBuilder; head: string; inverse: Inverse },
): WeightSource {
  const biased = model.layers.get(head)?.config["use_bias"] !== false;
  return (request) => {
    if (request.layer !== head) return weights(request);
    const name = `${head}/${request.weight}`;
    if (request.weight === "kernel") {
      return builder.initializer(name, scaledTranspose(weightOf(model, request), { scale: inverse.scale }));
    }
    const [length = 0] = request.dims;
    const bias = biased ? valuesOf(weightOf(model, request)) : new Float32Array(length);
    const folded = bias.map((b, t) => b * (inverse.scale[t] ?? 1) + (inverse.offset[t] ?? 0));
    return builder.initializer(name, { type: "float32", dims: request.dims, data: folded });
  };
}
