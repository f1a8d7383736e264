/**
 * A tfjs LayersModel as plain data: what `tf.loadLayersModel` reads (`model.json` and one `weights.bin`).
 * Written without tfjs, so that a model larger than tfjs' heap can be trained and exported.
 * @module
 */

/** A weight of a layer: `name` is `<layer>/<weight>`, row-major float32. */
export interface LayerWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A Dense layer of a Sequential model; `kernel` is `[inputs, units]`. */
export interface DenseLayer {
  readonly kind: "dense";
  readonly name: string;
  readonly units: number;
  readonly activation: string;
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

export interface DropoutLayer {
  readonly kind: "dropout";
  readonly name: string;
  /** Share of activations dropped during training. */
  readonly rate: number;
}

/** A feed-forward net from z landmarks to z targets. */
export interface LayersModel {
  readonly name: string;
  readonly inputs: number;
  readonly layers: readonly (DenseLayer | DropoutLayer)[];
}

function layerConfig(layer: DenseLayer | DropoutLayer): object {
  if (layer.kind === "dropout")
    return { class_name: "Dropout", config: { name: layer.name, rate: layer.rate, trainable: true } };
  const { name, units, activation } = layer;
  return {
    class_name: "Dense",
    config: { name, units, activation, use_bias: true, trainable: true, dtype: "float32" },
  };
}

/** The weights in the order of `weights.bin`. */
export function weightsOf({ inputs, layers }: LayersModel): LayerWeight[] {
  let width = inputs;
  return layers.flatMap((layer): LayerWeight[] => {
    if (layer.kind === "dropout") return [];
    const { name, units, kernel, bias } = layer;
    const weights = [
      { name: `${name}/kernel`, shape: [width, units], values: kernel },
      { name: `${name}/bias`, shape: [units], values: bias },
    ];
    width = units;
    return weights;
  });
}

/** `model.json` of the LayersModel: Keras topology and weights manifest, no timestamps. */
export function modelJson(model: LayersModel, generatedBy: string): string {
  const input = {
    class_name: "InputLayer",
    config: { batch_input_shape: [null, model.inputs], dtype: "float32", sparse: false, name: "landmarks" },
  };
  const topology = {
    class_name: "Sequential",
    config: { name: model.name, layers: [input, ...model.layers.map(layerConfig)] },
    keras_version: "tfjs-layers 4.22.0",
    backend: "tensor_flow.js",
  };
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
