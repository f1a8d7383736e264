/**
 * Layers of tfjs' own classes as data, for nets with branches: one line a layer, wired by the names they read.
 * @module
 */
import type { LayerClass } from "../export/lower/registry.ts";
import type { StockLayer } from "./layers-model.ts";

/** A layer's name and the names of the layers it reads. */
export interface Place {
  readonly name: string;
  readonly reads: readonly string[];
}

/** What a layer is, apart from its place. */
interface Kind {
  readonly className: LayerClass;
  readonly config?: StockLayer["config"];
  /** By name, in tfjs' order. */
  readonly weights?: Readonly<Record<string, readonly [shape: readonly number[], values: Float32Array]>>;
}

function stock({ name, reads }: Place, { className, config = {}, weights = {} }: Kind): StockLayer {
  const listed = Object.entries(weights).map(([weight, [shape, values]]) => ({ name: weight, shape, values }));
  return { kind: "stock", className, name, reads, config, weights: listed };
}

/** A Dense layer, `kernel` `[inputs, units]`; linear unless told, without a bias where none is given. */
export function dense(
  place: Place,
  layer: {
    readonly kernel: Float32Array;
    readonly units: number;
    readonly bias?: Float32Array;
    readonly activation?: string;
  },
): StockLayer {
  const { kernel, units, bias, activation = "linear" } = layer;
  return stock(place, {
    className: "Dense",
    config: { units, activation, use_bias: bias !== undefined },
    weights: { kernel: [[kernel.length / units, units], kernel], ...(bias && { bias: [[units], bias] as const }) },
  });
}

const ones = (width: number): Float32Array => new Float32Array(width).fill(1);

/** Batch normalisation at its start: gamma 1, beta 0, moving mean 0 and variance 1. */
export function batchNormalization(place: Place, width: number): StockLayer {
  return stock(place, {
    className: "BatchNormalization",
    config: { axis: -1, momentum: 0.99, epsilon: normEpsilon, center: true, scale: true },
    weights: {
      gamma: [[width], ones(width)],
      beta: [[width], new Float32Array(width)],
      moving_mean: [[width], new Float32Array(width)],
      moving_variance: [[width], ones(width)],
    },
  });
}

/** ε of the normalisations that are trained, tfjs' default. */
const normEpsilon = 1e-3;

/**
 * y = x·scale + offset feature by feature: batch normalisation with moments 0 and 1, whose gamma makes up for
 * √(1 + ε). Keras has no layer for it.
 */
export function affineFeatures(
  place: Place,
  { scale, offset }: { readonly scale: ArrayLike<number>; readonly offset: ArrayLike<number> },
): StockLayer {
  const layer = batchNormalization(place, scale.length);
  const root = Math.sqrt(1 + normEpsilon);
  const values = new Map([
    ["gamma", Float32Array.from(scale, (value) => value * root)],
    ["beta", Float32Array.from(offset)],
  ]);
  return {
    ...layer,
    weights: layer.weights.map((weight) => ({ ...weight, values: values.get(weight.name) ?? weight.values })),
  };
}

/** Layer normalisation with gamma 1 and beta 0. */
export function layerNormalization(place: Place, width: number, epsilon: number = normEpsilon): StockLayer {
  return stock(place, {
    className: "LayerNormalization",
    config: { axis: [-1], epsilon, center: true, scale: true },
    weights: { gamma: [[width], ones(width)], beta: [[width], new Float32Array(width)] },
  });
}

/** A layer that applies an activation by tfjs' name. */
export function activationLayer(place: Place, activation: string): StockLayer {
  return stock(place, { className: "Activation", config: { activation } });
}

/** y = x above 0, alpha·x below. */
export function leakyRelu(place: Place, alpha: number): StockLayer {
  return stock(place, { className: "LeakyReLU", config: { alpha } });
}

/** y = x above 0, alpha·x below, alpha learned for each unit. */
export function prelu(place: Place, width: number, alpha: number): StockLayer {
  return stock(place, {
    className: "PReLU",
    config: { shared_axes: null },
    weights: { alpha: [[width], new Float32Array(width).fill(alpha)] },
  });
}

/** Drops a share of what it reads while it is trained. */
export function dropout(place: Place, rate: number): StockLayer {
  return stock(place, { className: "Dropout", config: { rate } });
}

/** The sum of what it reads. */
export const add = (place: Place): StockLayer => stock(place, { className: "Add" });
/** The product, element by element. */
export const multiply = (place: Place): StockLayer => stock(place, { className: "Multiply" });
/** The mean. */
export const average = (place: Place): StockLayer => stock(place, { className: "Average" });
/** One behind the other, features in the order of the layers read. */
export const concatenate = (place: Place): StockLayer =>
  stock(place, { className: "Concatenate", config: { axis: -1 } });
