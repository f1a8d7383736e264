/** Models with layers over space. */
import type { LayerClass } from "../../export/lower/registry.ts";
import { type Case, chain } from "./support/nets.ts";
import { tfl } from "./support/tfjs.ts";

type SpatialClass = Extract<
  LayerClass,
  `${string}Conv${string}` | `${string}Pooling${string}` | "Cropping2D" | "UpSampling2D" | "ZeroPadding2D"
>;

const image = [7, 6, 3];
const imageFirst = [3, 7, 6];
const first = { dataFormat: "channelsFirst" } as const;

const conv1D =
  (args: Partial<Parameters<typeof tfl.layers.conv1d>[0]>): Case =>
  () =>
    chain([11, 3], tfl.layers.conv1d({ filters: 4, kernelSize: 3, biasInitializer: "zeros", ...args }));
const conv2D =
  (args: Partial<Parameters<typeof tfl.layers.conv2d>[0]>, features = image): Case =>
  () =>
    chain(features, tfl.layers.conv2d({ filters: 4, kernelSize: [3, 2], ...args }));
const conv3D =
  (args: Partial<Parameters<typeof tfl.layers.conv3d>[0]>, features = [5, 4, 6, 2]): Case =>
  () =>
    chain(features, tfl.layers.conv3d({ filters: 3, kernelSize: [2, 3, 2], ...args }));
const transposed =
  (args: Partial<Parameters<typeof tfl.layers.conv2dTranspose>[0]>, features = [4, 3, 2]): Case =>
  () =>
    chain(features, tfl.layers.conv2dTranspose({ filters: 3, kernelSize: [3, 2], ...args }));
const depthwise =
  (args: Partial<Parameters<typeof tfl.layers.depthwiseConv2d>[0]>, features = image): Case =>
  () =>
    chain(features, tfl.layers.depthwiseConv2d({ kernelSize: [3, 2], ...args }));
const separable =
  (args: Partial<Parameters<typeof tfl.layers.separableConv2d>[0]>, features = image): Case =>
  () =>
    chain(features, tfl.layers.separableConv2d({ filters: 4, kernelSize: [3, 2], ...args }));

interface PoolArgs {
  readonly poolSize?: [number, number];
  readonly strides?: [number, number];
  readonly padding?: "valid" | "same";
  readonly dataFormat?: "channelsFirst";
}

const pools2D = (make: (args: PoolArgs) => tfl.layers.Layer): readonly Case[] => [
  () => chain(image, make({})),
  () => chain(image, make({ poolSize: [3, 2], strides: [1, 2], padding: "same" })),
  () => chain(image, make({ poolSize: [2, 4], strides: [2, 3], padding: "valid" })),
  () => chain(imageFirst, make({ padding: "same", ...first })),
];

const pools1D = (make: (args: { poolSize?: number; strides?: number; padding?: "same" }) => tfl.layers.Layer) => [
  () => chain([9, 3], make({})),
  () => chain([9, 3], make({ poolSize: 3, strides: 2, padding: "same" })),
  () => chain([10, 3], make({ poolSize: 4, strides: 3, padding: "same" })),
];

const pools3D = (make: (args: object) => tfl.layers.Layer): readonly Case[] => [
  () => chain([5, 4, 6, 2], make({ poolSize: [2, 2, 2], strides: [2, 1, 2] })),
  () => chain([5, 4, 6, 2], make({ poolSize: [3, 2, 2], strides: [2, 2, 2], padding: "same" })),
  () => chain([2, 5, 4, 6], make({ poolSize: [2, 2, 2], strides: [1, 1, 1], ...first })),
];

const cropped: [[number, number], [number, number]] = [
  [1, 2],
  [0, 3],
];

