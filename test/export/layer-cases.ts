/** Models with the layer under test: every class of the registry has some; one without does not compile. */
import { activationNames } from "../../export/lower/activations.ts";
import type { LayerClass } from "../../export/lower/registry.ts";
import { convolutionCases } from "./convolution-cases.ts";
import { type Case, chain, merged, tfjsName } from "./support/nets.ts";
import { tfl } from "./support/tfjs.ts";

export const cases: { readonly [C in LayerClass]: readonly Case[] } = {
  Activation: activationNames.map((name) => () => chain([6], tfl.layers.activation({ activation: tfjsName(name) }))),
  Add: [() => merged(tfl.layers.add()), () => merged(tfl.layers.add(), [[3], [4, 3]])],
  AlphaDropout: [() => chain([6], tfl.layers.alphaDropout({ rate: 0.3 }), tfl.layers.dense({ units: 4 }))],
  Average: [() => merged(tfl.layers.average())],
  ...convolutionCases,
  BatchNormalization: [
    () => chain([6], tfl.layers.batchNormalization()),
    () => chain([6], tfl.layers.batchNormalization({ center: false, scale: false, epsilon: 0.1 })),
    () => chain([3, 5], tfl.layers.batchNormalization()),
  ],
  Concatenate: [
    () => merged(tfl.layers.concatenate(), [[5], [2], [7]]),
    () =>
      merged(tfl.layers.concatenate({ axis: 1 }), [
        [2, 3],
        [4, 3],
      ]),
  ],
  Dense: [
    ...activationNames.map((name) => () => chain([9], tfl.layers.dense({ units: 7, activation: tfjsName(name) }))),
    () => chain([9], tfl.layers.dense({ units: 7, useBias: false })),
    () => chain([3, 5], tfl.layers.dense({ units: 4, activation: "relu" })),
  ],
  Dot: [
    () => merged(tfl.layers.dot({ axes: -1 }), [[5], [5]]),
    () => merged(tfl.layers.dot({ axes: 1, normalize: true }), [[5], [5]]),
    () =>
      merged(tfl.layers.dot({ axes: [2, 1] }), [
        [3, 4],
        [4, 2],
      ]),
    () =>
      merged(tfl.layers.dot({ axes: [1, 2], normalize: true }), [
        [4, 3],
        [2, 4],
      ]),
    () => merged(tfl.layers.dot({ axes: [1, 1] }), [[4, 3], [4]]),
    () => merged(tfl.layers.dot({ axes: [1, 1] }), [[4], [4, 3]]),
    () =>
      merged(tfl.layers.dot({ axes: 2 }), [
        [3, 4],
        [5, 4],
      ]),
  ],
  Dropout: [() => chain([6], tfl.layers.dropout({ rate: 0.5 }), tfl.layers.dense({ units: 4 }))],
  ELU: [() => chain([6], tfl.layers.elu())],
  Embedding: [
    () => chain([7], tfl.layers.embedding({ inputDim: 9, outputDim: 4 })),
    () => chain([2, 3], tfl.layers.embedding({ inputDim: 9, outputDim: 4 }), tfl.layers.flatten()),
    () =>
      chain([7], tfl.layers.embedding({ inputDim: 9, outputDim: 4, maskZero: true }), tfl.layers.dense({ units: 2 })),
  ],
  Flatten: [
    () => chain([3, 4], tfl.layers.flatten(), tfl.layers.dense({ units: 2 })),
    () => chain([3, 4], tfl.layers.flatten({ dataFormat: "channelsFirst" })),
  ],
  GaussianDropout: [() => chain([6], tfl.layers.gaussianDropout({ rate: 0.5 }), tfl.layers.dense({ units: 4 }))],
  GaussianNoise: [() => chain([6], tfl.layers.gaussianNoise({ stddev: 0.5 }), tfl.layers.dense({ units: 4 }))],
  InputLayer: [
    () =>
      tfl.sequential({
        name: "net",
        layers: [tfl.layers.inputLayer({ inputShape: [6] }), tfl.layers.dense({ units: 3 })],
      }),
    () =>
      tfl.sequential({ name: "net", layers: [tfl.layers.dense({ units: 3, inputShape: [6], activation: "tanh" })] }),
  ],
  LayerNormalization: [
    () => chain([33], tfl.layers.layerNormalization()),
    () => chain([33], tfl.layers.layerNormalization({ center: false, scale: false, epsilon: 0.1 })),
    () => chain([3, 5], tfl.layers.layerNormalization({ axis: [1, 2] })),
    () => chain([3, 5], tfl.layers.layerNormalization()),
    () => chain([3, 5], tfl.layers.layerNormalization({ axis: 1 })),
    () => chain([3, 5, 4], tfl.layers.layerNormalization({ axis: [1, 3] })),
    () => chain([3, 5, 4], tfl.layers.layerNormalization({ axis: [3, 1] })),
    () => chain([3, 5, 4], tfl.layers.layerNormalization({ axis: 2, center: false })),
  ],
  Masking: [
    () => chain([3, 5], tfl.layers.activation({ activation: "relu" }), tfl.layers.masking()),
    () => chain([3, 1], tfl.layers.reLU({ maxValue: 0.5 }), tfl.layers.masking({ maskValue: 0.5 })),
  ],
  LeakyReLU: [() => chain([6], tfl.layers.leakyReLU()), () => chain([6], tfl.layers.leakyReLU({ alpha: 0.01 }))],
  Maximum: [() => merged(tfl.layers.maximum())],
  Minimum: [() => merged(tfl.layers.minimum())],
  Multiply: [() => merged(tfl.layers.multiply())],
  PReLU: [() => chain([6], tfl.layers.prelu()), () => chain([3, 5], tfl.layers.prelu({ sharedAxes: [1] }))],
  Permute: [() => chain([3, 5], tfl.layers.permute({ dims: [2, 1] }), tfl.layers.flatten())],
  ReLU: [() => chain([6], tfl.layers.reLU()), () => chain([6], tfl.layers.reLU({ maxValue: 1.5 }))],
  RepeatVector: [() => chain([4], tfl.layers.repeatVector({ n: 3 }))],
  Rescaling: [
    () => chain([4], tfl.layers.rescaling({ scale: 0.5, offset: 2 })),
    () => chain([4], tfl.layers.rescaling({ scale: -3, offset: 0 })),
  ],
  Reshape: [
    () => chain([3, 4], tfl.layers.reshape({ targetShape: [2, -1] })),
    () => chain([12], tfl.layers.reshape({ targetShape: [3, 4] })),
  ],
  Softmax: [
    () => chain([6], tfl.layers.softmax()),
    () => chain([3, 5], tfl.layers.softmax({ axis: 2 })),
    () => chain([3, 5, 2], tfl.layers.softmax({ axis: [2, 3] })),
    () => chain([3, 5, 2], tfl.layers.softmax({ axis: [1, 3] })),
    () => chain([3, 5, 2], tfl.layers.softmax({ axis: [-1] })),
  ],
  SpatialDropout1D: [() => chain([6], tfl.layers.reshape({ targetShape: [2, 3] }), tfl.layers.dropout({ rate: 0.4 }))],
  ThresholdedReLU: [
    () => chain([6], tfl.layers.thresholdedReLU()),
    () => chain([6], tfl.layers.thresholdedReLU({ theta: 0.2 })),
  ],
};
