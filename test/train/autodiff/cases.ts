/** Calls of differentiable operators, float64, inputs kept off kinks. */
import { elementCount, tensorFrom } from "../../../onnx/element.ts";
import type { Attribute, OpName, Tensor } from "../../../onnx/graph.ts";
import { normal, seeded } from "../../onnx/random.ts";

/** An input: differentiated by (`float`), or a constant of the graph. */
export interface Input {
  readonly tensor: Tensor;
  readonly varied: boolean;
}

export interface GradientCase {
  readonly title: string;
  readonly inputs: readonly Input[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly outputs?: number;
  /** Outputs that the loss does not depend on. */
  readonly unused?: readonly number[];
}

const random = seeded(11);

/** Normal values, each at least 0.1 from every kink. */
function real(dims: readonly number[], kinks: readonly number[] = [0]): Input {
  const draw = (): number => {
    const value = normal(random);
    return kinks.some((kink) => Math.abs(value - kink) < 0.1) ? draw() : value;
  };
  return { varied: true, tensor: tensorFrom("float64", dims, Array.from({ length: elementCount(dims) }, draw)) };
}

/** Uniform values in [0.3, 2.3). */
function positive(dims: readonly number[]): Input {
  const values = Array.from({ length: elementCount(dims) }, () => 0.3 + 2 * random());
  return { varied: true, tensor: tensorFrom("float64", dims, values) };
}

/** Values 0.2 apart or more, in random order: no ties. */
function distinct(dims: readonly number[], shift = 0): Input {
  const values = Array.from({ length: elementCount(dims) }, (_, at) => at * 0.2 + shift - 1);
  return {
    varied: true,
    tensor: tensorFrom(
      "float64",
      dims,
      values.toSorted(() => random() - 0.5),
    ),
  };
}

const ints = (...values: readonly number[]): Input => ({
  varied: false,
  tensor: tensorFrom("int64", [values.length], values),
});
const bools = (dims: readonly number[], ...values: readonly number[]): Input => ({
  varied: false,
  tensor: tensorFrom("bool", dims, values),
});
const fixed = (...values: readonly number[]): Input => ({ varied: false, tensor: tensorFrom("float64", [], values) });

const one = (title: string, inputs: readonly Input[], more: Partial<GradientCase> = {}): GradientCase => ({
  title,
  inputs,
  ...more,
});
const elementwise = (attributes: GradientCase["attributes"] = {}, kinks: readonly number[] = [0]) => [
  one("a matrix", [real([3, 4], kinks)], { attributes }),
  one("a scalar", [real([], kinks)], { attributes }),
];

/** Shape pairs: equal, stretched on either side or both, lower rank, scalar, lengths of 1 on both sides. */
const shapePairs = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [
    [2, 1],
    [2, 3],
  ],
  [
    [1, 3],
    [2, 1],
  ],
  [[], [2, 3]],
  [
    [4, 1, 3],
    [2, 1],
  ],
  [[1, 1], [1]],
] as const;
const broadcasting = (make: (dims: readonly number[], side: number) => Input) =>
  shapePairs.map(([a, b]) => one(`[${a.join()}] with [${b.join()}]`, [make(a, 0), make(b, 1)]));

const gemms = [0, 1].flatMap((transA) =>
  [0, 1].map((transB) =>
    one(
      `transA ${transA}, transB ${transB}`,
      [real(transA ? [3, 2] : [2, 3]), real(transB ? [4, 3] : [3, 4]), real(transA ? [4] : [2, 1])],
      { attributes: { transA: BigInt(transA), transB: BigInt(transB), alpha: 0.5, beta: transB ? 1 : 2 } },
    ),
  ),
);

const reductions = [
  one("the last axis, kept", [distinct([2, 3, 2])], { attributes: { axes: [-1n], keepdims: 1n } }),
  one("two axes, dropped", [distinct([2, 3, 2])], { attributes: { axes: [0n, 2n], keepdims: 0n } }),
  one("all axes", [distinct([2, 3])], { attributes: { keepdims: 0n } }),
];
const reductionsByInput = [
  one("the last axis, kept", [distinct([2, 3, 2]), ints(-1)]),
  one("two axes, dropped", [distinct([2, 3, 2]), ints(0, 2)], { attributes: { keepdims: 0n } }),
  one("all axes", [distinct([2, 3])], { attributes: { keepdims: 0n } }),
  one("no axis at all", [distinct([2, 3])], { attributes: { noop_with_empty_axes: 1n } }),
];