export const convolutionCases: { readonly [C in SpatialClass]: readonly Case[] } = {
  AveragePooling1D: pools1D((args) => tfl.layers.averagePooling1d(args)),
  AveragePooling2D: pools2D((args) => tfl.layers.averagePooling2d(args)),
  AveragePooling3D: pools3D((args) => tfl.layers.averagePooling3d(args)),
  Conv1D: [
    conv1D({}),
    conv1D({ strides: 2, padding: "same", activation: "tanh" }),
    conv1D({ kernelSize: 4, dilationRate: 2, padding: "same", useBias: false }),
    conv1D({ kernelSize: 1, activation: "softmax" }),
  ],
  Conv2D: [
    conv2D({}),
    conv2D({ strides: [2, 3], padding: "same", activation: "relu" }),
    conv2D({ dilationRate: [2, 1], padding: "same", useBias: false, activation: "elu" }),
    conv2D({ padding: "same", activation: "softmax", ...first }, imageFirst),
    conv2D({ kernelSize: 7, strides: 2, padding: "same" }),
    conv2D({ kernelSize: 1, activation: "selu" }),
  ],
  Conv2DTranspose: [
    transposed({}),
    transposed({ strides: [2, 3], padding: "same", activation: "tanh" }),
    transposed({ strides: [4, 3], padding: "valid", useBias: false }),
    transposed({ strides: [4, 1], padding: "same", kernelSize: [2, 3] }),
    transposed({ strides: 2, padding: "same", activation: "softmax", ...first }, [2, 4, 3]),
  ],
  Conv3D: [
    conv3D({}),
    conv3D({ strides: [2, 1, 2], padding: "same", activation: "relu" }),
    conv3D({ padding: "same", useBias: false, ...first }, [2, 5, 4, 6]),
  ],
  Conv3DTranspose: [
    () => chain([3, 2, 2, 2], tfl.layers.conv3dTranspose({ filters: 3, kernelSize: [2, 3, 2] })),
    () =>
      chain(
        [3, 2, 2, 2],
        tfl.layers.conv3dTranspose({ filters: 3, kernelSize: [2, 3, 2], strides: [2, 2, 1], padding: "same" }),
      ),
  ],
  Cropping2D: [
    () => chain(image, tfl.layers.cropping2D({ cropping: cropped })),
    () => chain(imageFirst, tfl.layers.cropping2D({ cropping: cropped, ...first })),
    () => chain(image, tfl.layers.cropping2D({ cropping: [2, 1] })),
  ],
  DepthwiseConv2D: [
    depthwise({}),
    depthwise({ depthMultiplier: 2, strides: 2, padding: "same", activation: "relu" }),
    depthwise({ depthMultiplier: 3, useBias: false }),
    depthwise({ padding: "same", ...first }, imageFirst),
  ],
  GlobalAveragePooling1D: [
    () => chain([9, 3], tfl.layers.globalAveragePooling1d()),
    () => chain([9, 3], tfl.layers.conv1d({ filters: 4, kernelSize: 2 }), tfl.layers.globalAveragePooling1d()),
  ],
  GlobalAveragePooling2D: [
    () => chain(image, tfl.layers.globalAveragePooling2d({})),
    () => chain(imageFirst, tfl.layers.globalAveragePooling2d(first)),
  ],
  GlobalMaxPooling1D: [() => chain([9, 3], tfl.layers.globalMaxPooling1d())],
  GlobalMaxPooling2D: [
    () => chain(image, tfl.layers.globalMaxPooling2d({})),
    () => chain(imageFirst, tfl.layers.globalMaxPooling2d(first)),
  ],
  MaxPooling1D: pools1D((args) => tfl.layers.maxPooling1d(args)),
  MaxPooling2D: pools2D((args) => tfl.layers.maxPooling2d(args)),
  MaxPooling3D: pools3D((args) => tfl.layers.maxPooling3d(args)),
  SeparableConv2D: [
    separable({}),
    separable({ filters: 5, depthMultiplier: 2, strides: 2, padding: "same", activation: "tanh" }),
    separable({ dilationRate: 2, padding: "same" }),
    separable({ useBias: false, activation: "softmax", ...first }, imageFirst),
  ],
  UpSampling2D: [
    () => chain(image, tfl.layers.upSampling2d({ size: [2, 3] })),
    () => chain(image, tfl.layers.upSampling2d({ size: [3, 2], interpolation: "bilinear" })),
    () => chain(imageFirst, tfl.layers.upSampling2d({ size: [2, 2], interpolation: "bilinear", ...first })),
    () => chain(imageFirst, tfl.layers.upSampling2d({ size: [1, 2], ...first })),
  ],
  ZeroPadding2D: [
    () => chain(image, tfl.layers.zeroPadding2d()),
    () => chain(image, tfl.layers.zeroPadding2d({ padding: cropped })),
    () => chain(imageFirst, tfl.layers.zeroPadding2d({ padding: [2, 1], ...first })),
  ],
};
