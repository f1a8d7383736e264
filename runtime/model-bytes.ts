import { encodeModel } from "../onnx/codec/encode.ts";
import { type Graph, servedIrVersion, servedOpset } from "../onnx/graph.ts";
import { codeVersion } from "../schemas/version.ts";

/** The ONNX bytes of a graph that is built to be run here and now, with the opset of served graphs. */
export function modelBytes(graph: Graph): Uint8Array {
  return encodeModel({
    graph,
    opset: servedOpset,
    irVersion: servedIrVersion,
    producer: { name: "landfall", version: codeVersion },
    metadata: {},
  });
}
