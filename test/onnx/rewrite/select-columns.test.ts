/** Oracle: the columns of the whole graph's result. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../../onnx/builder.ts";
import { checkGraph } from "../../../onnx/check.ts";
import { elementCodes, elementCount, tensorFrom } from "../../../onnx/element.ts";
import { evaluateGraph } from "../../../onnx/evaluate/index.ts";
import type { ElementType, Graph } from "../../../onnx/graph.ts";
import { selectColumns } from "../../../onnx/rewrite/select-columns.ts";
import { AppError } from "../../../schemas/index.ts";
import { normal, seeded } from "../random.ts";

const [rows, inputs, outputs] = [3, 6, 9];
type Constant = (dims: readonly number[], type?: ElementType) => string;

/** y `[N, 9]` made of x `[N, 6]`. */
function graphOf(build: (g: GraphBuilder, x: string, c: Constant) => string, opset = 17): Graph {
  const g = new GraphBuilder("choice", { opset });
  const random = seeded(4);
  let count = 0;
  const c: Constant = (dims, type = "float32") => {
    const draw = (): number => (type.startsWith("float") ? normal(random) : Math.floor(6 * random()));
    return g.initializer(`c${count++}`, tensorFrom(type, dims, Array.from({ length: elementCount(dims) }, draw)));
  };
  g.output("y", build(g, g.input("x", "float32", ["N", inputs]), c));
  return g.build();
}

const feed = tensorFrom(
  "float32",
  [rows, inputs],
  Array.from({ length: rows * inputs }, (_, i) => Math.sin(i + 1)),
);

function evaluate(graph: Graph): number[][] {
  const x = { type: "float32", dims: feed.dims, data: Float64Array.from(feed.data, Number) } as const;
  const y = evaluateGraph(graph, new Map([["x", x]])).get("y");
  const width = y?.dims[1] ?? 0;
  const values = Array.from(y?.data ?? [], Number);
  return Array.from({ length: rows }, (_, row) => values.slice(row * width, (row + 1) * width));
}

const heads: Readonly<Record<string, { build: Parameters<typeof graphOf>[0]; opset?: number }>> = {
  "a Gemm [in, out]": { build: (g, x, c) => g.op("Gemm", [x, c([inputs, outputs]), c([outputs])]) },
  "a Gemm [out, in]": { build: (g, x, c) => g.op("Gemm", [x, c([outputs, inputs]), c([outputs])], { transB: 1n }) },
  "a Gemm without a bias": { build: (g, x, c) => g.op("Gemm", [x, c([inputs, outputs])]) },
  "a Gemm with one bias for all": { build: (g, x, c) => g.op("Gemm", [x, c([inputs, outputs]), c([1])]) },
  "a MatMul and maps by column": {
    build: (g, x, c) => {
      const product = g.op("MatMul", [x, c([inputs, outputs])]);
      return g.op("Clip", [g.op("Add", [g.op("Mul", [product, c([1, outputs])]), c([])]), c([]), ""]);
    },
  },
  "a sum of two products": {
    build: (g, x, c) =>
      g.op("Add", [g.op("Gemm", [x, c([inputs, outputs])]), g.op("Gemm", [x, c([outputs, inputs])], { transB: 1n })]),
  },
  "partitions side by side": {
    build: (g, x, c) => {
      const parts = [2, 4, 3].map((width) => g.op("Gemm", [x, c([inputs, width]), c([width])]));
      return g.op("Concat", parts, { axis: 1n });
    },
  },
  "averages picked by a table": {
    build: (g, x, c) => {
      const picked = g.op("Gather", [g.op("Transpose", [x], { perm: [1n, 0n] }), c([outputs, 2], "int32")], {
        axis: 0n,
      });
      const means = g.op("ReduceMean", [picked], { axes: [1n], keepdims: 0n });
      return g.op("Mul", [g.op("Transpose", [means], { perm: [1n, 0n] }), c([outputs])]);
    },
  },
  "8-bit weights with a scale an output": {
    build: (g, x, c) => {
      const w = g.op("DequantizeLinear", [c([outputs, inputs], "int8"), c([outputs]), c([outputs], "int8")], {
        axis: 0n,
      });
      const b = g.op("DequantizeLinear", [c([outputs], "int32"), c([outputs])], { axis: 0n });
      return g.op("Gemm", [x, w, b], { transB: 1n });
    },
  },
  "4-bit weights in blocks": {
    build: (g, x, c) => {
      const w = g.op("DequantizeLinear", [c([inputs, outputs], "int4"), c([1, outputs])], {
        axis: 0n,
        block_size: 16n,
      });
      return g.op("Gemm", [x, w, c([outputs])]);
    },
    opset: 21,
  },
  "4-bit weights that are cast, [out, in]": {
    build: (g, x, c) => {
      const levels = g.op("Cast", [c([outputs, 2, 4], "int4")], { to: elementCodes.float32 });
      const joined = g.op("Reshape", [g.op("Mul", [levels, c([outputs, 2, 1])]), g.ints([outputs, 8])]);
      return g.op("Gemm", [x, g.op("Slice", [joined, g.ints([0]), g.ints([inputs]), g.ints([1])])], { transB: 1n });
    },
    opset: 21,
  },
  "4-bit weights that are cast, [in, out]": {
    build: (g, x, c) => {
      const levels = g.op("Cast", [c([2, 4, outputs], "int4")], { to: elementCodes.float32 });
      const joined = g.op("Reshape", [g.op("Mul", [levels, c([2, 1, outputs])]), g.ints([8, outputs])]);
      return g.op("Gemm", [x, g.op("Slice", [joined, g.ints([0]), g.ints([inputs]), g.ints([0])])]);
    },
    opset: 21,
  },
};