export const gradientCases: { readonly [O in OpName]?: readonly GradientCase[] } = {
  Abs: elementwise(),
  Add: broadcasting((dims) => real(dims)),
  Cast: [one("double to double", [real([3])], { attributes: { to: 11n } })],
  Clip: [
    one("both bounds", [real([4, 4], [-0.5, 0.7]), fixed(-0.5), fixed(0.7)]),
    one("the lower bound", [real([4, 4], [-0.5]), fixed(-0.5)]),
  ],
  Concat: [
    one("rows", [real([2, 3]), real([1, 3]), real([4, 3])], { attributes: { axis: 0n } }),
    one("columns", [real([2, 3]), real([2, 2])], { attributes: { axis: -1n } }),
  ],
  Div: broadcasting((dims, side) => (side === 0 ? real(dims) : positive(dims))),
  Elu: elementwise({ alpha: 1.25 }),
  Erf: elementwise(),
  Exp: elementwise(),
  Expand: [one("by rank and length", [real([3, 1]), ints(2, 3, 4)])],
  Flatten: [one("at axis 1", [real([2, 3, 2])], { attributes: { axis: 1n } })],
  Gemm: [...gemms, one("without C", [real([2, 3]), real([3, 4])])],
  HardSigmoid: elementwise({ alpha: 0.25, beta: 0.5 }, [-2, 2]),
  Identity: elementwise(),
  LeakyRelu: elementwise({ alpha: 0.25 }),
  Log: [one("positive", [positive([3, 4])])],
  MatMul: [
    one("matrices", [real([2, 3]), real([3, 4])]),
    one("stacks, broadcast", [real([2, 1, 2, 3]), real([4, 3, 2])]),
    one("a stack by a matrix", [real([4, 2, 3]), real([3, 2])]),
    one("a row by a matrix", [real([3]), real([3, 4])]),
    one("a matrix by a column", [real([2, 3]), real([3])]),
    one("a row by a column", [real([3]), real([3])]),
    one("a row by a stack", [real([3]), real([2, 3, 4])]),
    one("a stack by a column", [real([2, 4, 3]), real([3])]),
  ],
  Max: [
    ...broadcasting((dims, side) => distinct(dims, side * 0.1)),
    one("three", [distinct([3]), distinct([2, 1], 0.05), distinct([2, 3], 0.1)]),
  ],
  Min: [
    ...broadcasting((dims, side) => distinct(dims, side * 0.1)),
    one("three", [distinct([3]), distinct([2, 1], 0.05), distinct([2, 3], 0.1)]),
  ],
  Mul: [...broadcasting((dims) => real(dims))],
  Neg: elementwise(),
  Pad: [one("zeros around", [real([2, 3]), ints(1, 0, 2, 1)])],
  Pow: broadcasting((dims) => positive(dims)),
  Reciprocal: elementwise(),
  ReduceMax: reductions,
  ReduceMean: reductions,
  ReduceMin: reductions,
  ReduceSum: reductionsByInput,
  Relu: elementwise(),
  Reshape: [one("with -1", [real([2, 6]), ints(3, -1)])],
  Selu: elementwise({ alpha: 1.5, gamma: 1.25 }),
  Sigmoid: elementwise(),
  Slice: [
    one("from both ends", [real([4, 5]), ints(1, -3), ints(3, 100)]),
    one("one axis", [real([4, 5]), ints(-2), ints(-1), ints(1)]),
    one("all of it", [real([2, 2]), ints(0), ints(9), ints(0), ints(1)]),
  ],
  Softmax: [one("the last axis", [real([2, 4])]), one("the first axis", [real([3, 2])], { attributes: { axis: 0n } })],
  Softplus: elementwise(),
  Softsign: elementwise(),
  Split: [
    one("three parts", [real([2, 6]), ints(1, 2, 3)], { attributes: { axis: 1n }, outputs: 3 }),
    one("a part without use", [real([4, 2]), ints(1, 3)], { attributes: { axis: -2n }, outputs: 2, unused: [0] }),
  ],
  Sqrt: [one("positive", [positive([3, 4])])],
  Squeeze: [one("the middle", [real([2, 1, 3]), ints(1)])],
  Sub: broadcasting((dims) => real(dims)),
  Tanh: elementwise(),
  Transpose: [one("given", [real([2, 3, 4])], { attributes: { perm: [1n, 2n, 0n] } }), one("reversed", [real([2, 3])])],
  Unsqueeze: [one("both ends", [real([2, 3]), ints(0, -1)])],
  Where: [
    one("equal", [bools([2, 2], 1, 0, 0, 1), real([2, 2]), real([2, 2])]),
    one("stretched", [bools([2, 1], 1, 0), real([3]), real([])]),
  ],
};
