import { expect, test } from "vitest";
import type { Layer, LayerCall, TensorRef, Topology } from "../../../export/lower/topology.ts";
import { openSession } from "../../../runtime/node/open.ts";
import { openActivations } from "../../../train/explain/activations.ts";
import { denseChain, lastHidden, type ReadWeight } from "../../../train/explain/dense-chain.ts";

const ref = (layer: string): TensorRef => ({ layer, node: 0, tensor: 0 });

/** A net of layers with what each of them reads. */
function net(layers: readonly (readonly [layer: Layer, reads: readonly string[]])[]): Topology {
  const names = layers.map(([{ name }]) => name);
  return {
    name: "net",
    layers: new Map(layers.map(([layer]) => [layer.name, layer])),
    calls: layers.map(([{ name }, reads]): LayerCall => ({ layer: name, node: 0, inputs: reads.map(ref) })),
    inputs: [ref("in")],
    outputs: [ref(names.at(-1) ?? "")],
  };
}

const input: Layer = { name: "in", className: "InputLayer", config: { batch_input_shape: [null, 2] } };
const dense = (name: string, units: number, activation = "linear"): Layer => ({
  name,
  className: "Dense",
  config: { units, activation, use_bias: true },
});
const dropout: Layer = { name: "drop", className: "Dropout", config: { rate: 0.5 } };

const weights: Readonly<Record<string, Float32Array>> = {
  "h/kernel": Float32Array.of(1, 0, -1, 0, 2, 1),
  "h/bias": Float32Array.of(0, 0.5, 0),
  "out/kernel": Float32Array.of(1, 1, 1),
  "out/bias": Float32Array.of(0),
};
const read: ReadWeight = ({ layer, weight }) => weights[`${layer}/${weight}`]?.slice() ?? new Float32Array();

const plain = net([
  [input, []],
  [dense("h", 3, "tanh"), ["in"]],
  [dropout, ["h"]],
  [dense("out", 1), ["drop"]],
]);

test("Dense layers of a chain come in order with their shapes; dropout is passed through", () => {
  const { layers, inputs, outputs } = denseChain(plain, read, "model.json");
  expect([inputs, outputs]).toEqual([2, 1]);
  expect(layers.map(({ name, inputs: width, units }) => [name, width, units])).toEqual([
    ["h", 2, 3],
    ["out", 3, 1],
  ]);
  expect(layers[0].kernel()).toEqual(weights["h/kernel"]);
});

test("activations of the last hidden layer are tanh(x·W + b), dropout off", async () => {
  const hidden = lastHidden(plain);
  if (hidden === undefined) throw new Error("the net has a hidden layer");
  await using activations = await openActivations(hidden, { landmarks: 2, read, open: openSession });
  const values = await activations.activate(Float32Array.of(0.5, -0.25, 0, 0), 2);
  const expected = [0.5, 0 - 0.5 + 0.5, -0.5 - 0.25, 0, 0.5, 0].map(Math.tanh);
  expect(values).toHaveLength(6);
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 6);
});

test("a linear model is a chain without a hidden layer", () => {
  const linear = net([
    [input, []],
    [dense("out", 1), ["in"]],
  ]);
  expect(denseChain(linear, read, "model.json").layers).toHaveLength(1);
  expect(lastHidden(linear)).toBeUndefined();
});

test("a net with branches or other layers is refused, every cause named", async () => {
  const branching = net([
    [input, []],
    [dense("h", 3), ["in"]],
    [{ name: "norm", className: "BatchNormalization", config: {} }, ["h"]],
    [{ name: "sum", className: "Add", config: {} }, ["norm", "h"]],
    [dense("out", 1), ["sum"]],
  ]);
  const fault = {
    where: "run/tfjs/model.json",
    examples: ["norm is a BatchNormalization layer", "sum is a Add layer", "h is read more than once"],
    advice: expect.stringMatching(/D-GEX in parts are chains each: explain the \*_model folders under .* dgex folder/),
  };
  const refused = Promise.resolve().then(() => denseChain(branching, read, "run/tfjs/model.json"));
  await expect(refused).rejects.toMatchObject({ tag: "bad-model", fault });
});
