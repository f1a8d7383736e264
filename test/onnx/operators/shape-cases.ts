/** Operators that reduce, multiply, arrange and select. */
import { f32, fixed, ints, type OpCase, type Operand, some, values } from "./case.ts";

function reductionBefore18(): readonly OpCase[] {
  return [
    { title: "all axes", inputs: [f32([3, 4])] },
    { title: "one axis, dropped", inputs: [f32([3, 4])], attributes: { axes: [1n], keepdims: 0n } },
    { title: "two axes, kept", inputs: [f32([2, 3, 4])], attributes: { axes: [0n, -1n] } },
    { title: "float64", inputs: [some("float64", [3, 4])], attributes: { axes: [0n] } },
    { title: "int32", inputs: [some("int32", [3, 4])], attributes: { axes: [0n] } },
    ...reductionByInput(18),
  ];
}

function reductionByInput(opset: number): readonly OpCase[] {
  return [
    { title: "axes as input", inputs: [f32([2, 3, 4]), ints(-1, 0)], opset },
    { title: "no axes given: all", inputs: [f32([2, 3])], opset },
    { title: "empty axes: nothing", inputs: [f32([2, 3]), ints()], attributes: { noop_with_empty_axes: 1n }, opset },
    { title: "dropped", inputs: [f32([2, 3]), ints(0)], attributes: { keepdims: 0n }, opset },
  ];
}

const extremes: OpCase = {
  title: "infinities",
  inputs: [values("float32", [1, Infinity, -Infinity, 2, -3, 4], [2, 3])],
  attributes: { axes: [1n] },
};

const along = (title: string, dims: readonly number[], attributes?: OpCase["attributes"]): OpCase => ({
  title,
  inputs: [f32(dims)],
  ...(attributes === undefined ? {} : { attributes }),
});

const matrices = (a: readonly number[], b: readonly number[]): OpCase => ({
  title: `[${a.join(", ")}] × [${b.join(", ")}]`,
  inputs: [f32(a), f32(b)],
});

function gemmCases(): readonly OpCase[] {
  const cShapes: readonly (readonly number[])[] = [[], [1], [5], [1, 5], [3, 1], [3, 5]];
  return [
    { title: "defaults, no C", inputs: [f32([3, 4]), f32([4, 5])] },
    ...cShapes.map(
      (dims): OpCase => ({ title: `C [${dims.join(", ")}]`, inputs: [f32([3, 4]), f32([4, 5]), f32(dims)] }),
    ),
    {
      title: "transposed, scaled",
      inputs: [f32([4, 3]), f32([5, 4]), f32([5])],
      attributes: { transA: 1n, transB: 1n, alpha: 0.5, beta: 2 },
    },
    { title: "float64", inputs: [some("float64", [3, 4]), some("float64", [4, 5])] },
    { title: "a network's width", inputs: [f32([8, 978]), f32([978, 64]), f32([64])], terms: 978 },
  ];
}

const data = (): Operand => f32([3, 4, 5]);

function sliceCases(): readonly OpCase[] {
  return [
    { title: "one axis", inputs: [data(), ints(1), ints(3), ints(1)] },
    { title: "axes by default", inputs: [data(), ints(0, 1), ints(2, 4)] },
    { title: "from the end", inputs: [data(), ints(-3), ints(-1), ints(-1)] },
    { title: "ends clamped", inputs: [data(), ints(-100), ints(2 ** 40), ints(2)] },
    { title: "backwards", inputs: [data(), ints(-1), ints(-100), ints(1), ints(-1)] },
    { title: "steps", inputs: [data(), ints(0, 4), ints(4, 0), ints(1, 2), ints(2, -3)] },
    { title: "nothing", inputs: [data(), ints(2), ints(1), ints(0)] },
    { title: "int32 bounds", inputs: [some("int64", [6]), fixed(values("int32", [1])), fixed(values("int32", [4]))] },
  ];
}

function padCases(): readonly OpCase[] {
  const mode = (name: string): OpCase => ({
    title: name,
    inputs: [f32([3, 4]), ints(1, 2, 2, 1)],
    attributes: { mode: name },
  });
  return [
    { title: "zeros by default", inputs: [f32([3, 4]), ints(0, 1, 2, 0)] },
    { title: "a constant", inputs: [f32([3, 4]), ints(1, 0, 0, 1), values("float32", [7.5], [])] },
    mode("edge"),
    mode("reflect"),
    { title: "negative removes", inputs: [f32([3, 4]), ints(-1, 0, 0, -2)] },
    { title: "axes", inputs: [f32([3, 4]), ints(1, 2), undefined, ints(-1)], opset: 18 },
  ];
}

const shaped = (title: string, dims: readonly number[], constant?: Operand): OpCase => ({
  title,
  inputs: constant === undefined ? [f32(dims)] : [f32(dims), constant],
});

