/**
 * The net as it is served, in a session whose weights are fed: no copy of them, and none in the graph's bytes.
 * @module
 */
import { lowerNetwork } from "../../export/lower/network.ts";
import { rowSum } from "../../export/lower/row-sum.ts";
import type { Topology } from "../../export/lower/topology.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Graph } from "../../onnx/graph.ts";
import { hostTensor } from "../../runtime/host-tensor.ts";
import { modelBytes } from "../../runtime/model-bytes.ts";
import type { HostTensor, OpenOptions, OpenSession, SessionHost, TensorMap } from "../../runtime/session.ts";
import type { RowBlock, TrainingState } from "../epochs/step-engine.ts";
import type { PredictZ } from "../standardised.ts";
import { type TrainingNet, trainingNet } from "./training-net.ts";

type Result = "prediction" | "errors";

/** `prediction` `[N, T]`, or `errors` `[N, 1]`: each row's Σ|ŷ − y|, which does not depend on the row's place. */
function netGraph(topology: Topology, { parameters, inputDims, outputDims }: TrainingNet, result: Result): Graph {
  const g = new GraphBuilder(topology.name);
  const x = g.input("x", "float32", ["N", ...inputDims.slice(1)]);
  for (const { name, dims } of parameters) g.input(name, "float32", dims);
  const [prediction = ""] = lowerNetwork({
    topology,
    mode: "infer",
    builder: g.scope("net"),
    inputs: [x],
    weights: ({ layer, weight }) => `${layer}/${weight}`,
  });
  if (result === "prediction") g.output("prediction", prediction);
  else {
    const y = g.input("y", "float32", ["N", ...outputDims.slice(1)]);
    g.output("errors", rowSum(g, g.op("Abs", [g.op("Sub", [prediction, y])])));
  }
  return g.build();
}

interface Opening {
  readonly topology: Topology;
  readonly result: Result;
  readonly options?: OpenOptions;
}

async function openNet(open: OpenSession, { topology, result, options = {} }: Opening) {
  const net = trainingNet(topology, 1, () => false);
  const session = await open({ bytes: modelBytes(netGraph(topology, net, result)) }, options);
  const feeds = (weights: TrainingState): TensorMap =>
    Object.fromEntries(
      net.parameters.map(({ name, dims }) => [
        name,
        hostTensor("float32", dims, weights.get(name) ?? new Float32Array()),
      ]),
    );
  const matrix = (values: Float32Array, rows: number): HostTensor =>
    hostTensor("float32", [rows, values.length / rows], values);
  return { session, feeds, matrix };
}

/** Float values of an output. */
function valuesOf(outputs: TensorMap, name: string): Float32Array {
  const tensor = outputs[name];
  if (tensor?.type !== "float32") throw new Error(`no output ${name}`);
  return tensor.data;
}

/** Predictions with fixed weights; the caller disposes of `session`. */
export async function openPrediction(
  open: OpenSession,
  topology: Topology,
  weights: TrainingState,
): Promise<{ readonly session: SessionHost; readonly predictZ: PredictZ }> {
  const { session, feeds, matrix } = await openNet(open, { topology, result: "prediction" });
  const predictZ: PredictZ = async (landmarks, rows) =>
    valuesOf(await session.run({ ...feeds(weights), x: matrix(landmarks, rows) }), "prediction");
  return { session, predictZ };
}

/** Σ|ŷ − y| of every row `[rows]` with the weights given. */
export type RowErrors = (weights: TrainingState, block: RowBlock) => Promise<Float32Array>;

/** Errors with weights that change; the caller disposes of `session`. */
export async function openErrors(
  open: OpenSession,
  topology: Topology,
  options: OpenOptions = {},
): Promise<{ readonly session: SessionHost; readonly rowErrors: RowErrors }> {
  const { session, feeds, matrix } = await openNet(open, { topology, result: "errors", options });
  const rowErrors: RowErrors = async (weights, { rows, x, y }) =>
    valuesOf(await session.run({ ...feeds(weights), x: matrix(x, rows), y: matrix(y, rows) }), "errors");
  return { session, rowErrors };
}
