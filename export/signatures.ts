import type { Graph } from "../onnx/graph.ts";
import { TensorSignature } from "../schemas/index.ts";

/** The values of a graph's border as the manifest states them. */
export function signatures(values: Graph["inputs"]): TensorSignature[] {
  return values.map((value) => TensorSignature.parse(value));
}
