/** Files of other exporters: the same messages written by onnx-proto directly. */
import onnxProto from "onnx-proto";
import { describe, expect, it } from "vitest";
import { decodeModel } from "../../../onnx/codec/index.ts";
import { printGraph } from "../../../onnx/print.ts";

const { onnx } = onnxProto;
type GraphProto = onnxProto.onnx.IGraphProto;
type ModelProto = onnxProto.onnx.IModelProto;
type TensorProto = onnxProto.onnx.ITensorProto;
type Dim = onnxProto.onnx.TensorShapeProto.IDimension;

const value = (name: string, dim: readonly Dim[], elemType = 1) => ({
  name,
  type: { tensorType: { elemType, shape: { dim: [...dim] } } },
});

const identity: GraphProto = {
  name: "g",
  input: [value("x", [{ dimParam: "batch" }, { dimValue: 3 }])],
  output: [value("y", [{ dimParam: "batch" }, { dimValue: 3 }])],
  node: [{ opType: "Identity", input: ["x"], output: ["y"] }],
};

function bytesOf(graph: GraphProto, model: ModelProto = {}): Uint8Array {
  return onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: "", version: 17 }], graph, ...model }).finish();
}

describe("constants in typed lists", () => {
  it.each<[string, TensorProto, readonly (number | bigint)[]]>([
    ["float_data", { dataType: 1, floatData: [1.5, -2] }, [1.5, -2]],
    ["int64_data", { dataType: 7, int64Data: [-1, 2 ** 40] }, [-1n, 2n ** 40n]],
    ["double_data", { dataType: 11, doubleData: [0.1, 2] }, [0.1, 2]],
    ["int32_data as int32", { dataType: 6, int32Data: [-5, 7] }, [-5, 7]],
    ["int32_data as bool", { dataType: 9, int32Data: [1, 0] }, [1, 0]],
    ["int32_data as float16 bits", { dataType: 10, int32Data: [0x3c00, 0xc000] }, [0x3c00, 0xc000]],
    ["uint64_data as uint32", { dataType: 12, uint64Data: [2 ** 32 - 1, 0] }, [2 ** 32 - 1, 0]],
  ])("%s", (_, tensor, expected) => {
    const graph = { ...identity, initializer: [{ name: "c", dims: [2], ...tensor }] };
    expect([...(decodeModel(bytesOf(graph)).graph.initializers.get("c")?.data ?? [])]).toEqual(expected);
  });
});

describe("accepts", () => {
  it("initializers listed as inputs, as before IR version 4", () => {
    const c: TensorProto = { name: "c", dims: [3], dataType: 1, floatData: [1, 2, 3] };
    const graph: GraphProto = {
      ...identity,
      input: [...(identity.input ?? []), value("c", [{ dimValue: 3 }])],
      initializer: [c],
      node: [{ opType: "Add", input: ["x", "c"], output: ["y"] }],
    };
    expect(decodeModel(bytesOf(graph)).graph.inputs.map(({ name }) => name)).toEqual(["x"]);
  });

  it("outputs without a shape: it is inferred", () => {
    const graph: GraphProto = { ...identity, output: [{ name: "y" }] };
    expect(printGraph(decodeModel(bytesOf(graph)).graph)).toContain("output y: float32[batch, 3]");
  });

  it("dimensions without a length or a name", () => {
    const graph: GraphProto = {
      ...identity,
      input: [value("x", [{}, { dimValue: 3 }])],
      output: [value("y", [{ dimParam: "unk__1" }, { dimValue: 3 }])],
    };
    expect(decodeModel(bytesOf(graph)).graph.inputs[0]?.dims).toEqual(["x.0", 3]);
  });

  it("the default domain by its long name", () => {
    expect(
      decodeModel(
        bytesOf(identity, {
          opsetImport: [
            { domain: "com.example", version: 1 },
            { domain: "ai.onnx", version: 13 },
          ],
        }),
      ).opset,
    ).toBe(13);
  });
});

describe("refuses", () => {
  it("operators that are not in use, all at once, in bodies and other domains too", () => {
    const body: GraphProto = { node: [{ opType: "NonZero", output: ["b"] }] };
    const graph: GraphProto = {
      ...identity,
      node: [
        { opType: "LSTM", output: ["a"] },
        { opType: "If", output: ["c"], attribute: [{ name: "then_branch", type: 5, g: body }] },
        { opType: "Gelu", domain: "com.microsoft", output: ["d"] },
        { opType: "Identity", input: ["x"], output: ["y"] },
      ],
    };
    expect(() => decodeModel(bytesOf(graph))).toThrow(
      "operators that are not in use (got If, LSTM, NonZero, com.microsoft.Gelu)",
    );
  });

  it.each<[string, readonly [GraphProto, ModelProto?], RegExp]>([
    [
      "an old opset",
      [identity, { opsetImport: [{ domain: "", version: 9 }] }],
      /opset of ai.onnx \(expected 13 to 21, got 9\)\. Convert/,
    ],
    ["no opset", [identity, { opsetImport: [] }], /opset of ai.onnx .* got 0/],
    ["local functions", [identity, { functions: [{ name: "f" }] }], /model-local functions/],
    ["sparse initializers", [{ ...identity, sparseInitializer: [{ dims: [2] }] }], /sparse initializers/],
    [
      "types that are not in use",
      [{ ...identity, input: [value("x", [], 8)] }],
      /x: a value without a type or shape in use \(got type 8\)/,
    ],
    [
      "inputs without a shape",
      [{ ...identity, input: [{ name: "x" }] }],
      /x: a value without a type or shape in use \(got no tensor shape\)/,
    ],
    [
      "attributes of a kind that is not in use",
      [
        {
          ...identity,
          node: [{ opType: "Identity", input: ["x"], output: ["y"], attribute: [{ name: "s", type: 8 }] }],
        },
      ],
      /attribute s: a kind not in use \(got type 8\)/,
    ],
    [
      "constants with too few bytes",
      [{ ...identity, initializer: [{ name: "c", dims: [2], dataType: 1, rawData: new Uint8Array(7) }] }],
      /tensor c: number of bytes \(expected 8, got 7\)/,
    ],
    [
      "constants with too few numbers",
      [{ ...identity, initializer: [{ name: "c", dims: [2], dataType: 1, floatData: [1] }] }],
      /tensor c: number of elements \(expected 2, got 1\)/,
    ],
    [
      "negative dims",
      [{ ...identity, initializer: [{ name: "c", dims: [-2], dataType: 1 }] }],
      /tensor c: not dimensions/,
    ],
    [
      "constants of text",
      [{ ...identity, initializer: [{ name: "c", dims: [], dataType: 8 }] }],
      /tensor c: element type is not in use/,
    ],
    [
      "a graph that does not hold together",
      [{ ...identity, node: [{ opType: "Identity", input: ["z"], output: ["y"] }] }],
      /input 0 \(z\): the value is not defined/,
    ],
  ])("%s", (_, file, message) => {
    expect(() => decodeModel(bytesOf(...file))).toThrow(message);
  });

  it("several broken constants at once", () => {
    const broken = (name: string): TensorProto => ({ name, dims: [2], dataType: 1, floatData: [1] });
    const graph = { ...identity, initializer: [broken("c"), broken("d")] };
    expect(() => decodeModel(bytesOf(graph))).toThrow(/2 problems in the graph: tensor c: .*; tensor d: /);
  });
});
