/** One way to grow an architecture for every class of the registry: a class without one does not compile. */
import { activationNames } from "../../../export/lower/activations.ts";
import type { LayerClass } from "../../../export/lower/registry.ts";
import { tfjsName } from "../support/nets.ts";
import { tfl } from "../support/tfjs.ts";
import { featuresOf, type Value, type Zoo } from "./zoo.ts";

type Grower = (zoo: Zoo) => Value;

const { layers } = tfl;

const activation = (zoo: Zoo) => tfjsName(zoo.pick(activationNames));
const padding = (zoo: Zoo): "same" | "valid" => zoo.pick(["same", "valid"]);

/** A layer on a value of any rank. */
const anywhere =
  (make: (zoo: Zoo, x: Value) => tfl.layers.Layer): Grower =>
  (zoo) =>
    zoo.apply(make(zoo, zoo.last), zoo.last);

/** A layer on a value of a rank. */
const onRank =
  (rank: number, make: (zoo: Zoo, x: Value) => tfl.layers.Layer): Grower =>
  (zoo) => {
    const x = zoo.ofRank(rank);
    return zoo.apply(make(zoo, x), x);
  };

/** A merge of several values of one shape, or of one that broadcasts. */
const merge =
  (make: () => tfl.layers.Layer): Grower =>
  (zoo) => {
    const shape = zoo.pick([[4], [3, 4], [2, 3, 4]]);
    const parts = Array.from({ length: zoo.between(2, 4) }, () => zoo.shaped(shape));
    const small = zoo.chance(0.3) ? [zoo.shaped([4])] : [];
    return zoo.apply(make(), [...new Set([...parts, ...small, zoo.apply(layers.leakyReLU(), zoo.shaped(shape))])]);
  };

/** Kernel sizes and strides within the data. */
function windowArgs(zoo: Zoo, x: Value, rank: number) {
  const lengths = featuresOf(x).slice(0, rank);
  const kernelSize = lengths.map((length) => zoo.between(1, Math.min(3, length)));
  const strides = kernelSize.map((size) => zoo.between(1, size));
  return { kernelSize, strides, padding: padding(zoo) };
}

const filters = (zoo: Zoo): number => zoo.between(1, 4);

function pooled(zoo: Zoo, x: Value, rank: number) {
  const { kernelSize, ...rest } = windowArgs(zoo, x, rank);
  return { poolSize: kernelSize, ...rest } as object;
}

function embedded(zoo: Zoo): Value {
  const index = zoo.input([zoo.between(2, 5)]);
  const layer = layers.embedding({ inputDim: 8, outputDim: zoo.between(2, 4), maskZero: false });
  return zoo.apply(layer, index);
}

function dotted(zoo: Zoo): Value {
  const normalize = zoo.chance(0.5);
  const [rows, columns, common] = [zoo.between(2, 4), zoo.between(2, 4), zoo.between(2, 5)];
  if (zoo.chance(0.4))
    return zoo.apply(layers.dot({ axes: -1, normalize }), [zoo.shaped([common]), relu(zoo, [common])]);
  const isTurned = zoo.chance(0.5);
  const other = relu(zoo, isTurned ? [columns, common] : [common, columns]);
  const axes: [number, number] = [2, isTurned ? 2 : 1];
  return zoo.apply(layers.dot({ axes, normalize }), [zoo.shaped([rows, common]), other]);
}

const relu = (zoo: Zoo, shape: number[]): Value => zoo.apply(layers.reLU(), zoo.shaped(shape));

function cropped(zoo: Zoo): Value {
  const x = zoo.ofRank(3);
  const [height = 1, width = 1] = featuresOf(x);
  const side = (length: number): [number, number] => (length > 2 ? [zoo.between(0, 1), zoo.between(0, 1)] : [0, 0]);
  return zoo.apply(layers.cropping2D({ cropping: [side(height), side(width)] }), x);
}

function concatenated(zoo: Zoo): Value {
  const parts = [zoo.shaped([3, zoo.between(1, 4)]), relu(zoo, [3, zoo.between(1, 4)])];
  return zoo.apply(layers.concatenate({ axis: zoo.pick([2, -1]) }), parts);
}

function permuted(zoo: Zoo): Value {
  const x = zoo.last;
  const axes = featuresOf(x).map((_, i) => i + 1);
  return zoo.apply(layers.permute({ dims: zoo.chance(0.7) ? axes.toReversed() : axes }), x);
}

