/** Scans: bodies over slices, with and without state. */
import type { Graph, ValueInfo } from "../../../onnx/graph.ts";
import { f32, node, type OpCase, some } from "./case.ts";

const float = (name: string, dims: readonly number[]): ValueInfo => ({ name, type: "float32", dims });

/** Sums so far, and each slice times two. */
const running: Graph = {
  name: "running",
  inputs: [float("sum", [3]), float("row", [3])],
  outputs: [float("next", [3]), float("seen", [3]), float("twice", [3])],
  initializers: new Map(),
  nodes: [
    node("Add", ["sum", "row"], "next"),
    node("Identity", ["next"], "seen"),
    node("Add", ["row", "row"], "twice"),
  ],
};

/** Two scanned inputs, one of whole numbers, no state. */
const picking: Graph = {
  name: "picking",
  inputs: [float("row", [2, 4]), { name: "at", type: "int64", dims: [2] }],
  outputs: [float("negative", [2, 4]), { name: "kept", type: "int64", dims: [2] }],
  initializers: new Map(),
  nodes: [node("Neg", ["row"], "negative"), node("Identity", ["at"], "kept")],
};

export const scanCases: { readonly Scan: readonly OpCase[] } = {
  Scan: [
    {
      title: "a state and two stacked results",
      inputs: [f32([3]), f32([5, 3])],
      attributes: { body: running, num_scan_inputs: 1n },
      outputs: 3,
      terms: 5,
    },
    {
      title: "slices of two inputs, without a state",
      inputs: [f32([3, 2, 4]), some("int64", [3, 2])],
      attributes: { body: picking, num_scan_inputs: 2n },
      outputs: 2,
    },
    {
      title: "one slice",
      inputs: [f32([3]), f32([1, 3])],
      attributes: { body: running, num_scan_inputs: 1n },
      outputs: 3,
    },
  ],
};
