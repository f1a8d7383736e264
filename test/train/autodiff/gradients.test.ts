import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../../onnx/builder.ts";
import { evaluateGraph } from "../../../onnx/evaluate/index.ts";
import { gradients } from "../../../train/autodiff/gradients.ts";

const matrix = (g: GraphBuilder, name: string): string =>
  g.initializer(name, { type: "float32", dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
/** An output of the built graph. */
const valuesOf = (g: GraphBuilder, name: string): number[] =>
  Array.from(evaluateGraph(g.build(), new Map()).get(name)?.data ?? [], Number);
const seedOf = (g: GraphBuilder, y: string): Map<string, string> => new Map([[y, g.scalar(1)]]);

describe("gradients", () => {
  it("adds up what flows back along several paths", () => {
    const g = new GraphBuilder("paths");
    const x = matrix(g, "x");
    // y = Σ(x·x + x): dy/dx = 2x + 1
    const y = g.op("ReduceSum", [g.op("Add", [g.op("Mul", [x, x]), x])], { keepdims: 0n });
    const found = gradients({ builder: g, forward: g.build(), seeds: seedOf(g, y), wrt: [x] });
    g.output("dx", found.get(x) ?? "");
    expect(valuesOf(g, "dx")).toEqual([3, 5, 7, 9]);
  });

  it("emits only what the wanted gradients need", () => {
    const g = new GraphBuilder("needed");
    const [x, w] = [matrix(g, "x"), matrix(g, "w")];
    const y = g.op("ReduceSum", [g.op("Tanh", [g.op("Gemm", [g.op("Exp", [x]), w])])], { keepdims: 0n });
    const forward = g.build();
    gradients({ builder: g.scope("backward"), forward, seeds: seedOf(g, y), wrt: [w] });
    const added = g
      .build()
      .nodes.slice(forward.nodes.length)
      .map(({ op }) => op);
    // No Gemm for the gradient by Exp's result.
    expect(added).toEqual(["Unsqueeze", "Expand", "Mul", "Sub", "Mul", "Gemm"]);
  });

  it("passes over operators without a gradient beside the path", () => {
    const g = new GraphBuilder("beside");
    const x = matrix(g, "x");
    const isLarge = g.op("Greater", [x, g.scalar(2)]);
    const y = g.op("ReduceSum", [g.op("Where", [isLarge, x, g.scalar(0)])], { keepdims: 0n });
    const found = gradients({ builder: g, forward: g.build(), seeds: seedOf(g, y), wrt: [x] });
    g.output("dx", found.get(x) ?? "");
    expect(valuesOf(g, "dx")).toEqual([0, 0, 1, 1]);
  });

  it("names the node that has no rule, with the reason", () => {
    const g = new GraphBuilder("refused");
    const x = matrix(g, "x");
    const y = g.op("ReduceSum", [g.scope("pick").op("Gather", [x, g.ints([1])])], { keepdims: 0n });
    const request = { builder: g, forward: g.build(), seeds: seedOf(g, y), wrt: [x] };
    expect(() => gradients(request)).toThrow(/pick\/Gather: the gradient of Gather is not available.*scatter/);
  });

  it("refuses to differentiate by a clip's bound and a slice with steps", () => {
    const g = new GraphBuilder("bounds");
    const [x, low] = [matrix(g, "x"), g.initializer("low", { type: "float32", dims: [], data: Float32Array.of(2) })];
    const y = g.op("Clip", [x, low]);
    expect(() => gradients({ builder: g, forward: g.build(), seeds: new Map([[y, x]]), wrt: [low] })).toThrow(
      /input 1/,
    );
    const stepped = new GraphBuilder("steps");
    const s = matrix(stepped, "x");
    const every = [stepped.ints([0]), stepped.ints([2]), stepped.ints([0]), stepped.ints([2])];
    const z = stepped.op("Slice", [s, ...every]);
    const forward = stepped.build();
    expect(() => gradients({ builder: stepped, forward, seeds: new Map([[z, z]]), wrt: [s] })).toThrow(
      /steps are not 1/,
    );
  });

  it("lists every value that the loss does not depend on", () => {
    const g = new GraphBuilder("unused");
    const [x, a, b] = [matrix(g, "x"), matrix(g, "a"), matrix(g, "b")];
    const y = g.op("ReduceSum", [x], { keepdims: 0n });
    const request = { builder: g, forward: g.build(), seeds: seedOf(g, y), wrt: [x, a, b] };
    expect(() => gradients(request)).toThrow(/does not depend on.*: a; b/);
  });
});