export const growers: { readonly [C in LayerClass]: Grower } = {
  Activation: anywhere((zoo) => layers.activation({ activation: activation(zoo) })),
  Add: merge(() => layers.add()),
  AlphaDropout: anywhere(() => layers.alphaDropout({ rate: 0.4 })),
  Average: merge(() => layers.average()),
  AveragePooling1D: onRank(2, (zoo, x) => layers.averagePooling1d(pooled(zoo, x, 1))),
  AveragePooling2D: onRank(3, (zoo, x) => layers.averagePooling2d(pooled(zoo, x, 2))),
  AveragePooling3D: onRank(4, (zoo, x) => layers.averagePooling3d(pooled(zoo, x, 3))),
  BatchNormalization: (zoo) => {
    const x = featuresOf(zoo.last).length > 3 ? zoo.ofRank(3) : zoo.last;
    const args = { epsilon: 0.01, center: zoo.chance(0.7), scale: zoo.chance(0.7) };
    return zoo.apply(layers.batchNormalization(args), x);
  },
  Concatenate: concatenated,
  Conv1D: onRank(2, (zoo, x) => {
    const args = { ...windowArgs(zoo, x, 1), filters: filters(zoo), activation: activation(zoo) };
    return layers.conv1d(args);
  }),
  Conv2D: onRank(3, (zoo, x) => {
    const args = { ...windowArgs(zoo, x, 2), filters: filters(zoo), activation: activation(zoo) };
    return layers.conv2d({ ...args, useBias: zoo.chance(0.7) });
  }),
  Conv2DTranspose: onRank(3, (zoo, x) => layers.conv2dTranspose({ ...windowArgs(zoo, x, 2), filters: filters(zoo) })),
  Conv3D: onRank(4, (zoo, x) => layers.conv3d({ ...windowArgs(zoo, x, 3), filters: filters(zoo) })),
  Conv3DTranspose: onRank(4, (zoo, x) => layers.conv3dTranspose({ ...windowArgs(zoo, x, 3), filters: filters(zoo) })),
  Cropping2D: cropped,
  Dense: anywhere((zoo) => layers.dense({ units: zoo.between(1, 6), activation: activation(zoo) })),
  DepthwiseConv2D: onRank(3, (zoo, x) => {
    const { kernelSize, strides } = windowArgs(zoo, x, 2);
    // tfjs has no kernels of unequal strides for this layer on all of its backends.
    const stride = Math.min(...strides);
    return layers.depthwiseConv2d({
      kernelSize: kernelSize as [number, number],
      strides: [stride, stride],
      padding: padding(zoo),
      depthMultiplier: zoo.between(1, 2),
    });
  }),
  Dot: dotted,
  Dropout: anywhere(() => layers.dropout({ rate: 0.4 })),
  ELU: anywhere(() => layers.elu()),
  Embedding: embedded,
  Flatten: onRank(2, () => layers.flatten()),
  GaussianDropout: anywhere(() => layers.gaussianDropout({ rate: 0.4 })),
  GaussianNoise: anywhere(() => layers.gaussianNoise({ stddev: 0.4 })),
  GlobalAveragePooling1D: onRank(2, () => layers.globalAveragePooling1d()),
  GlobalAveragePooling2D: onRank(3, () => layers.globalAveragePooling2d({})),
  GlobalMaxPooling1D: onRank(2, () => layers.globalMaxPooling1d()),
  GlobalMaxPooling2D: onRank(3, () => layers.globalMaxPooling2d({})),
  InputLayer: (zoo) => zoo.input([zoo.between(2, 5), zoo.between(1, 3)]),
  LayerNormalization: (zoo) => {
    const x = featuresOf(zoo.last).length > 3 ? zoo.ofRank(3) : zoo.last;
    const rank = featuresOf(x).length;
    const axis = zoo.chance(0.5) ? zoo.between(1, rank) : featuresOf(x).map((_, i) => i + 1);
    return zoo.apply(layers.layerNormalization({ axis, epsilon: 0.01, center: zoo.chance(0.7) }), x);
  },
  LeakyReLU: anywhere((zoo) => layers.leakyReLU({ alpha: zoo.pick([0.01, 0.3]) })),
  // A Softmax behind a mask heeds it, which is not exported.
  Masking: (zoo) => (zoo.used.has("Softmax") ? relu(zoo, [3]) : zoo.apply(layers.masking(), relu(zoo, [3, 2]))),
  MaxPooling1D: onRank(2, (zoo, x) => layers.maxPooling1d(pooled(zoo, x, 1))),
  MaxPooling2D: onRank(3, (zoo, x) => layers.maxPooling2d(pooled(zoo, x, 2))),
  MaxPooling3D: onRank(4, (zoo, x) => layers.maxPooling3d(pooled(zoo, x, 3))),
  Maximum: merge(() => layers.maximum()),
  Minimum: merge(() => layers.minimum()),
  Multiply: merge(() => layers.multiply()),
  PReLU: anywhere((zoo, x) => layers.prelu(featuresOf(x).length > 1 && zoo.chance(0.5) ? { sharedAxes: [1] } : {})),
  Permute: permuted,
  ReLU: anywhere((zoo) => layers.reLU(zoo.chance(0.5) ? { maxValue: 1.5 } : {})),
  RepeatVector: (zoo) => zoo.apply(layers.repeatVector({ n: zoo.between(2, 4) }), zoo.vector()),
  Rescaling: anywhere(() => layers.rescaling({ scale: 0.5, offset: 0.25 })),
  Reshape: (zoo) => zoo.apply(layers.reshape({ targetShape: [2, 3] }), zoo.vector(6)),
  SeparableConv2D: onRank(3, (zoo, x) => {
    const { kernelSize, strides } = windowArgs(zoo, x, 2);
    const stride = Math.min(...strides);
    return layers.separableConv2d({ kernelSize, strides: stride, padding: padding(zoo), filters: filters(zoo) });
  }),
  Softmax: anywhere((zoo, x) => {
    if (zoo.used.has("Masking")) return layers.elu();
    const rank = featuresOf(x).length;
    return layers.softmax({ axis: rank > 1 && zoo.chance(0.5) ? [rank - 1, rank] : rank });
  }),
  SpatialDropout1D: onRank(2, () => layers.spatialDropout1d({ rate: 0.4 })),
  ThresholdedReLU: anywhere(() => layers.thresholdedReLU({ theta: 0.3 })),
  UpSampling2D: onRank(3, (zoo) => {
    const interpolation = zoo.pick(["nearest", "bilinear"] as const);
    return layers.upSampling2d({ size: [zoo.between(1, 2), zoo.between(1, 3)], interpolation });
  }),
  ZeroPadding2D: onRank(3, (zoo) => layers.zeroPadding2d({ padding: [zoo.between(0, 2), zoo.between(0, 2)] })),
};
