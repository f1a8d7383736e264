import { expect, it } from "vitest";
import type { Topology } from "../../../export/lower/topology.ts";
import { kerasTopology } from "../../../train/tfjs/keras-topology.ts";
import { normals, optimisation } from "../ort/nets.ts";
import { expectSameSteps } from "./contract.ts";
import { inputs, targets } from "./layer-nets.ts";

const at = (layer: string, node = 0) => ({ layer, node, tensor: 0 });
const call = (layer: string, node: number, ...reads: ReturnType<typeof at>[]) => ({ layer, node, inputs: reads });
const layer = (name: string, className: string, config: object) =>
  [name, { name, className, config: { ...config } }] as const;

/**
 * x → noise → a → drop → a again → drop again → out, both layers shared; a's call 1 is not part of the net, as that of a
 * branch that was cut off.
 */
const shared: Topology = {
  name: "shared",
  layers: new Map([
    layer("in_put", "InputLayer", { batch_input_shape: [null, inputs], dtype: "float32" }),
    layer("in_put_noise", "GaussianNoise", { stddev: 0.3 }),
    layer("a_b", "Dense", { units: inputs, activation: "tanh", use_bias: true }),
    layer("drop_c", "Dropout", { rate: 0.25 }),
    layer("out", "Dense", { units: targets, activation: "linear", use_bias: true }),
  ]),
  calls: [
    call("in_put_noise", 0, at("in_put")),
    call("a_b", 0, at("in_put_noise")),
    call("drop_c", 0, at("a_b")),
    call("a_b", 2, at("drop_c")),
    call("drop_c", 1, at("a_b", 2)),
    call("out", 0, at("drop_c", 1)),
  ],
  inputs: [at("in_put")],
  outputs: [at("out")],
};
const initial = new Map([
  ["a_b/kernel", normals(inputs * inputs, 1, 0.4)],
  ["a_b/bias", normals(inputs, 2, 0.1)],
  ["out/kernel", normals(inputs * targets, 3, 0.4)],
  ["out/bias", normals(targets, 4, 0.1)],
]);

it.each(["tfjs:cpu", "tfjs:wasm"] as const)(
  "%s draws for each call of a shared layer as engine ort does, and keeps its one set of weights",
  (name) =>
    expectSameSteps(name, {
      topology: shared,
      initial,
      rateFactors: new Map(),
      dataset: "in memory",
      optimisation: optimisation({}),
    }),
);

it("numbers the calls that are left, and says all of it in Keras' words", () => {
  const draws = ["in_put_noise/noise", "drop_c/mask", "drop_c/mask_1"].map((name) => ({
    name,
    recipe: { kind: name.endsWith("noise") ? "normal" : "mask", rate: 0.25, kept: 4 / 3 } as const,
    dims: [8, inputs],
  }));
  expect(kerasTopology(shared, draws)).toMatchObject({
    class_name: "Model",
    config: {
      input_layers: [["in_put", 0, 0]],
      output_layers: [["out", 0, 0]],
      layers: [
        { class_name: "InputLayer", name: "in_put", inbound_nodes: [] },
        { class_name: "LandfallDrawn", config: { draw: 0, stddev: 0.3 } },
        {
          class_name: "Dense",
          name: "a_b",
          inbound_nodes: [[["in_put_noise_0_drawn", 0, 0, {}]], [["drop_c_0_drawn", 0, 0, {}]]],
        },
        { class_name: "LandfallDrawn", name: "drop_c_0_drawn", config: { draw: 1 } },
        {
          class_name: "LandfallDrawn",
          name: "drop_c_1_drawn",
          config: { draw: 2 },
          inbound_nodes: [[["a_b", 1, 0, {}]]],
        },
        { class_name: "Dense", name: "out" },
      ],
    },
  });
});
