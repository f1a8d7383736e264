import { expect, it } from "vitest";
import { subgraphsOf } from "../../../onnx/attributes.ts";
import { encodeModel } from "../../../onnx/codec/index.ts";
import type { Graph } from "../../../onnx/graph.ts";
import { squaredError } from "../../../train/losses.ts";
import { momentum } from "../../../train/optimisers/momentum.ts";
import { chainTopology } from "../../../train/ort/chain-topology.ts";
import { requireResident } from "../../../train/ort/resident-rows.ts";
import { trainingGraph } from "../../../train/ort/training-graph.ts";
import { modelOf } from "../../onnx/ort.ts";
import { linearData } from "../simulated-data.ts";
import { tanhNet } from "./nets.ts";

const spec = {
  topology: chainTopology(tanhNet([6, 9, 7, 5], { dropout: 0.25 })),
  batchRows: 8,
  loss: squaredError,
  optimiser: momentum(0.5),
  rateFactors: new Map([["dense_1/kernel", 3]]),
};

function bodyOf(graph: Graph): Graph {
  const [body] = graph.nodes.flatMap(subgraphsOf);
  if (body === undefined) throw new Error("expected a loop");
  return body;
}

it("carries every weight and its velocity, and draws a mask before all layers but the first", () => {
  const { state, draws } = trainingGraph(spec);
  expect(state.filter(({ kind }) => kind === "weight").map(({ name, dims }) => [name, dims])).toEqual([
    ["dense_0/kernel", [6, 9]],
    ["dense_0/bias", [9]],
    ["dense_1/kernel", [9, 7]],
    ["dense_1/bias", [7]],
    ["dense_2/kernel", [7, 5]],
    ["dense_2/bias", [5]],
  ]);
  expect(state.filter(({ kind }) => kind === "slot")).toHaveLength(6);
  expect(draws).toEqual([
    { name: "drop_1/mask", rate: 0.25, dims: [8, 9] },
    { name: "drop_2/mask", rate: 0.25, dims: [8, 7] },
  ]);
});

it("makes the same bytes every time", () => {
  const bytes = () => encodeModel(modelOf(trainingGraph(spec).graph, 18));
  expect(bytes()).toEqual(bytes());
});

it("has one product a kernel, with its rate factor and the momentum inside, and one a layer on the way back", () => {
  const gemms = bodyOf(trainingGraph(spec).graph).nodes.filter(({ op }) => op === "Gemm");
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

it("refuses a layer that draws in another way than Dropout, by name", () => {
  const layers = new Map(spec.topology.layers).set("drop_1", {
    name: "drop_1",
    className: "GaussianNoise",
    config: { stddev: 1 },
  });
  expect(() => trainingGraph({ ...spec, topology: { ...spec.topology, layers } })).toThrow(/drop_1 \(GaussianNoise\)/);
});

it("refuses rows that do not fit in memory, with the sizes", () => {
  const data = linearData({ samples: 100, landmarks: 5, targets: 15, seed: 1 });
  // 60 training and 20 validation rows of 20 genes.
  expect(() => requireResident(data, 6400)).not.toThrow();
  expect(() => requireResident(data, 6399)).toThrow(/do not fit in memory.*80 profiles × 20 genes/);
});
