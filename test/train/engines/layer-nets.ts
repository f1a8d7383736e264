/** A net for every kind of layer that a family trains, with weights that are not their usual start. */
import { Blocks } from "../../../schemas/index.ts";
import { blockLayers } from "../../../train/families/blocks.ts";
import { inputName, type LayersModel, type NetLayer, type StockLayer } from "../../../train/layers-model.ts";
import type { Place } from "../../../train/stock-layers.ts";
import * as stock from "../../../train/stock-layers.ts";
import { normals } from "../ort/nets.ts";

export const [inputs, targets] = [6, 5];

/** Weights off their start: a gamma of exactly 1 or a mean of 0 would hide what is done with it. */
function shaken(layer: StockLayer, seed: number): StockLayer {
  const weights = layer.weights.map((weight, at) => {
    const noise = normals(weight.values.length, seed + at, 0.2);
    const moved = weight.values.map((value, i) => value + (noise[i] ?? 0));
    return { ...weight, values: weight.name === "moving_variance" ? moved.map(Math.abs) : moved };
  });
  return { ...layer, weights };
}

const dense = (place: Place, [from, units]: readonly [number, number], f = "linear") =>
  stock.dense(place, {
    kernel: normals(from * units, 31 * place.name.length + units, 1 / Math.sqrt(from)),
    units,
    bias: new Float32Array(units),
    activation: f,
  });
/** A layer's place behind another. */
const behind = (reads: string, name: string): Place => ({ name, reads: [reads] });

const net = (...layers: readonly NetLayer[]): LayersModel => ({ name: "net", inputs, layers });

/** A layer of width 9 between two dense ones. */
const between = (layer: (place: Place) => StockLayer): LayersModel =>
  net(
    dense(behind(inputName, "first"), [inputs, 9]),
    shaken(layer(behind("first", "inner")), 5),
    dense(behind("inner", "last"), [9, targets]),
  );

/** Two branches of width 7 from one hidden layer, merged to `width`. */
const branches = (merge: (place: Place) => StockLayer, width = 7): LayersModel =>
  net(
    dense(behind(inputName, "first"), [inputs, 7], "tanh"),
    dense(behind("first", "left"), [7, 7], "tanh"),
    dense(behind("first", "right"), [7, 7]),
    merge({ name: "merged", reads: ["left", "right"] }),
    dense(behind("merged", "last"), [width, targets]),
  );

/** A pre-activation block with its skip, as family `residual` has it. */
const residual = net(
  dense(behind(inputName, "in"), [inputs, 8]),
  shaken(stock.layerNormalization(behind("in", "norm"), 8), 3),
  stock.activationLayer(behind("norm", "f"), "swish"),
  stock.dropout(behind("f", "drop"), 0.25),
  dense(behind("drop", "inner"), [8, 8]),
  stock.add({ name: "sum", reads: ["in", "inner"] }),
  dense(behind("sum", "last"), [8, targets]),
);

/** Two blocks of kind `dense`, as family `residual` makes them. */
const denseBlocks = net(
  ...blockLayers({
    blocks: Blocks.parse({ kind: "dense", width: 5, depth: 2, activation: "adaptive", norm: "batch", dropout: 0.2 }),
    prefix: "",
    landmarks: inputs,
    targets,
    seed: 3,
  }).map((layer, at) => shaken(layer, 50 + at)),
);

/** By the layer that they are about. */
export const layerNets: Readonly<Record<string, LayersModel>> = {
  BatchNormalization: between((place) => stock.batchNormalization(place, 9)),
  LayerNormalization: between((place) => stock.layerNormalization(place, 9)),
  LeakyReLU: between((place) => stock.leakyRelu(place, 0.2)),
  PReLU: between((place) => stock.prelu(place, 9, 0.3)),
  Dropout: between((place) => stock.dropout(place, 0.3)),
  ...Object.fromEntries(
    ["tanh", "sigmoid", "softmax", "relu", "elu", "selu", "swish", "gelu", "mish", "softplus"].map((name) => [
      `Activation ${name}`,
      between((place) => stock.activationLayer(place, name)),
    ]),
  ),
  Add: branches(stock.add),
  Multiply: branches(stock.multiply),
  Average: branches(stock.average),
  Concatenate: branches(stock.concatenate, 14),
  "a residual block": residual,
  "dense blocks": denseBlocks,
};
