import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../onnx/builder.ts";
import { checkGraph } from "../../onnx/check.ts";
import type { Graph, Node } from "../../onnx/graph.ts";
import { isAppError } from "../../schemas/errors.ts";

/** x [N, 3] → Gemm → LeakyRelu → y [N, 2] */
function sound(): Graph {
  const g = new GraphBuilder("sound");
  const x = g.input("x", "float32", ["N", 3]);
  const w = g.initializer("w", { type: "float32", dims: [3, 2], data: new Float32Array(6) });
  g.output("y", g.op("LeakyRelu", [g.op("Gemm", [x, w])], { alpha: 0.3 }));
  return g.build();
}

/** The sound graph with one node changed. */
function withNode(index: number, change: Partial<Node>): Graph {
  const graph = sound();
  return { ...graph, nodes: graph.nodes.map((node, at) => (at === index ? { ...node, ...change } : node)) };
}

function problemsOf(graph: Graph, opset?: number): string {
  try {
    checkGraph(graph, opset === undefined ? {} : { opset });
  } catch (error) {
    if (!isAppError(error, "bad-model")) throw error;
    return [error.message, ...(error.fault.examples ?? [])].join("\n");
  }
  return "";
}

const base = sound();
const corruptions: Readonly<Record<string, readonly [Graph, RegExp]>> = {
  "an undefined input": [
    withNode(0, { inputs: ["x", "nothing"] }),
    /Gemm.*input 1 \(nothing\): the value is not defined/,
  ],
  "nodes out of order": [
    { ...base, nodes: base.nodes.toReversed() },
    /LeakyRelu.*input 0 \(Gemm\): the value is not defined/,
  ],
  "a cycle": [withNode(0, { inputs: ["y", "w"] }), /Gemm.*input 0 \(y\): the value is not defined/],
  "a name defined by two nodes": [withNode(1, { outputs: ["Gemm"] }), /Gemm is defined twice/],
  "an initializer named like an input": [
    {
      ...base,
      initializers: new Map([...base.initializers, ["x", { type: "float32", dims: [], data: new Float32Array(1) }]]),
    },
    /x is defined twice/,
  ],
  "an attribute of another type": [
    withNode(1, { attributes: { alpha: 1n } }),
    /attribute alpha \(expected float, got bigint\)/,
  ],
  "an unknown attribute": [withNode(1, { attributes: { beta: 1 } }), /unknown attribute \(expected alpha, got beta\)/],
  "a missing attribute": [withNode(1, { op: "Concat", attributes: {} }), /attribute axis is missing \(expected int\)/],
  "too few inputs": [withNode(0, { inputs: ["x"] }), /number of inputs \(expected 2 to 3, got 1\)/],
  "too many inputs": [withNode(1, { inputs: ["Gemm", "x"] }), /number of inputs \(expected 1, got 2\)/],
  "too many outputs": [withNode(1, { outputs: ["y", "z"] }), /number of outputs \(expected 1, got 2\)/],
  "an absent required input": [withNode(1, { inputs: [""] }), /input 0 \(absent\): a required input is absent/],
  "shapes that do not fit": [
    withNode(0, { attributes: { transB: 1n } }),
    /input 1 \(w\): inner dimensions differ \(expected 3, got 2\)/,
  ],
  "types that do not fit": [
    { ...base, inputs: [{ name: "x", type: "float64", dims: ["N", 3] }] },
    /input 1 \(w\): element type \(expected float64, got float32\)/,
  ],
  "a type the operator does not take": [
    withNode(1, { op: "Not", attributes: {} }),
    /element type \(expected bool, got float32\)/,
  ],
  "an output of other dims": [
    { ...base, outputs: [{ name: "y", type: "float32", dims: ["N", 3] }] },
    /output y: not as declared \(expected float32\[N, 3\], got float32\[N, 2\]\)/,
  ],
  "an output that nothing produces": [
    { ...base, outputs: [{ name: "z", type: "float32", dims: [] }] },
    /output z: nothing produces it/,
  ],
  "an initializer with too few elements": [
    { ...base, initializers: new Map([["w", { type: "float32", dims: [3, 2], data: new Float32Array(5) }]]) },
    /initializer w: number of elements \(expected 6, got 5\)/,
  ],
  "a negative length": [{ ...base, inputs: [{ name: "x", type: "float32", dims: [-1, 3] }] }, /x: not dimensions/],
};

it("accepts a sound graph", () => {
  expect(problemsOf(sound())).toBe("");
});

