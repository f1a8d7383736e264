import { expect, test } from "vitest";
import type { Layer, LayerCall, TensorRef, Topology } from "../../../export/lower/topology.ts";
import { openSession } from "../../../runtime/node/open.ts";
import { openActivations } from "../../../train/explain/activations.ts";
import { denseNet, lastHidden, type ReadWeight } from "../../../train/explain/dense-net.ts";

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
  const { inputs, outputs, parts } = denseNet(plain, read, "model.json");
  expect([inputs, outputs]).toEqual([2, 1]);
  const [{ first, targets, layers }] = parts;
  expect([parts.length, first, targets]).toEqual([1, 0, 1]);
  expect(layers.map(({ name, inputs: width, units }) => [name, width, units])).toEqual([
    ["h", 2, 3],
    ["out", 3, 1],
  ]);
  expect(layers[0].kernel()).toEqual(weights["h/kernel"]);
});

test("activations of the last hidden layer are tanh(x·W + b), dropout off", async () => {
  const hidden = lastHidden(plain, denseNet(plain, read, "model.json"));
  if (hidden === undefined) throw new Error("the net has a hidden layer");
  await using activations = await openActivations(hidden, { landmarks: 2, read, open: openSession });
  const [values = new Float32Array(), ...others] = await activations.activate(Float32Array.of(0.5, -0.25, 0, 0), 2);
  expect(others).toEqual([]);
  const expected = [0.5, 0 - 0.5 + 0.5, -0.5 - 0.25, 0, 0.5, 0].map(Math.tanh);
  expect(values).toHaveLength(6);
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 6);
});

test("a linear model is a chain without a hidden layer", () => {
  const linear = net([
    [input, []],
    [dense("out", 1), ["in"]],
  ]);
  const found = denseNet(linear, read, "model.json");
  expect(found.parts.map(({ layers }) => layers.length)).toEqual([1]);
  expect(lastHidden(linear, found)).toBeUndefined();
});

const cat = (config: Layer["config"] = { axis: -1 }): Layer => ({ name: "cat", className: "Concatenate", config });

/** Two towers: landmarks → 3 → 1 and landmarks → 2 → 4, in the order that `ends` says, and what comes after. */
function towers({
  ends = ["out_b", "out_a"],
  after = [],
  axis = -1,
}: {
  readonly ends?: readonly string[];
  readonly after?: readonly Layer[];
  readonly axis?: number;
} = {}): Topology {
  return net([
    [input, []],
    [dense("a", 3, "tanh"), ["in"]],
    [dropout, ["a"]],
    [dense("b", 2, "tanh"), ["in"]],
    [dense("out_a", 1), ["drop"]],
    [dense("out_b", 4), ["b"]],
    [cat({ axis }), ends],
    ...after.map((layer, at) => [layer, [at === 0 ? "cat" : (after[at - 1]?.name ?? "")]] as const),
  ]);
}

const leaky: Layer = { name: "leaky", className: "LeakyReLU", config: { alpha: 0.1 } };

test("towers that end in one Concatenate layer are parts, targets in its order, whatever the order of the layers", () => {
  for (const topology of [towers(), towers({ axis: 1 }), towers({ after: [leaky] })]) {
    const { inputs, outputs, parts } = denseNet(topology, read, "model.json");
    expect([inputs, outputs]).toEqual([2, 5]);
    expect(parts.map(({ first, targets, layers }) => [first, targets, layers.map(({ name }) => name)])).toEqual([
      [0, 4, ["b", "out_b"]],
      [4, 1, ["a", "out_a"]],
    ]);
  }
});

test("activations of several parts come one by one, each of its own tower", async () => {
  const topology = towers();
  const kernels: Readonly<Record<string, Float32Array>> = {
    "a/kernel": Float32Array.of(1, 0, -1, 0, 2, 1),
    "a/bias": Float32Array.of(0, 0.5, 0),
    "b/kernel": Float32Array.of(1, 1, -1, 1),
    "b/bias": Float32Array.of(0, 0),
  };
  const readHidden: ReadWeight = ({ layer, weight }) => {
    const values = kernels[`${layer}/${weight}`];
    if (values === undefined) throw new Error(`${layer}/${weight} was read`);
    return values.slice();
  };
  const hidden = lastHidden(topology, denseNet(topology, readHidden, "model.json"));
  if (hidden === undefined) throw new Error("both parts have a hidden layer");
  await using activations = await openActivations(hidden, { landmarks: 2, read: readHidden, open: openSession });
  const found = await activations.activate(Float32Array.of(0.5, -0.25), 1);
  const expected = [[0.75, 0.25].map(Math.tanh), [0.5, 0, -0.75].map(Math.tanh)];
  expect(found.map((values) => values.length)).toEqual([2, 3]);
  for (const [at, values] of expected.entries())
    for (const [unit, value] of values.entries()) expect(found[at]?.[unit]).toBeCloseTo(value, 6);
});

test("a part without a hidden layer has no activations, whatever the others have", () => {
  const topology = net([
    [input, []],
    [dense("a", 3), ["in"]],
    [dense("out_a", 1), ["a"]],
    [dense("out_b", 4), ["in"]],
    [cat(), ["out_a", "out_b"]],
  ]);
  const found = denseNet(topology, read, "model.json");
  expect(found.parts.map(({ layers }) => layers.length)).toEqual([2, 1]);
  expect(lastHidden(topology, found)).toBeUndefined();
});

/** Why a net is refused. */
async function refusal(topology: Topology): Promise<unknown> {
  return await Promise.resolve()
    .then(() => denseNet(topology, read, "run/tfjs/model.json"))
    .catch((error: unknown) => error);
}

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
    advice: expect.stringMatching(/D-GEX, of one net or of several side by side/),
  };
  expect(await refusal(branching)).toMatchObject({ tag: "bad-model", fault });
});

test.each([
  {
    case: "a skip between towers",
    topology: towers({ ends: ["out_a", "out_b", "a"] }),
    examples: ["a is read more than once"],
  },
  {
    case: "an end that is read twice",
    topology: towers({ ends: ["out_a", "out_a"] }),
    examples: ["out_a is read more than once"],
  },
  {
    case: "hidden layers that come together",
    topology: towers({ after: [dense("head", 2)] }),
    examples: ["cat is a Concatenate layer", "in is read more than once"],
  },
  {
    case: "a joint of rows",
    topology: towers({ axis: 0 }),
    examples: ["cat joins another axis than that of the units"],
  },
  {
    case: "softmax over all parts",
    topology: towers({
      after: [
        { name: "soft", className: "Softmax", config: {} },
        { name: "act", className: "Activation", config: { activation: "softmax" } },
      ],
    }),
    examples: ["soft mixes the units of several parts", "act mixes the units of several parts"],
  },
  {
    case: "a joint below the joint",
    topology: net([
      [input, []],
      [dense("a", 3), ["in"]],
      [dense("b", 3), ["in"]],
      [{ name: "inner", className: "Concatenate", config: { axis: -1 } }, ["a", "b"]],
      [dense("c", 3), ["in"]],
      [cat(), ["inner", "c"]],
    ]),
    examples: ["inner is a Concatenate layer"],
  },
])("refuses $case", async ({ topology, examples }) => {
  expect(await refusal(topology)).toMatchObject({ tag: "bad-model", fault: { examples } });
});

test("refuses landmarks that are joined to the targets as they are", async () => {
  const error = await refusal(towers({ ends: ["out_a", "out_b", "in"] }));
  expect(error).toMatchObject({ tag: "bad-model", fault: { what: "no Dense layer leads to in" } });
});
