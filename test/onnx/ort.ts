/** Runs models in onnxruntime-node's CPU provider, the oracle of the onnx tests. */
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { encodeModel } from "../../onnx/codec/index.ts";
import {
  type ElementType,
  type Graph,
  type Model,
  servedIrVersion,
  servedOpset,
  type Tensor,
} from "../../onnx/graph.ts";
import { halfValue } from "../../onnx/half.ts";

export interface Result {
  readonly type: string;
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

/** A graph as a model without a history. */
export function modelOf(graph: Graph, opset: number = servedOpset): Model {
  return { graph, opset, irVersion: servedIrVersion, producer: { name: "test", version: "1" }, metadata: {} };
}

/** Loads a model from its bytes or its file, runs it once and gives what it said, by name. */
export async function runOrt(
  model: Model | string,
  feeds: ReadonlyMap<string, Tensor>,
): Promise<Readonly<Record<string, Result>>> {
  const options = {
    // Every node must run as it is, none may be folded away.
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
  } as const;
  const session =
    typeof model === "string"
      ? await InferenceSession.create(model, options)
      : await InferenceSession.create(encodeModel(model), options);
  const tensors = [...feeds].map(([name, tensor]): [string, OrtTensor] => [name, ortTensor(tensor)]);
  const results = await session.run(Object.fromEntries(tensors));
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, resultOf(tensor)]));
}

function ortTensor({ type, data, dims }: Tensor): OrtTensor {
  // The overloads of the constructor pair each type with its array, as Tensor does.
  return new OrtTensor(type as "float32", data as Float32Array, [...dims]);
}

function resultOf(tensor: InferenceSession.OnnxValueMapType[string]): Result {
  if (!(tensor instanceof OrtTensor)) throw new Error("not a tensor");
  const type = tensor.type as ElementType;
  const values = Array.from(tensor.data as ArrayLike<number | bigint>, (value) =>
    type === "float16" ? halfValue(Number(value)) : Number(value),
  );
  return { type, dims: tensor.dims, values };
}
