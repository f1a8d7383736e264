/** Loops: bodies over carried values and scans. */
import type { Graph, ValueInfo } from "../../../onnx/graph.ts";
import { f32, node, type OpCase, values } from "./case.ts";

const scalar = (name: string, type: ValueInfo["type"]): ValueInfo => ({ name, type, dims: [] });

/** s ← s · 2; scans s and the step's number; goes on while s < 100. */
const doubling: Graph = {
  name: "doubling",
  inputs: [scalar("step", "int64"), scalar("go", "bool"), { name: "s", type: "float32", dims: [] }],
  outputs: [
    scalar("small", "bool"),
    { name: "twice", type: "float32", dims: [] },
    { name: "seen", type: "float32", dims: [] },
    scalar("at", "int64"),
  ],
  initializers: new Map([
    ["two", { type: "float32", dims: [], data: Float32Array.of(2) }],
    ["hundred", { type: "float32", dims: [], data: Float32Array.of(100) }],
  ]),
  nodes: [
    node("Mul", ["s", "two"], "twice"),
    node("Less", ["twice", "hundred"], "small"),
    node("Identity", ["twice"], "seen"),
    node("Identity", ["step"], "at"),
  ],
};

/** v ← v + row[step], no condition. */
const adding: Graph = {
  name: "adding",
  inputs: [scalar("i", "int64"), scalar("go", "bool"), { name: "v", type: "float32", dims: [3] }],
  outputs: [scalar("on", "bool"), { name: "sum", type: "float32", dims: [3] }],
  initializers: new Map([["rows", { type: "float32", dims: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }]]),
  nodes: [node("Gather", ["rows", "i"], "row"), node("Add", ["v", "row"], "sum"), node("Identity", ["go"], "on")],
};

export const loopCases: { readonly Loop: readonly OpCase[] } = {
  Loop: [
    {
      title: "ends by its trip count, with scans",
      inputs: [values("int64", [4], []), values("bool", [1], []), values("float32", [1.5], [])],
      attributes: { body: doubling },
      outputs: 3,
    },
    {
      title: "ends by its condition",
      inputs: [undefined, values("bool", [1], []), values("float32", [3], [])],
      attributes: { body: doubling },
      outputs: 3,
    },
    {
      title: "ends by what comes first",
      inputs: [values("int64", [20], []), undefined, values("float32", [3], [])],
      attributes: { body: doubling },
      outputs: 3,
    },
    {
      title: "a vector, without condition",
      inputs: [values("int64", [2], []), undefined, f32([3])],
      attributes: { body: adding },
    },
    {
      title: "no step at all",
      inputs: [values("int64", [0], []), undefined, f32([3])],
      attributes: { body: adding },
    },
  ],
};