export const shapeCases = {
  ArgMax: [
    along("first axis by default", [3, 4]),
    along("last axis, dropped", [3, 4], { axis: -1n, keepdims: 0n }),
    { title: "first of equals", inputs: [values("float32", [1, 3, 3, 2])] },
    { title: "last of equals", inputs: [values("float32", [1, 3, 3, 2])], attributes: { select_last_index: 1n } },
    { title: "int32", inputs: [some("int32", [2, 5])], attributes: { axis: 1n } },
  ],
  Concat: [
    { title: "rows", inputs: [f32([2, 3]), f32([1, 3])], attributes: { axis: 0n } },
    { title: "columns of three", inputs: [f32([2, 3]), f32([2, 1]), f32([2, 0])], attributes: { axis: -1n } },
    { title: "middle axis", inputs: [f32([2, 1, 3]), f32([2, 2, 3])], attributes: { axis: 1n } },
    { title: "int64", inputs: [some("int64", [2]), some("int64", [3])], attributes: { axis: 0n } },
  ],
  Flatten: [
    along("axis 1 by default", [2, 3, 4]),
    along("axis 0", [2, 3, 4], { axis: 0n }),
    along("axis = rank", [2, 3, 4], { axis: 3n }),
    along("from the end", [2, 3, 4], { axis: -1n }),
  ],
  Gather: [
    { title: "rows", inputs: [f32([4, 3]), values("int64", [3, 0, -1])] },
    {
      title: "columns by a matrix",
      inputs: [f32([4, 3]), values("int64", [0, 2, 1, 1], [2, 2])],
      attributes: { axis: 1n },
    },
    { title: "a scalar index drops the axis", inputs: [f32([4, 3]), values("int64", [2], [])] },
    { title: "int32 indices", inputs: [some("int64", [4]), values("int32", [1, 1])], attributes: { axis: -1n } },
  ],
  Gemm: gemmCases(),
  MatMul: [
    matrices([3, 4], [4, 5]),
    matrices([4], [4, 5]),
    matrices([3, 4], [4]),
    matrices([4], [4]),
    matrices([2, 3, 4], [4, 5]),
    matrices([2, 1, 3, 4], [3, 4, 2]),
    matrices([0, 4], [4, 5]),
    { title: "float64", inputs: [some("float64", [3, 4]), some("float64", [4, 5])] },
    { title: "int32", inputs: [some("int32", [3, 4]), some("int32", [4, 5])] },
    { title: "int64", inputs: [some("int64", [2, 3, 4]), some("int64", [4, 5])] },
  ],
  Pad: padCases(),
  ReduceMax: [...reductionBefore18(), extremes],
  ReduceMean: reductionBefore18(),
  ReduceMin: [...reductionBefore18(), extremes],
  ReduceSum: [
    ...reductionByInput(17),
    { title: "int64", inputs: [some("int64", [3, 4]), ints(1)] },
    { title: "float64", inputs: [some("float64", [3, 4]), ints(0)] },
  ],
  Reshape: [
    shaped("to a vector", [2, 3], ints(6)),
    shaped("0 keeps, −1 takes the rest", [2, 3, 4], ints(0, -1)),
    shaped("to a scalar", [1, 1], ints()),
    { title: "allowzero", inputs: [f32([0, 3]), ints(3, 0)], attributes: { allowzero: 1n } },
  ],
  Slice: sliceCases(),
  Softmax: [
    along("last axis by default", [2, 3, 4]),
    along("axis 0", [3, 4], { axis: 0n }),
    along("middle axis", [2, 3, 4], { axis: 1n }),
    { title: "large values", inputs: [values("float32", [1000, 1001, -1000], [1, 3])] },
    { title: "float64", inputs: [some("float64", [2, 3])] },
  ],
  Split: [
    { title: "equal parts", inputs: [f32([6, 2])], outputs: 3 },
    { title: "given lengths", inputs: [f32([2, 6]), ints(1, 0, 5)], attributes: { axis: 1n }, outputs: 3 },
    { title: "a shorter last part", inputs: [f32([7])], attributes: { num_outputs: 3n }, outputs: 3, opset: 18 },
  ],
  Squeeze: [shaped("all of length 1", [1, 3, 1]), shaped("given axes", [1, 3, 1], ints(-1))],
  Transpose: [
    along("reversed by default", [2, 3, 4]),
    along("perm", [2, 3, 4], { perm: [1n, 2n, 0n] }),
    { title: "int64", inputs: [some("int64", [2, 3])] },
  ],
  Unsqueeze: [shaped("front", [3], ints(0)), shaped("several, unsorted, from the end", [3, 4], ints(-1, 1))],
} as const;
