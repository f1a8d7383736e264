/** Operators of one value. */
import { elementCodes } from "../../../onnx/element.ts";
import type { ElementType } from "../../../onnx/graph.ts";
import { edges, f32, fixed, type OpCase, type Range, some, values } from "./case.ts";

interface Domain {
  readonly types?: readonly ElementType[];
  readonly range?: Range;
  /** Edge values the operator is defined at. */
  readonly special?: readonly number[];
  readonly attributes?: readonly NonNullable<OpCase["attributes"]>[];
}

function unary({ types = ["float32"], range, special = edges, attributes = [] }: Domain = {}): readonly OpCase[] {
  return [
    ...types.map((type): OpCase => ({ title: `${type} [3, 5]`, inputs: [some(type, [3, 5], range)] })),
    { title: "scalar", inputs: [f32([], range)] },
    { title: "no rows", inputs: [f32([0, 3])] },
    { title: "special values", inputs: [values("float32", special)] },
    ...attributes.map(
      (given): OpCase => ({ title: Object.keys(given).join(" and "), inputs: [f32([2, 7], range)], attributes: given }),
    ),
  ];
}

const withNaN = [...edges, Number.NaN];
const logic = (title: string, dims: readonly number[]): OpCase => ({ title, inputs: [some("bool", dims)] });

function castCases(): readonly OpCase[] {
  const pairs: readonly (readonly [ElementType, ElementType])[] = [
    ["float32", "int64"],
    ["float32", "int32"],
    ["float32", "float64"],
    ["float32", "float16"],
    ["float16", "float32"],
    ["float32", "bool"],
    ["bool", "float32"],
    ["int64", "float32"],
    ["int64", "int32"],
    ["int32", "int64"],
    ["uint8", "float32"],
    ["uint32", "int64"],
    ["int64", "uint32"],
  ];
  const random = pairs.map(
    ([from, to]): OpCase => ({
      title: `${from} to ${to}`,
      inputs: [some(from, [4, 3], { low: from.startsWith("u") ? 0 : -9.9, high: 9.9 })],
      attributes: { to: elementCodes[to] },
    }),
  );
  const wide = values("int64", [2 ** 32 + 5, -1, 2 ** 31, -(2 ** 33) - 7]);
  const levels = fixed(some("int4", [3, 5], { low: -8, high: 8 }));
  const unpacked: OpCase = {
    title: "int4 to float32",
    inputs: [levels],
    attributes: { to: elementCodes.float32 },
    opset: 21,
  };
  return [
    ...random,
    unpacked,
    { title: "int64 wraps into int32", inputs: [wide], attributes: { to: elementCodes.int32 } },
  ];
}

export const unaryCases = {
  Abs: unary({ types: ["float32", "float64", "int32", "int64", "int8"], special: withNaN }),
  Cast: castCases(),
  Elu: unary({ attributes: [{ alpha: 0.5 }] }),
  Erf: unary({ special: [...edges, 0.1, 2.5, -3.9, 6, 7] }),
  Exp: unary({ types: ["float32", "float64"], special: withNaN }),
  Floor: unary({ types: ["float32", "float64"], special: [...withNaN, -0.5, 2.5] }),
  HardSigmoid: unary({ attributes: [{ alpha: 0.3, beta: 0.1 }] }),
  Identity: unary({ types: ["float32", "float64", "float16", "int32", "int64", "uint8", "bool"], special: withNaN }),
  LeakyRelu: unary({ attributes: [{ alpha: 0.3 }] }),
  Log: unary({ types: ["float32", "float64"], range: { low: 0.1, high: 9 }, special: withNaN }),
  Neg: unary({ types: ["float32", "float64", "int32", "int64", "int8"], special: withNaN }),
  Not: [logic("[3, 4]", [3, 4]), logic("scalar", [])],
  Reciprocal: unary({ types: ["float32", "float64"], special: withNaN }),
  Relu: unary({ types: ["float32", "float64", "int32", "int8"] }),
  Round: unary({ types: ["float32", "float64"], special: [...withNaN, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997] }),
  Selu: unary({ attributes: [{ alpha: 1.5, gamma: 2 }] }),
  Sigmoid: unary({ types: ["float32", "float64"], special: withNaN }),
  Sign: unary({ types: ["float32", "float64", "int32", "int64", "uint8"] }),
  Softplus: unary(),
  // ∞/∞ is not a number, and what a kernel gives there is its own affair.
  Softsign: unary({ special: edges.filter(Number.isFinite) }),
  Sqrt: unary({ types: ["float32", "float64"], range: { low: 0, high: 9 }, special: withNaN }),
  Tanh: unary({ types: ["float32", "float64"], special: withNaN }),
} as const;
