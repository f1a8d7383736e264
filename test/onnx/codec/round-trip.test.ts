import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../../onnx/builder.ts";
import { decodeModel, encodeModel } from "../../../onnx/codec/index.ts";
import { arrayOver, bytesOf } from "../../../onnx/codec/tensor-bytes.ts";
import { elementTypes, tensorFrom } from "../../../onnx/element.ts";
import { type Graph, type Model, servedOpset, type Tensor } from "../../../onnx/graph.ts";
import { isAppError } from "../../../schemas/errors.ts";
import { opCases } from "../operators/index.ts";
import { modelOf, runOrt } from "../ort.ts";
import { graphOfSteps, randomSteps } from "../random-graph.ts";

/** The first opset with tensors of a type. */
const opsetOf = ({ type }: Tensor): number => (type === "int4" ? 21 : servedOpset);

/** A graph that hands one constant out. */
function showing(tensor: Tensor): Graph {
  const g = new GraphBuilder("showing", { opset: opsetOf(tensor) });
  g.output("y", g.initializer("c", tensor));
  return g.build();
}

function constantOf(model: Model): Tensor | undefined {
  return model.graph.initializers.get("c");
}

it("gives back the model, and from it the same bytes", () => {
  fc.assert(
    fc.property(randomSteps, fc.dictionary(fc.string(), fc.string()), (steps, metadata) => {
      const model: Model = { ...modelOf(graphOfSteps(steps)), metadata };
      const bytes = encodeModel(model);
      const decoded = decodeModel(bytes);
      expect(decoded).toEqual(model);
      expect(encodeModel(decoded)).toEqual(bytes);
    }),
  );
});

it("leaves no trace of the order in which attributes and metadata were given", () => {
  const graphs = [
    { axis: 1n, keepdims: 0n },
    { keepdims: 0n, axis: 1n },
  ].map((attributes) => {
    const g = new GraphBuilder("g");
    g.output("y", g.op("ArgMax", [g.input("x", "float32", [2, 3])], attributes));
    return g.build();
  });
  const [first, second] = graphs.map((graph, index) =>
    encodeModel({ ...modelOf(graph), metadata: index === 0 ? { a: "1", b: "2" } : { b: "2", a: "1" } }),
  );
  expect(first).toEqual(second);
});

it("keeps Loop bodies", () => {
  const [loop] = opCases.Loop;
  const body = loop?.attributes?.["body"];
  const inputs = [
    { name: "n", type: "int64", dims: [] },
    { name: "c", type: "bool", dims: [] },
    { name: "v", type: "float32", dims: [] },
  ] as const;
  if (body === undefined) throw new Error("no body");
  const graph: Graph = {
    name: "g",
    inputs,
    outputs: [{ name: "a", type: "float32", dims: [] }],
    initializers: new Map(),
    nodes: [{ op: "Loop", name: "l", inputs: ["n", "c", "v"], outputs: ["a", "b", "d"], attributes: { body } }],
  };
  const model = modelOf(graph);
  expect(decodeModel(encodeModel(model))).toEqual(model);
});

describe("constants", () => {
  it.each(elementTypes)("of %s keep every bit", (type) => {
    const tensor = tensorFrom(type, [2, 3], [0, 1, 2, 3, 100, type === "bool" ? 1 : 127]);
    const model = modelOf(showing(tensor), opsetOf(tensor));
    expect(constantOf(decodeModel(encodeModel(model)))).toEqual(tensor);
  });

  it("of int4 lie two to a byte, the even element low", () => {
    const tensor = tensorFrom("int4", [5], [-8, 7, -1, 0, 3]);
    expect(bytesOf(tensor)).toEqual(Uint8Array.of(0x78, 0x0f, 0x03));
    expect(arrayOver("int4", bytesOf(tensor), 5)).toEqual(tensor.data);
  });

  it("of no elements and of rank 0 keep their dims", () => {
    for (const dims of [[], [0, 3], [1, 1, 1]]) {
      const tensor = tensorFrom("float32", dims, dims.includes(0) ? [] : [2.5]);
      expect(constantOf(decodeModel(encodeModel(modelOf(showing(tensor)))))).toEqual(tensor);
    }
  });

  it("that are views into larger arrays are written without their surroundings", () => {
    const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    const decoded = constantOf(decodeModel(encodeModel(modelOf(showing({ type: "float32", dims: [2], data })))));
    expect([...(decoded?.data ?? [])]).toEqual([1, 2]);
  });

  it("are read from bytes at any address", () => {
    const tensor = tensorFrom("float64", [3], [1, 2.5, -3]);
    const bytes = encodeModel(modelOf(showing(tensor)));
    for (let offset = 0; offset < 8; offset++) {
      const moved = new Uint8Array(bytes.length + offset);
      moved.set(bytes, offset);
      expect(constantOf(decodeModel(moved.subarray(offset)))).toEqual(tensor);
    }
  });
});

