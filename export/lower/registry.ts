import { activation } from "./layers/activation.ts";
import { batchNormalization } from "./layers/batch-normalization.ts";
import { dense } from "./layers/dense.ts";
import { inputLayer } from "./layers/input-layer.ts";
import { layerNormalization } from "./layers/layer-normalization.ts";
import { add, average, concatenate, maximum, minimum, multiply } from "./layers/merges.ts";
import { noise } from "./layers/noise.ts";
import { elu, leakyRelu, prelu, relu, softmax, thresholdedRelu } from "./layers/rectifiers.ts";
import { flatten, permute, reshape } from "./layers/shapes.ts";
import type { LayerRules } from "./rule.ts";

/** The tfjs layer classes that can be lowered. */
export const layerClasses = [
  "Activation",
  "Add",
  "AlphaDropout",
  "Average",
  "BatchNormalization",
  "Concatenate",
  "Dense",
  "Dropout",
  "ELU",
  "Flatten",
  "GaussianDropout",
  "GaussianNoise",
  "InputLayer",
  "LayerNormalization",
  "LeakyReLU",
  "Maximum",
  "Minimum",
  "Multiply",
  "PReLU",
  "Permute",
  "ReLU",
  "Reshape",
  "Softmax",
  "SpatialDropout1D",
  "ThresholdedReLU",
] as const;
export type LayerClass = (typeof layerClasses)[number];

/** Layer class → its rules; total over classes and modes: a missing rule does not compile. */
export const layerRules: { readonly [C in LayerClass]: LayerRules } = {
  Activation: activation,
  Add: add,
  AlphaDropout: noise,
  Average: average,
  BatchNormalization: batchNormalization,
  Concatenate: concatenate,
  Dense: dense,
  Dropout: noise,
  ELU: elu,
  Flatten: flatten,
  GaussianDropout: noise,
  GaussianNoise: noise,
  InputLayer: inputLayer,
  LayerNormalization: layerNormalization,
  LeakyReLU: leakyRelu,
  Maximum: maximum,
  Minimum: minimum,
  Multiply: multiply,
  PReLU: prelu,
  Permute: permute,
  ReLU: relu,
  Reshape: reshape,
  Softmax: softmax,
  SpatialDropout1D: noise,
  ThresholdedReLU: thresholdedRelu,
};

/** True for a class that the registry has rules for. */
export function isLayerClass(name: string): name is LayerClass {
  return Object.hasOwn(layerRules, name);
}
