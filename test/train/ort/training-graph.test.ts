import { expect, it } from "vitest";
import { subgraphsOf } from "../../../onnx/attributes.ts";
import { encodeModel } from "../../../onnx/codec/index.ts";
import type { Graph } from "../../../onnx/graph.ts";
import { trainingGraph } from "../../../train/ort/training-graph.ts";
import type { TrainingSpec } from "../../../train/ort/training-spec.ts";
import { topologyOf } from "../../../train/topology.ts";
import { modelOf } from "../../onnx/ort.ts";
import { optimisation, tanhNet } from "./nets.ts";

const spec: TrainingSpec = {
  topology: topologyOf(tanhNet([6, 9, 7, 5], { dropout: 0.25 })),
  rateFactors: new Map([["dense_1/kernel", 3]]),
  optimisation: optimisation(),
};

const graphOf = (of: TrainingSpec) => trainingGraph(of, { inBlocks: false });

function bodyOf(graph: Graph): Graph {
  const [body] = graph.nodes.flatMap(subgraphsOf);
  if (body === undefined) throw new Error("expected a loop");
  return body;
}

it("carries every weight and its velocity, and draws a mask before all layers but the first", () => {
  const { state, draws } = graphOf(spec);
  expect(state.filter(({ kind }) => kind === "weight").map(({ name, dims }) => [name, dims])).toEqual([
    ["dense_0/kernel", [6, 9]],
    ["dense_0/bias", [9]],
    ["dense_1/kernel", [9, 7]],
    ["dense_1/bias", [7]],
    ["dense_2/kernel", [7, 5]],
    ["dense_2/bias", [5]],
  ]);
  expect(state.filter(({ kind }) => kind === "slot")).toHaveLength(6);
  const recipe = { kind: "mask", rate: 0.25, kept: 1 / 0.75 };
  expect(draws).toEqual([
    { name: "drop_1/mask", recipe, dims: [8, 9] },
    { name: "drop_2/mask", recipe, dims: [8, 7] },
  ]);
});

it("makes the same bytes every time", () => {
  const bytes = () => encodeModel(modelOf(graphOf(spec).graph, 18));
  expect(bytes()).toEqual(bytes());
});

it("has one product a kernel, with its rate factor and the momentum inside, and one a layer on the way back", () => {
  const gemms = bodyOf(graphOf(spec).graph).nodes.filter(({ op }) => op === "Gemm");
  // 3 forward, 3 by kernels, 2 by hidden values: none by the landmarks.
  expect(gemms).toHaveLength(8);
  expect(gemms.filter(({ attributes }) => attributes["alpha"] === 3).map(({ attributes }) => attributes)).toEqual([
    { alpha: 3, beta: 0.5, transA: 1n, transB: 0n },
  ]);
  // The velocities of all kernels, and nothing is left of them to add.
  expect(gemms.filter(({ attributes }) => attributes["beta"] === 0.5).map(({ inputs }) => inputs[2])).toEqual([
    "body/dense_0/kernel/velocity",
    "body/dense_1/kernel/velocity",
    "body/dense_2/kernel/velocity",
  ]);
});

it("emits no gradient and carries no state for a weight that stays as it is", () => {
  const fixed = new Map([
    ["dense_0/kernel", 0],
    ["dense_0/bias", 0],
  ]);
  const { graph, state } = graphOf({ ...spec, rateFactors: fixed });
  expect(state.filter(({ kind }) => kind === "fixed").map(({ name }) => name)).toEqual([...fixed.keys()]);
  expect(state.some(({ name, kind }) => kind === "slot" && name.startsWith("dense_0"))).toBe(false);
  expect(graph.outputs.some(({ name }) => name.startsWith("dense_0"))).toBe(false);
  const gemms = bodyOf(graph).nodes.filter(({ op }) => op === "Gemm");
  // 3 forward, 2 by kernels, 1 by hidden values: nothing goes back to the layer that stays.
  expect(gemms).toHaveLength(6);
});

it("refuses a net whose weights all stay as they are", () => {
  const rateFactors = new Map(graphOf(spec).state.map(({ name }) => [name, 0]));
  expect(() => graphOf({ ...spec, rateFactors })).toThrow(/nothing is left to train/);
});

it("has averages of every weight that changes where they are asked for", () => {
  const { state } = graphOf({ ...spec, optimisation: optimisation({ averageDecay: 0.99 }) });
  const averages = state.filter(({ kind }) => kind === "average");
  expect(averages.map(({ weight }) => weight)).toEqual(
    state.filter(({ kind }) => kind === "weight").map(({ name }) => name),
  );
});

it("draws noise and a mask for the landmarks behind the layers' draws, so that these keep their bits", () => {
  const { draws } = graphOf({ ...spec, optimisation: optimisation({ inputNoise: 0.1, inputMask: 0.2 }) });
  expect(draws.map(({ name, dims }) => [name, dims])).toEqual([
    ["drop_1/mask", [8, 9]],
    ["drop_2/mask", [8, 7]],
    ["landmarks/noise", [8, 6]],
    ["landmarks/mask", [8, 6]],
  ]);
});

it("refuses all layers that cannot be trained at once, by name, and a rate out of range", () => {
  const changed = (className: string, config: object): TrainingSpec => {
    const layers = new Map(spec.topology.layers);
    for (const name of ["drop_1", "drop_2"]) layers.set(name, { name, className, config: { ...config } });
    return { ...spec, topology: { ...spec.topology, layers } };
  };
  expect(() => graphOf(changed("AlphaDropout", { rate: 0.1 }))).toThrow(
    /2 layers cannot be trained.*drop_1 \(AlphaDropout\).*drop_2 \(AlphaDropout\)/,
  );
  expect(() => graphOf(changed("Dropout", { rate: 1 }))).toThrow(/drop_1 \(Dropout\): rate/);
});
