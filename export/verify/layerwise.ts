import type { HostTensor } from "../../runtime/session.ts";
import { AppError } from "../../schemas/index.ts";
import type { LayerCall, TensorRef } from "../lower/topology.ts";
import { type LayersModel, weightOf } from "../read/layers-model.ts";
import { valuesOf } from "../read/weight-data.ts";
import { denseProduct } from "./dense-product.ts";
import { predictLayer, weightsOfLayer } from "./one-layer.ts";

/** Values of a net by {@link refKey}, in the order in which they are computed. */
export type LayerValues = ReadonlyMap<string, HostTensor>;

/** How a value is found: which output of which call of which layer. */
export function refKey({ layer, node, tensor }: TensorRef): string {
  return `${layer}:${node}:${tensor}`;
}

/** From this size on a Dense kernel is read in panels rather than given to tfjs: 16 MiB. */
const largeKernel = 2 ** 22;

/** What {@link predictLayerwise} may be told. */
export interface LayerwiseOptions {
  /** Elements above which a Dense kernel is multiplied in panels, in float64; 2²² by default. */
  readonly panelsAbove?: number;
  readonly signal?: AbortSignal | undefined;
}

/** x·W + b of a Dense layer over the last axis of x, in float64, rounded once. */
function affine(model: LayersModel, layer: string, x: HostTensor): HostTensor {
  const { config = {} } = model.layers.get(layer) ?? {};
  const [width, units] = [x.dims.at(-1) ?? 1, Number(config["units"])];
  const kernel = weightOf(model, { layer, weight: "kernel", dims: [width, units], layout: "in-out" });
  const sums = denseProduct(Float32Array.from(x.data, Number), kernel);
  if (config["use_bias"] !== false) {
    const bias = valuesOf(weightOf(model, { layer, weight: "bias", dims: [units], layout: "in-out" }));
    for (let cell = 0; cell < sums.length; cell++) sums[cell] = (sums[cell] as number) + (bias[cell % units] as number);
  }
  return { type: "float32", dims: [...x.dims.slice(0, -1), units], data: Float32Array.from(sums) };
}

/** A Dense layer whose kernel is large: the product in panels, the activation by tfjs. */
async function predictDense(model: LayersModel, layer: string, x: HostTensor): Promise<readonly HostTensor[]> {
  const sums = affine(model, layer, x);
  const activation = model.layers.get(layer)?.config["activation"] ?? "linear";
  if (activation === "linear") return [sums];
  const task = { layer: { className: "Activation", config: { activation, trainable: false } }, weights: new Map() };
  return predictLayer({ ...task, inputs: [sums], outputs: 1 });
}

/** Elements of the kernel that a layer applies to x; 0 for a layer that is not Dense. */
function denseKernel({ layers }: LayersModel, layer: string, x: HostTensor): number {
  const { className, config } = layers.get(layer) ?? {};
  return className === "Dense" ? (x.dims.at(-1) ?? 0) * Number(config?.["units"]) : 0;
}

/** How many tensors of a call are read by others or are the model's. */
function outputsOf({ calls, outputs }: LayersModel, { layer, node }: LayerCall): number {
  const refs = [...calls.flatMap(({ inputs }) => inputs), ...outputs];
  const used = refs.filter((ref) => ref.layer === layer && ref.node === node).map(({ tensor }) => tensor);
  return Math.max(0, ...used) + 1;
}

/**
 * Every value of a net, computed layer by layer whatever its wiring: large Dense kernels in float64 by panels
 * ({@link denseProduct}), everything else by tfjs, one layer at a time. No more than one layer's weights are in memory.
 * @param inputs one tensor for each of the model's inputs, in order
 * @throws AppError `bad-model` when tfjs cannot load or run a layer, `cancelled`.
 */
export async function predictLayerwise(
  model: LayersModel,
  inputs: readonly HostTensor[],
  { panelsAbove = largeKernel, signal }: LayerwiseOptions = {},
): Promise<LayerValues> {
  const values = new Map<string, HostTensor>();
  for (const [i, ref] of model.inputs.entries()) {
    const input = inputs[i];
    if (input !== undefined) values.set(refKey(ref), input);
  }
  for (const call of model.calls) {
    const { layer, node } = call;
    if (values.has(refKey({ layer, node, tensor: 0 }))) continue;
    if (signal?.aborted) throw new AppError("cancelled", { what: "the verification was cancelled" });
    const given = call.inputs.flatMap((ref) => values.get(refKey(ref)) ?? []);
    const [x] = given;
    const results =
      x !== undefined && denseKernel(model, layer, x) > panelsAbove
        ? await predictDense(model, layer, x)
        : await predictLayer({
            layer: model.layers.get(layer) ?? { className: "?", config: {} },
            weights: weightsOfLayer(model, layer),
            inputs: given,
            outputs: outputsOf(model, call),
          });
    for (const [tensor, result] of results.entries()) values.set(refKey({ layer, node, tensor }), result);
  }
  return values;
}
