/** Operators of several values that broadcast. */
import type { ElementType } from "../../../onnx/graph.ts";
import { edges, f32, fixed, type OpCase, type Operand, type Range, some, values } from "./case.ts";

/** Shapes that stretch: same, scalars, vectors, both ways, ranks apart, nothing. */
const shapePairs: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [3, 4],
    [3, 4],
  ],
  [[3, 4], []],
  [[], [2]],
  [[3, 4], [4]],
  [
    [3, 1],
    [1, 4],
  ],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [[1], [2, 1, 3]],
  [
    [0, 3],
    [1, 3],
  ],
];

interface Domain {
  readonly types?: readonly ElementType[];
  readonly left?: Range;
  readonly right?: Range;
  readonly base?: ElementType;
  readonly attributes?: NonNullable<OpCase["attributes"]>;
  readonly special?: readonly number[];
  readonly opset?: number;
}

/** Every shape pair in one type, one pair in every type, and all pairs of special values. */
function pairwise({
  types = [],
  left,
  right,
  base = "float32",
  special = [],
  ...call
}: Domain = {}): readonly OpCase[] {
  const shaped = shapePairs.map(
    ([a, b]): OpCase => ({
      title: `[${a.join(", ")}] with [${b.join(", ")}]`,
      inputs: [some(base, a, left), some(base, b, right)],
      ...call,
    }),
  );
  const typed = types.map(
    (type): OpCase => ({ title: type, inputs: [some(type, [3, 4], left), some(type, [4], right)], ...call }),
  );
  const specials: OpCase = {
    title: "special values",
    inputs: [values(base, special, [special.length, 1]), values(base, special)],
    ...call,
  };
  return [...shaped, ...typed, ...(special.length > 0 ? [specials] : [])];
}

const numeric: readonly ElementType[] = ["float64", "int32", "int64"];
const withNaN = [...edges, Number.NaN];
const positive = { low: 1, high: 10 };

function variadic(types: readonly ElementType[]): readonly OpCase[] {
  return [
    ...pairwise({ types, special: edges }),
    { title: "one operand", inputs: [f32([3])] },
    { title: "three operands", inputs: [f32([3, 1]), f32([4]), f32([2, 1, 1])] },
    { title: "NaN wins", inputs: [values("float32", [Number.NaN, 1, 2]), values("float32", [1, Number.NaN, 3])] },
  ];
}

const whereShapes: readonly (readonly [readonly number[], readonly number[], readonly number[]])[] = [
  [[3], [3], [3]],
  [[2, 1], [3], []],
  [[], [2, 3], [3]],
];

export const pairwiseCases = {
  Add: pairwise({ types: [...numeric, "int8", "uint8"], special: withNaN }),
  And: pairwise({ base: "bool" }),
  BitShift: [
    ...pairwise({ base: "uint32", types: ["uint8"], right: { low: 0, high: 5 }, attributes: { direction: "RIGHT" } }),
    {
      title: "left, bits fall off",
      inputs: [values("uint32", [1, 0xffffffff, 0x80000001]), values("uint32", [31, 4, 1])],
      attributes: { direction: "LEFT" },
    },
    {
      title: "right",
      inputs: [values("uint32", [1, 0xffffffff, 0x80000001]), values("uint32", [1, 4, 31])],
      attributes: { direction: "RIGHT" },
    },
  ],
  BitwiseXor: pairwise({ base: "uint32", types: ["int32", "int64", "uint8", "int8"], opset: 18 }),
  Div: [
    ...pairwise({ types: ["float64", "int32", "int64"], right: positive, special: withNaN }),
    { title: "integers towards zero", inputs: [values("int32", [7, -7, 7, -7]), values("int32", [2, 2, -2, -2])] },
  ],
  Equal: pairwise({ types: [...numeric, "bool"], special: withNaN }),
  Greater: pairwise({ types: numeric, special: withNaN }),
  Less: pairwise({ types: numeric, special: withNaN }),
  Max: variadic(numeric),
  Min: variadic(numeric),
  Mod: [
    ...pairwise({ base: "int32", types: ["int64", "uint32"], right: positive }),
    { title: "sign of the divisor", inputs: [values("int32", [7, -7, 7, -7]), values("int32", [3, 3, -3, -3])] },
    { title: "fmod", inputs: [f32([3, 4]), f32([4], { low: 0.5, high: 2 })], attributes: { fmod: 1n } },
    {
      title: "fmod of integers",
      inputs: [values("int32", [7, -7, 7, -7]), values("int32", [3, 3, -3, -3])],
      attributes: { fmod: 1n },
    },
  ],
  Mul: [
    ...pairwise({ types: [...numeric], special: withNaN }),
    {
      title: "uint32 wraps",
      inputs: [values("uint32", [0xffffffff, 0x9e3779b9]), values("uint32", [0x85ebca6b, 0xc2b2ae35])],
    },
  ],
  Pow: [
    ...pairwise({ types: ["float64"], left: { low: 0.1, high: 3 }, right: { low: -3, high: 3 } }),
    { title: "squares of negative numbers", inputs: [f32([5]), fixed(values("float32", [2], []))] },
    { title: "integers", inputs: [some("int64", [5], { low: -5, high: 5 }), values("int64", [3], [])] },
    { title: "float to int power", inputs: [f32([5]), values("int64", [3], [])] },
  ],
  Sub: pairwise({ types: numeric, special: withNaN }),
  Where: [
    ...whereShapes.map(
      ([c, a, b], index): OpCase => ({ title: `shapes ${index}`, inputs: [some("bool", c), f32(a), f32(b)] }),
    ),
    { title: "int64", inputs: [some("bool", [4]), some("int64", [4]), some("int64", [])] },
    {
      title: "NaN of the other branch stays out",
      inputs: [values("bool", [1, 0]), f32([2]), values("float32", [Number.NaN, 3])],
    },
  ],
  Clip: clipCases(),
  Expand: [
    { title: "a column", inputs: [f32([3, 1]), fixed(values("int64", [2, 1, 4]))] },
    { title: "own length kept", inputs: [f32([3, 1]), fixed(values("int64", [1, 4]))] },
    { title: "scalar of int64", inputs: [some("int64", []), fixed(values("int64", [2, 2]))] },
  ],
} as const;

function clipCases(): readonly OpCase[] {
  const limit = (value: number): Operand => fixed(values("float32", [value], []));
  return [
    { title: "both limits", inputs: [f32([3, 4]), limit(-0.5), limit(0.5)] },
    { title: "no limits", inputs: [f32([3, 4])] },
    { title: "low only", inputs: [f32([3, 4]), limit(0)] },
    { title: "high only", inputs: [f32([3, 4]), undefined, limit(0)] },
    { title: "low above high", inputs: [f32([3, 4]), limit(2), limit(1)] },
    { title: "int64", inputs: [some("int64", [9]), values("int64", [-3], []), values("int64", [3], [])] },
    { title: "special values", inputs: [values("float32", edges), limit(-8), limit(8)] },
  ];
}