/** What is computed whole, and picked from: the choice goes no further. */
const wholes: typeof heads = {
  "a softmax over the columns": {
    build: (g, x, c) => g.op("Softmax", [g.op("Gemm", [x, c([inputs, outputs])])]),
  },
};

const columnsOf = (values: number[][], columns: readonly number[]): number[][] =>
  values.map((row) => columns.map((column) => row[column] ?? Number.NaN));

describe.each(Object.entries({ ...heads, ...wholes }))("of %s", (_, { build, opset = 17 }) => {
  const graph = graphOf(build, opset);
  const choose = (columns: readonly number[]): Graph => selectColumns({ graph, opset }, { output: "y", columns });

  test("any columns in any order are those of the whole", () => {
    const all = evaluate(graph);
    const some = fc.shuffledSubarray([...Array(outputs).keys()], { minLength: 1 });
    fc.assert(
      fc.property(some, (columns) => {
        const chosen = choose(columns);
        checkGraph(chosen, { opset });
        expect(chosen.outputs).toEqual([{ name: "y", type: "float32", dims: ["N", columns.length] }]);
        expect(evaluate(chosen)).toEqual(columnsOf(all, columns));
      }),
      { seed: 5, numRuns: 25 },
    );
  });
});

test.each(Object.entries(heads))("of %s the weights of the other columns are gone", (_, { build, opset = 17 }) => {
  const chosen = selectColumns({ graph: graphOf(build, opset), opset }, { output: "y", columns: [2] });
  const elements = [...chosen.initializers.values()].map(({ dims }) => elementCount(dims));
  expect(Math.max(0, ...elements.filter((count) => count > inputs))).toBeLessThan(outputs);
});

test("a value that another output shows stays whole there", () => {
  const g = new GraphBuilder("two");
  const x = g.input("x", "float32", ["N", 2]);
  const y = g.op("Gemm", [x, g.initializer("w", tensorFrom("float32", [2, 3], [1, 2, 3, 4, 5, 6]))]);
  g.output("y", y);
  g.output("z", g.op("Neg", [y]));
  const chosen = selectColumns({ graph: g.build(), opset: 17 }, { output: "y", columns: [2] });
  checkGraph(chosen);
  const feeds = new Map([["x", { type: "float32", dims: [1, 2], data: Float64Array.of(1, 1) } as const]]);
  const results = evaluateGraph(chosen, feeds);
  expect([results.get("y")?.data, results.get("z")?.data]).toEqual([Float64Array.of(9), Float64Array.of(-5, -7, -9)]);
});

test.each([
  ["no columns", []],
  ["a column beyond the last", [outputs]],
  ["a negative column", [-1]],
  ["one twice", [3, 3]],
])("%s are refused", (_, columns) => {
  const graph = graphOf(heads["a Gemm [in, out]"]?.build ?? ((_g, x) => x));
  expect(() => selectColumns({ graph, opset: 17 }, { output: "y", columns })).toThrow(AppError);
});
