import * as core from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import * as tfl from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { activationNames } from "../../../export/lower/activations.ts";
import { lowerNetwork } from "../../../export/lower/network.ts";
import type { Topology } from "../../../export/lower/topology.ts";
import { GraphBuilder } from "../../../onnx/builder.ts";
import { evaluateGraph } from "../../../onnx/evaluate/index.ts";
import { gradients } from "../../../train/autodiff/gradients.ts";
import { topologyOf } from "../../../train/topology.ts";
import { denseLayers, normals, tanhNet } from "../ort/nets.ts";

await core.setBackend("cpu");

const rows = 5;
/** tfjs computes in float32. */
const tolerance = 2e-5;

/** The chain with another activation in its hidden layers. */
function withActivation(topology: Topology, activation: string): Topology {
  const changed = [...topology.layers].map(([name, layer]): [string, typeof layer] => [
    name,
    layer.config["activation"] === "tanh" ? { ...layer, config: { ...layer.config, activation } } : layer,
  ]);
  return { ...topology, layers: new Map(changed) };
}

/** Gradients of Σ w·ŷ by every weight, by the graph in float64. */
function graphGradients(activation: string, x: Float32Array, w: Float32Array): ReadonlyMap<string, Float64Array> {
  const model = tanhNet([6, 7, 8, 4]);
  const g = new GraphBuilder("net");
  const input = g.initializer("x", { type: "float32", dims: [rows, 6], data: x });
  const seed = g.initializer("w", { type: "float32", dims: [rows, 4], data: w });
  const stored = new Map(
    denseLayers(model).flatMap(({ name, kernel, bias }): [string, Float32Array][] => [
      [`${name}/kernel`, kernel],
      [`${name}/bias`, bias],
    ]),
  );
  const names: string[] = [];
  const [prediction = ""] = lowerNetwork({
    topology: withActivation(topologyOf(model), activation),
    mode: "train",
    builder: g,
    inputs: [input],
    weights: ({ layer, weight, dims }) => {
      names.push(`${layer}/${weight}`);
      const data = stored.get(`${layer}/${weight}`) ?? new Float32Array();
      return g.initializer(`${layer}/${weight}`, { type: "float32", dims, data });
    },
  });
  const seeds = new Map([[prediction, seed]]);
  const found = gradients({ builder: g.scope("backward"), forward: g.build(), seeds, wrt: names });
  for (const [name, gradient] of found) g.output(`d/${name}`, gradient);
  const values = evaluateGraph(g.build(), new Map());
  return new Map(names.map((name) => [name, Float64Array.from(values.get(`d/${name}`)?.data ?? [], Number)]));
}

/** The same by tfjs. */
function tfjsGradients(activation: string, x: Float32Array, w: Float32Array): ReadonlyMap<string, Float32Array> {
  const layers = denseLayers(tanhNet([6, 7, 8, 4]));
  const model = tfl.sequential();
  for (const [at, { name, units, kernel, bias, activation: own }] of layers.entries()) {
    const camel = activation.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const known = activation === "gelu_new" ? activation : camel;
    const shape = at === 0 ? { inputShape: [6] } : {};
    model.add(tfl.layers.dense({ name, units, activation: (own === "tanh" ? known : own) as "tanh", ...shape }));
    model.layers[at]?.setWeights([core.tensor(kernel, [kernel.length / units, units]), core.tensor(bias)]);
  }
  const { grads } = core.variableGrads(() => {
    const prediction = model.apply(core.tensor2d(x, [rows, 6]), { training: true }) as core.Tensor;
    return core.sum<core.Scalar>(core.mul(prediction, core.tensor2d(w, [rows, 4])));
  });
  const byName = model.layers.flatMap((layer) =>
    layer.weights.map(({ originalName, name }): [string, Float32Array] => {
      const gradient = Object.entries(grads).find(([variable]) => variable === name || variable === originalName)?.[1];
      return [originalName, Float32Array.from(gradient?.dataSync() ?? [])];
    }),
  );
  return new Map(byName);
}

it.each(activationNames)("a Dense net with %s has tfjs' gradients", (activation) => {
  const [x, w] = [normals(rows * 6, 1), normals(rows * 4, 2)];
  const [ours, theirs] = [graphGradients(activation, x, w), tfjsGradients(activation, x, w)];
  expect([...ours.keys()]).toHaveLength(6);
  for (const [name, gradient] of ours) {
    const expected = theirs.get(name) ?? new Float32Array();
    expect({ name, length: expected.length }).toEqual({ name, length: gradient.length });
    const worst = Math.max(...gradient.map((value, i) => Math.abs(value - (expected[i] ?? 0)) / (1 + Math.abs(value))));
    expect(worst).toBeLessThan(tolerance);
  }
});