it("keeps 64-bit integers exactly, in attributes and constants", () => {
  const extremes = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, -(2n ** 32n) - 1n, -1n, 0n];
  const graph: Graph = {
    name: "g",
    inputs: [{ name: "x", type: "float32", dims: [2] }],
    outputs: [],
    initializers: new Map([["c", { type: "int64", dims: [6], data: BigInt64Array.from(extremes) }]]),
    nodes: extremes.map((value, index) => ({
      op: "ReduceSum",
      name: `n${index}`,
      inputs: ["x"],
      outputs: [`y${index}`],
      attributes: { noop_with_empty_axes: value },
    })),
  };
  const decoded = decodeModel(encodeModel(modelOf(graph))).graph;
  expect(decoded).toEqual(graph);
});

it("is what onnxruntime-node loads, with any number of rows", async () => {
  const g = new GraphBuilder("g");
  const x = g.input("x", "float32", ["N", 2]);
  const w = g.initializer("w", { type: "float32", dims: [2, 1], data: Float32Array.of(1, 10) });
  g.output("y", g.op("MatMul", [x, w]));
  for (const rows of [0, 1, 5]) {
    const data = Float32Array.from({ length: 2 * rows }, (_, index) => index);
    const got = await runOrt(modelOf(g.build()), new Map([["x", { type: "float32", dims: [rows, 2], data }]]));
    const expected = Array.from({ length: rows }, (_, row) => 2 * row + 10 * (2 * row + 1));
    expect(got["y"]).toEqual({ type: "float32", dims: [rows, 1], values: expected });
  }
});

it("refuses weights that no single file can hold", () => {
  // Never touched, so the gigabyte is only an address range.
  const tensor: Tensor = { type: "float32", dims: [2 ** 28], data: new Float32Array(2 ** 28) };
  const graph: Graph = {
    ...showing(tensorFrom("bool", [], [1])),
    initializers: new Map([
      ["a", tensor],
      ["b", tensor],
    ]),
  };
  expect(() => encodeModel(modelOf(graph))).toThrow(
    /expected at most 2 GiB, got 2147483648 bytes\)\. Write them as external data/,
  );
});

describe("bytes that are no model", () => {
  const bytes = encodeModel({ ...modelOf(graphOfSteps([])), metadata: { key: "value" } });

  it.each([
    ["nothing", new Uint8Array(), /it has no graph/],
    ["text", new TextEncoder().encode("<html><body>404 Not Found</body></html>"), /not an ONNX model/],
    ["half a model", bytes.slice(0, bytes.length / 2), /not an ONNX model/],
  ])("are refused: %s", (_, wrong, message) => {
    expect(() => decodeModel(wrong)).toThrow(message);
  });

  it("never give another error than bad-model, however they are damaged", () => {
    const model = encodeModel(modelOf(showing(tensorFrom("int64", [2], [1, 2]))));
    fc.assert(
      fc.property(fc.nat(model.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const damaged = cut ? model.slice(0, at) : model.with(at, byte);
        try {
          decodeModel(damaged);
        } catch (error) {
          if (!isAppError(error, "bad-model")) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
