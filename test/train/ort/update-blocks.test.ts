import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { subgraphsOf } from "../../../onnx/attributes.ts";
import type { Graph } from "../../../onnx/graph.ts";
import { openSession } from "../../../runtime/node/open.ts";
import type { OpenSession } from "../../../runtime/session.ts";
import { initialState } from "../../../train/epochs/step-engine.ts";
import { trainingGraph } from "../../../train/ort/training-graph.ts";
import { TrainingSteps } from "../../../train/ort/training-steps.ts";
import { carriedDims } from "../../../train/ort/update-blocks.ts";
import { topologyOf } from "../../../train/topology.ts";
import { normals, optimisation, tanhNet, weightsByName } from "./nets.ts";

describe("the blocks of a weight", () => {
  it.each([
    [
      [943, 3000],
      [20, 141_450],
    ],
    [
      [3000, 4760],
      [102, 140_000],
    ],
    // Two primes: nothing divides them but themselves.
    [
      [997, 991],
      [997, 991],
    ],
    [
      [399, 400],
      [399, 400],
    ],
  ])("of %j are %j", (dims, expected) => {
    expect(carriedDims(dims)).toEqual(expected);
  });

  it("have all elements, and as many each as pays (property)", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 1, max: 9000 }), (rows, columns) => {
        const dims = [rows, columns];
        const carried = carriedDims(dims);
        if (carried === dims) return;
        const [count = 0, length = 0] = carried;
        expect(count * length).toBe(rows * columns);
        expect(count).toBeGreaterThan(1);
        expect(length).toBeGreaterThanOrEqual(80_000);
        expect(length).toBeLessThanOrEqual(300_000);
      }),
    );
  });
});

const everything = optimisation({
  optimiser: { kind: "adamw", beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  clipNorm: 0.5,
  averageDecay: 0.9,
});
// Two kernels of several blocks, one too small for any.
const model = tanhNet([500, 640, 520, 9], { dropout: 0.25 });
const spec = {
  topology: topologyOf(model),
  rateFactors: new Map([["dense_1/kernel", 3]]),
  optimisation: everything,
};

function bodyOf(graph: Graph): Graph {
  const [body] = graph.nodes.flatMap(subgraphsOf);
  if (body === undefined) throw new Error("expected a loop");
  return body;
}

it("leaves nothing of a large weight to an operator outside its blocks, but products and the norm of gradients", () => {
  const { nodes } = bodyOf(trainingGraph(spec, { inBlocks: true }).graph);
  const updates = nodes.filter(({ name }) => name.startsWith("body/update/dense_1/kernel/"));
  expect(updates.map(({ op }) => op)).toEqual(["Reshape", "Scan"]);
  const small = nodes.filter(({ name }) => name.startsWith("body/update/dense_2/kernel/"));
  expect(small.length).toBeGreaterThan(9);
  expect(small.map(({ op }) => op)).not.toContain("Scan");
});

/** A session on the CPU, whatever the device asked for. */
const onCpu: OpenSession = (source, options) => openSession(source, { ...options, device: "cpu" });

async function trained(steps: TrainingSteps): Promise<Map<string, Float32Array>> {
  const state = initialState(steps.state, weightsByName(model));
  const block = { rows: 24, x: normals(24 * 500, 1), y: normals(24 * 9, 2), firstStep: 0, seed: 5 };
  await steps.run(state, { ...block, rates: new Float64Array(3).fill(0.01) });
  return state;
}

it("has the bits of a step over whole weights", async () => {
  await using whole = await TrainingSteps.open(onCpu, spec, { device: "cuda" });
  await using blocks = await TrainingSteps.open(openSession, spec, { device: "cpu" });
  const kernel = (steps: TrainingSteps) => steps.state.find(({ name }) => name === "dense_0/kernel/second");
  expect(kernel(whole)).toMatchObject({ dims: [500, 640], carried: [500, 640] });
  expect(kernel(blocks)).toMatchObject({ dims: [500, 640], carried: [2, 160_000] });
  const [expected, got] = [await trained(whole), await trained(blocks)];
  const bytes = (values: Float32Array = new Float32Array()): Buffer => Buffer.from(values.buffer);
  for (const [name, values] of expected)
    expect({ name, isEqual: bytes(got.get(name)).equals(bytes(values)) }).toEqual({ name, isEqual: true });
});
