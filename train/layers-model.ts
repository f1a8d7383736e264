/**
 * A tfjs LayersModel as plain data: what `tf.loadLayersModel` reads (`model.json` and one `weights.bin`).
 * Written without tfjs, so that a model larger than tfjs' heap can be trained and exported.
 * @module
 */
import type { LayerClass } from "../export/lower/registry.ts";

/** A weight of a layer: `name` is `<layer>/<weight>`, row-major float32. */
export interface LayerWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A layer's place in the net. */
interface Placed {
  /** Unique in the net, and not `landmarks`. */
  readonly name: string;
  /** Names of the layers it reads, earlier ones or `landmarks`; absent: the layer before it, the input for the first. */
  readonly reads?: readonly string[];
}

/** A Dense layer; `kernel` is `[inputs, units]`. */
export interface DenseLayer extends Placed {
  readonly kind: "dense";
  readonly units: number;
  readonly activation: string;
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

export interface DropoutLayer extends Placed {
  readonly kind: "dropout";
  /** Share of activations dropped during training. */
  readonly rate: number;
}

/** A layer of any class that can be exported; `stock-layers.ts` makes them. */
export interface StockLayer extends Placed {
  readonly kind: "stock";
  readonly className: LayerClass;
  /** Keras' configuration but for the name. */
  readonly config: Readonly<Record<string, unknown>>;
  /** In tfjs' order; names without the layer's. */
  readonly weights: readonly LayerWeight[];
}

export type NetLayer = DenseLayer | DropoutLayer | StockLayer;

/** A feed-forward net from z landmarks to z targets: the output of its last layer. */
export interface LayersModel {
  readonly name: string;
  readonly inputs: number;
  /** Each after the layers it reads. */
  readonly layers: readonly NetLayer[];
}

/** The name of the net's input. */
export const inputName = "landmarks";

/** The class of a layer and its configuration as tfjs saves it. */
export function layerConfig(layer: NetLayer): { className: LayerClass; config: Record<string, unknown> } {
  const { name } = layer;
  switch (layer.kind) {
    case "dropout":
      return { className: "Dropout", config: { name, rate: layer.rate, trainable: true } };
    case "stock":
      return { className: layer.className, config: { name, ...layer.config, trainable: true, dtype: "float32" } };
    case "dense": {
      const { units, activation } = layer;
      const config = { name, units, activation, use_bias: true, trainable: true, dtype: "float32" };
      return { className: "Dense", config };
    }
  }
}

/** The layers that each layer reads, by name and in the net's order. */
export function readsOf({ layers }: Pick<LayersModel, "layers">): (readonly string[])[] {
  return layers.map(({ reads }, at) => reads ?? [layers[at - 1]?.name ?? inputName]);
}

/** The weights in the order of `weights.bin`. */
export function weightsOf({ layers }: LayersModel): LayerWeight[] {
  return layers.flatMap((layer): LayerWeight[] => {
    const { name } = layer;
    switch (layer.kind) {
      case "dropout":
        return [];
      case "stock":
        return layer.weights.map((weight) => ({ ...weight, name: `${name}/${weight.name}` }));
      case "dense": {
        const { units, kernel, bias } = layer;
        return [
          { name: `${name}/kernel`, shape: [kernel.length / units, units], values: kernel },
          { name: `${name}/bias`, shape: [units], values: bias },
        ];
      }
    }
  });
}

/** The weights by name; the arrays are the net's own. */
export function weightsByName(model: LayersModel): Map<string, Float32Array> {
  return new Map(weightsOf(model).map(({ name, values }) => [name, values]));
}

/** The net with other weights, `<layer>/<weight>`; those not given stay. */
export function withWeights(model: LayersModel, weights: ReadonlyMap<string, Float32Array>): LayersModel {
  const layers = model.layers.map((layer): NetLayer => {
    const given = (weight: string, own: Float32Array) => weights.get(`${layer.name}/${weight}`) ?? own;
    switch (layer.kind) {
      case "dropout":
        return layer;
      case "stock":
        return {
          ...layer,
          weights: layer.weights.map((weight) => ({ ...weight, values: given(weight.name, weight.values) })),
        };
      case "dense":
        return { ...layer, kernel: given("kernel", layer.kernel), bias: given("bias", layer.bias) };
    }
  });
  return { ...model, layers };
}

/** A net whose layers follow one another is Sequential, any other a functional Model. */
function topologyJson(model: LayersModel): object {
  const { name, inputs, layers } = model;
  const input = {
    class_name: "InputLayer",
    config: { batch_input_shape: [null, inputs], dtype: "float32", sparse: false, name: inputName },
  };
  const stated = layers.map((layer) => {
    const { className, config } = layerConfig(layer);
    return { class_name: className, config };
  });
  if (layers.every(({ reads }) => reads === undefined))
    return { class_name: "Sequential", config: { name, layers: [input, ...stated] } };
  const reads = readsOf(model);
  const wired = stated.map((layer, at) => ({
    name: layers[at]?.name,
    ...layer,
    inbound_nodes: [(reads[at] ?? []).map((read) => [read, 0, 0, {}])],
  }));
  return {
    class_name: "Model",
    config: {
      name,
      layers: [{ name: inputName, ...input, inbound_nodes: [] }, ...wired],
      input_layers: [[inputName, 0, 0]],
      output_layers: [[layers.at(-1)?.name ?? inputName, 0, 0]],
    },
  };
}

/** `model.json` of the LayersModel: Keras topology and weights manifest, no timestamps. */
export function modelJson(model: LayersModel, generatedBy: string): string {
  const topology = { ...topologyJson(model), keras_version: "tfjs-layers 4.22.0", backend: "tensor_flow.js" };
  const weights = weightsOf(model).map(({ name, shape }) => ({ name, shape, dtype: "float32" }));
  return `${JSON.stringify(
    {
      modelTopology: topology,
      format: "layers-model",
      generatedBy,
      convertedBy: null,
      weightsManifest: [{ paths: ["weights.bin"], weights }],
    },
    null,
    1,
  )}\n`;
}

/** Parameters of the model: weights and biases. */
export function parameterCount(model: LayersModel): number {
  return weightsOf(model).reduce((sum, { values }) => sum + values.length, 0);
}
