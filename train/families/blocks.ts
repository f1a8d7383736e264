import { Random } from "../../data/random.ts";
import type { Blocks } from "../../schemas/index.ts";
import { inputName, type StockLayer } from "../layers-model.ts";
import {
  activationLayer,
  add,
  batchNormalization,
  concatenate,
  dense,
  dropout,
  layerNormalization,
  leakyRelu,
  type Place,
  prelu,
} from "../stock-layers.ts";
import { glorotLimit, uniform } from "./initial-weights.ts";

/** A net of blocks to make. */
export interface BlocksNet {
  readonly blocks: Blocks;
  /** Begins every layer's name. */
  readonly prefix: string;
  readonly landmarks: number;
  readonly targets: number;
  /** Directions of the targets `[lowRank, targets]`, where the output goes through `lowRank` units. */
  readonly directions?: Float32Array;
  readonly seed: number;
}

/** Slope of the leaky ReLU below 0, and the start of the learned slopes (He et al. 2015). */
const leakySlope = 0.2;
const adaptiveSlope = 0.25;

/**
 * Layers from landmarks to z targets, by pre-activation (He et al. 2016, Identity Mappings in Deep Residual Networks):
 * h₀ = z·W₀ + b₀, then for each block c = Dense(dropout(f(norm(h)))) and h ← h + c (`residual`), h ← [h, c] (`dense`;
 * Huang et al. 2017, Densely Connected Convolutional Networks) or h ← c (`plain`), and f(norm(h))·Wₒ + bₒ. Kernels
 * Glorot-uniform, Wₒ = 0: the net begins at 0. With `directions` the output is f(norm(h))·0·directions.
 */
export function blockLayers(net: BlocksNet): StockLayer[] {
  const { blocks, prefix, landmarks, targets, directions, seed } = net;
  const { width, depth, kind, dropout: rate } = blocks;
  let stream = 0;
  const hidden = (place: Place, inputs: number): StockLayer => {
    const kernel = uniform(inputs * width, glorotLimit(inputs, width), new Random(seed, stream++));
    return dense(place, { kernel, units: width, bias: new Float32Array(width) });
  };
  const layers: StockLayer[] = [hidden({ name: `${prefix}input`, reads: [inputName] }, landmarks)];
  let last = `${prefix}input`;
  /** Units of `last`. */
  let units = width;
  const push = (layer: StockLayer): string => {
    layers.push(layer);
    return layer.name;
  };
  const activated = (name: string): string => {
    const normed = normLayer(blocks.norm, { name: `${name}_norm`, reads: [last] }, units);
    const reads = [normed === undefined ? last : push(normed)];
    return push(activationOf(blocks.activation, { name: `${name}_active`, reads }, units));
  };
  for (let block = 1; block <= depth; block++) {
    const name = `${prefix}block_${block}`;
    let read = activated(name);
    if (rate > 0) read = push(dropout({ name: `${name}_dropout`, reads: [read] }, rate));
    const computed = push(hidden({ name: `${name}_dense`, reads: [read] }, units));
    const reads = [last, computed];
    if (kind === "plain") last = computed;
    else if (kind === "residual") last = push(add({ name: `${name}_add`, reads }));
    else {
      last = push(concatenate({ name: `${name}_concat`, reads }));
      units += width;
    }
  }
  const end = activated(`${prefix}output`);
  const bias = new Float32Array(targets);
  if (directions === undefined)
    push(
      dense(
        { name: `${prefix}output`, reads: [end] },
        { kernel: new Float32Array(units * targets), units: targets, bias },
      ),
    );
  else {
    const rank = directions.length / targets;
    const within = { kernel: new Float32Array(units * rank), units: rank };
    const inner = push(dense({ name: `${prefix}directions`, reads: [end] }, within));
    // A copy: members learn their own.
    push(dense({ name: `${prefix}output`, reads: [inner] }, { kernel: directions.slice(), units: targets, bias }));
  }
  return layers;
}

function normLayer(norm: Blocks["norm"], place: Place, width: number): StockLayer | undefined {
  switch (norm) {
    case "none":
      return undefined;
    case "layer":
      return layerNormalization(place, width);
    case "batch":
      return batchNormalization(place, width);
  }
}

function activationOf(name: Blocks["activation"], place: Place, width: number): StockLayer {
  switch (name) {
    case "leaky-relu":
      return leakyRelu(place, leakySlope);
    case "adaptive":
      return prelu(place, width, adaptiveSlope);
    case "relu":
      return activationLayer(place, "relu");
    case "silu":
      return activationLayer(place, "swish");
  }
}