describe("refuses", () => {
  it.each(Object.entries(corruptions))("%s", (_, [graph, message]) => {
    expect(problemsOf(graph)).toMatch(message);
  });

  it("an initializer in another type's array", () => {
    const wrong = new Map([["w", JSON.parse('{"type":"float32","dims":[2],"data":[1,2]}')]]);
    expect(problemsOf({ ...base, initializers: wrong })).toMatch(
      /initializer w: wrong array \(expected Float32Array, got Array\)/,
    );
  });

  it("operators that came after the opset, and accepts them from then on", () => {
    const xor: Graph = {
      name: "xor",
      inputs: [{ name: "a", type: "uint32", dims: [2] }],
      outputs: [{ name: "b", type: "uint32", dims: [2] }],
      initializers: new Map(),
      nodes: [{ op: "BitwiseXor", name: "n", inputs: ["a", "a"], outputs: ["b"], attributes: {} }],
    };
    expect(problemsOf(xor)).toMatch(
      /node n \(BitwiseXor\): the operator came after the model's opset \(expected 18 or later, got 17\)/,
    );
    expect(problemsOf(xor, 18)).toBe("");
  });

  it("axes as an attribute from opset 18 on, and as an input before", () => {
    const g = new GraphBuilder("g");
    g.output("y", g.op("ReduceMean", [g.input("x", "float32", [2, 3])], { axes: [1n] }));
    expect(problemsOf(g.build(), 18)).toMatch(/unknown attribute .*got axes/);
    const h = new GraphBuilder("h");
    expect(() => h.op("ReduceMean", [h.input("x", "float32", [2, 3]), h.ints([1])])).toThrow(/number of inputs/);
  });

  it("a shape that is not known before the run", () => {
    const g = new GraphBuilder("g");
    const x = g.input("x", "float32", [6]);
    const shape = g.input("shape", "int64", [2]);
    expect(() => g.op("Reshape", [x, shape])).toThrow(
      /input 1 \(shape\): an input that decides a shape is not a constant/,
    );
  });

  it("a body's name that shadows one around it", () => {
    const g = new GraphBuilder("g");
    const x = g.input("x", "float32", [2]);
    const body = g.subgraph("body");
    body.input("step", "int64", []);
    body.output("on", body.input("go", "bool", []));
    body.output("next", body.op("Neg", [body.input("v", "float32", [2])]));
    const built = body.build();
    const shadowing: Graph = {
      ...built,
      inputs: built.inputs.map((input) => (input.name === "body/step" ? { ...input, name: "x" } : input)),
    };
    expect(() => {
      g.output("y", g.op("Loop", [g.scalar(2, "int64"), "", x], { body: shadowing }));
      g.build();
    }).toThrow(/x is defined twice/);
  });
});

describe("refuses a body", () => {
  const body: Graph = {
    name: "body",
    inputs: [
      { name: "i", type: "int64", dims: [] },
      { name: "go", type: "bool", dims: [] },
    ],
    outputs: [
      { name: "on", type: "bool", dims: [] },
      { name: "seen", type: "int64", dims: [] },
    ],
    initializers: new Map(),
    nodes: [
      { op: "Identity", name: "a", inputs: ["go"], outputs: ["on"], attributes: {} },
      { op: "Identity", name: "b", inputs: ["i"], outputs: ["seen"], attributes: {} },
    ],
  };
  const looping = (given: Graph): Graph => ({
    name: "g",
    inputs: [{ name: "n", type: "int64", dims: [] }],
    outputs: [{ name: "y", type: "int64", dims: ["steps"] }],
    initializers: new Map(),
    nodes: [{ op: "Loop", name: "l", inputs: ["n", ""], outputs: ["y"], attributes: { body: given } }],
  });

  it("only where it is wrong", () => {
    expect(problemsOf(looping(body))).toBe("");
  });

  it("that does not produce its outputs", () => {
    const wrong = { ...body, nodes: body.nodes.slice(0, 1) };
    expect(problemsOf(looping(wrong))).toMatch(/node l \(Loop\): nothing in the body produces its output seen/);
  });

  it("whose outputs are not as declared", () => {
    const wrong: Graph = { ...body, outputs: body.outputs.map((output) => ({ ...output, dims: [2] })) };
    expect(problemsOf(looping(wrong))).toMatch(
      /output on of the body is not as declared \(expected bool\[2\], got bool\[\]\)/,
    );
  });

  it("with a node that does not fit", () => {
    const wrong: Graph = { ...body, nodes: body.nodes.map((node) => ({ ...node, inputs: ["nothing"] })) };
    expect(problemsOf(looping(wrong))).toMatch(/2 problems in the graph: node a \(Identity\), input 0 \(nothing\)/);
  });
});

it("lists all problems at once", () => {
  const graph = withNode(1, { attributes: { alpha: 1n, beta: 2 }, inputs: ["Gemm", "x"] });
  const text = problemsOf({ ...graph, inputs: [{ name: "x", type: "float32", dims: ["N", 4] }] });
  expect(text).toMatch(/inner dimensions differ/);
  const other = problemsOf(withNode(1, { attributes: { alpha: 1n, beta: 2 }, inputs: ["Gemm", "x"] }));
  for (const part of [/attribute alpha/, /unknown attribute/, /number of inputs/]) expect(other).toMatch(part);
});
