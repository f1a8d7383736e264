/** Passes change what a graph looks like, not what it computes; oracle: the same graph before the pass. */
import { describe, expect, test } from "vitest";
import { foldConstants } from "../../export/passes/fold-constants.ts";
import { runPasses, servedPasses } from "../../export/passes/pass.ts";
import { removeIdentities } from "../../export/passes/remove-identities.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { evaluateGraph } from "../../onnx/evaluate/index.ts";
import type { Graph } from "../../onnx/graph.ts";
import { removeDeadNodes } from "../../onnx/rewrite/remove-dead-nodes.ts";

/** y = x / √(v + 0.5) by way of identities, with a dead branch. */
function example(): Graph {
  const g = new GraphBuilder("example");
  const x = g.input("x", "float32", ["N", 3]);
  const v = g.initializer("v", { type: "float32", dims: [3], data: Float32Array.of(0.1, 2, 7) });
  const spread = g.op("Sqrt", [g.op("Add", [v, g.scalar(0.5)])]);
  const y = g.op("Identity", [g.op("Div", [g.op("Identity", [g.op("Identity", [x])]), spread])]);
  g.op("Neg", [g.op("Mul", [x, g.scalar(3)])]);
  g.output("y", y);
  g.output("same", x);
  return g.build();
}

/** Constants are stored as float32, so folding may move a result by some 2⁻²⁴ of it. */
function evaluate(graph: Graph): unknown {
  const x = { type: "float32", dims: [2, 3], data: Float64Array.of(1, 2, 3, -4, 5, 6) } as const;
  const results = [...evaluateGraph(graph, new Map([["x", x]]))];
  return results.map(([name, { data }]) => [name, Array.from(data, Number).map((v) => v.toFixed(6))]);
}

const ops = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);

// What these work on is not in the example; they have tests of their own (test/export/<pass>.test.ts).
const elsewhere = ["arrange-constants", "remove-transposes", "sparse-average"].concat([
  "fuse-gemm",
  "fold-affine-behind",
  "fold-affine-before",
]);
const simplifying = servedPasses.filter(({ name }) => !elsewhere.includes(name));

test.each(simplifying)("$name keeps the results and reports its change in nodes", ({ run, name }) => {
  const graph = example();
  const { graph: after, reports } = runPasses(graph, [{ name, run }]);
  expect(evaluate(after)).toEqual(evaluate(graph));
  expect(after.nodes.length).toBeLessThan(graph.nodes.length);
  expect(reports).toMatchObject([{ pass: name, before: graph.nodes.length, after: after.nodes.length }]);
  // Constants are rounded to float32 once.
  expect(reports[0]?.difference).toBeLessThan(1e-6);
});

test("all passes leave what is needed, in float64 and rounded once", () => {
  const { graph } = runPasses(example());
  expect(ops(graph)).toEqual(["Div", "Identity", "Identity"]);
  const data = Float32Array.of(Math.sqrt(Math.fround(0.1) + 0.5), Math.sqrt(2.5), Math.sqrt(7.5));
  expect([...graph.initializers]).toEqual([["Sqrt", { type: "float32", dims: [3], data }]]);
});

describe("constant folding", () => {
  test("leaves large constants computed", () => {
    const g = new GraphBuilder("large");
    const w = g.initializer("w", { type: "float32", dims: [300, 300], data: new Float32Array(90_000) });
    g.output("y", g.op("MatMul", [g.input("x", "float32", ["N", 300]), g.op("Neg", [w])]));
    expect(ops(foldConstants(g.build()))).toEqual(["Neg", "MatMul"]);
  });

  test("leaves a constant that is an output", () => {
    const g = new GraphBuilder("constant");
    g.output("y", g.op("Neg", [g.scalar(2)]));
    const graph = g.build();
    expect(foldConstants(graph)).toEqual(graph);
  });
});

test("an identity that shows an input as output stays", () => {
  const g = new GraphBuilder("through");
  g.output("y", g.input("x", "float32", ["N"]));
  const graph = g.build();
  expect(removeIdentities(graph)).toEqual(graph);
});

test("an input that nothing reads stays part of the interface", () => {
  const g = new GraphBuilder("unread");
  g.input("x", "float32", ["N"]);
  g.output("y", g.op("Neg", [g.input("z", "float32", ["N"])]));
  expect(removeDeadNodes(g.build()).inputs.map(({ name }) => name)).toEqual(["x", "z"]);
});

test("a pass that computes something else fails, however sound its graph is", () => {
  const doubled = {
    name: "double",
    run: (graph: Graph): Graph => ({ ...graph, nodes: graph.nodes.map((node) => ({ ...node, op: turned(node.op) })) }),
  };
  expect(() => runPasses(example(), [doubled])).toThrow(/the pass double changed what the graph computes/);
});

const turned = (op: Graph["nodes"][number]["op"]): typeof op => (op === "Div" ? "Mul" : op);

test("a pass that breaks the graph fails", () => {
  const broken = { name: "break", run: (graph: Graph): Graph => ({ ...graph, nodes: graph.nodes.slice(1) }) };
  expect(() => runPasses(example(), [broken])).toThrow(/Sqrt|Add/);
});
