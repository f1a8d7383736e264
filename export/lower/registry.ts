import { activation } from "./layers/activation.ts";
import { batchNormalization } from "./layers/batch-normalization.ts";
import { cropping2D, upSampling2D, zeroPadding2D } from "./layers/borders.ts";
import { conv1D, conv2D, conv3D } from "./layers/convolutions.ts";
import { dense } from "./layers/dense.ts";
import { depthwiseConv2D, separableConv2D } from "./layers/depthwise-convolutions.ts";
import { dot } from "./layers/dot.ts";
import { embedding } from "./layers/embedding.ts";
import { inputLayer } from "./layers/input-layer.ts";
import { layerNormalization } from "./layers/layer-normalization.ts";
import { masking } from "./layers/masking.ts";
import { add, average, concatenate, maximum, minimum, multiply } from "./layers/merges.ts";
import { noise } from "./layers/noise.ts";
import {
  averagePooling1D,
  averagePooling2D,
  averagePooling3D,
  globalAveragePooling1D,
  globalAveragePooling2D,
  globalMaxPooling1D,
  globalMaxPooling2D,
  maxPooling1D,
  maxPooling2D,
  maxPooling3D,
} from "./layers/pools.ts";
import { elu, leakyRelu, prelu, relu, softmax, thresholdedRelu } from "./layers/rectifiers.ts";
import { rescaling } from "./layers/rescaling.ts";
import { flatten, permute, repeatVector, reshape } from "./layers/shapes.ts";
import { conv2DTranspose, conv3DTranspose } from "./layers/transposed-convolutions.ts";
import type { LayerRules } from "./rule.ts";

/** The tfjs layer classes that can be lowered. */
export const layerClasses = [
  "Activation",
  "Add",
  "AlphaDropout",
  "Average",
  "AveragePooling1D",
  "AveragePooling2D",
  "AveragePooling3D",
  "BatchNormalization",
  "Concatenate",
  "Conv1D",
  "Conv2D",
  "Conv2DTranspose",
  "Conv3D",
  "Conv3DTranspose",
  "Cropping2D",
  "Dense",
  "DepthwiseConv2D",
  "Dot",
  "Dropout",
  "ELU",
  "Embedding",
  "Flatten",
  "GaussianDropout",
  "GaussianNoise",
  "GlobalAveragePooling1D",
  "GlobalAveragePooling2D",
  "GlobalMaxPooling1D",
  "GlobalMaxPooling2D",
  "InputLayer",
  "LayerNormalization",
  "LeakyReLU",
  "Masking",
  "MaxPooling1D",
  "MaxPooling2D",
  "MaxPooling3D",
  "Maximum",
  "Minimum",
  "Multiply",
  "PReLU",
  "Permute",
  "ReLU",
  "RepeatVector",
  "Rescaling",
  "Reshape",
  "SeparableConv2D",
  "Softmax",
  "SpatialDropout1D",
  "ThresholdedReLU",
  "UpSampling2D",
  "ZeroPadding2D",
] as const;
export type LayerClass = (typeof layerClasses)[number];

/** Layer class → its rules; total over classes and modes: a missing rule does not compile. */
export const layerRules: { readonly [C in LayerClass]: LayerRules } = {
  Activation: activation,
  Add: add,
  AlphaDropout: noise,
  Average: average,
  AveragePooling1D: averagePooling1D,
  AveragePooling2D: averagePooling2D,
  AveragePooling3D: averagePooling3D,
  BatchNormalization: batchNormalization,
  Concatenate: concatenate,
  Conv1D: conv1D,
  Conv2D: conv2D,
  Conv2DTranspose: conv2DTranspose,
  Conv3D: conv3D,
  Conv3DTranspose: conv3DTranspose,
  Cropping2D: cropping2D,
  Dense: dense,
  DepthwiseConv2D: depthwiseConv2D,
  Dot: dot,
  Dropout: noise,
  ELU: elu,
  Embedding: embedding,
  Flatten: flatten,
  GaussianDropout: noise,
  GaussianNoise: noise,
  GlobalAveragePooling1D: globalAveragePooling1D,
  GlobalAveragePooling2D: globalAveragePooling2D,
  GlobalMaxPooling1D: globalMaxPooling1D,
  GlobalMaxPooling2D: globalMaxPooling2D,
  InputLayer: inputLayer,
  LayerNormalization: layerNormalization,
  LeakyReLU: leakyRelu,
  Masking: masking,
  MaxPooling1D: maxPooling1D,
  MaxPooling2D: maxPooling2D,
  MaxPooling3D: maxPooling3D,
  Maximum: maximum,
  Minimum: minimum,
  Multiply: multiply,
  PReLU: prelu,
  Permute: permute,
  ReLU: relu,
  RepeatVector: repeatVector,
  Rescaling: rescaling,
  Reshape: reshape,
  SeparableConv2D: separableConv2D,
  Softmax: softmax,
  SpatialDropout1D: noise,
  ThresholdedReLU: thresholdedRelu,
  UpSampling2D: upSampling2D,
  ZeroPadding2D: zeroPadding2D,
};

/** True for a class that the registry has rules for. */
export function isLayerClass(name: string): name is LayerClass {
  return Object.hasOwn(layerRules, name);
}
