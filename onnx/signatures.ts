/**
 * What each operator takes: inputs with their types, how many outputs, and attributes with defaults
 * (ONNX operator schemas, https://github.com/onnx/onnx/blob/main/docs/Operators.md), over the element types in use.
 * @module
 */
import type { Attribute, ElementType, OpName } from "./graph.ts";

/** Kinds of attribute in use (`AttributeProto.AttributeType`). */
export type AttributeKind = "float" | "int" | "string" | "tensor" | "graph" | "floats" | "ints";

/** One attribute: its kind, and its default or whether it must be given. */
export interface AttributeSpec {
  readonly kind: AttributeKind;
  readonly required: boolean;
  readonly default?: Attribute;
}

/** A type, or a variable bound by the first input that uses it; `?` = may be absent, `*` = any number, at least one. */
export type Formal = `${"T" | "U" | "any" | ElementType}${"" | "?" | "*"}`;

/** An operator as of an opset. `any` inputs need not agree with each other. */
export interface Signature {
  readonly since: number;
  readonly types: { readonly T: readonly ElementType[]; readonly U?: readonly ElementType[] };
  readonly inputs: readonly Formal[];
  /** Fewest and most outputs. */
  readonly outputs: readonly [number, number];
  readonly attributes: Readonly<Record<string, AttributeSpec>>;
}

/** Opsets whose operators mean what these tables say. */
export const opsetRange: readonly [number, number] = [13, 21];

const floats = ["float32", "float64", "float16"] as const;
const wide = [...floats, "int32", "int64", "uint32"] as const;
const numbers = [...wide, "int8", "uint8"] as const;
const integers = ["int8", "int32", "int64", "uint8", "uint32"] as const;
const signed = [...floats, "int8", "int32", "int64"] as const;
const all = [...numbers, "bool"] as const;
const indices = ["int32", "int64"] as const;

const float = (value: number): AttributeSpec => ({ kind: "float", required: false, default: value });
const int = (value: bigint): AttributeSpec => ({ kind: "int", required: false, default: value });
const text = (value: string): AttributeSpec => ({ kind: "string", required: false, default: value });
const required = (kind: AttributeKind): AttributeSpec => ({ kind, required: true });
const optional = (kind: AttributeKind): AttributeSpec => ({ kind, required: false });

/** An operator over one variable T; the opset says when it began to mean this, 13 when that was earlier. */
function over(
  T: readonly ElementType[],
  inputs: readonly Formal[],
  more: Partial<Omit<Signature, "inputs">> = {},
): Signature {
  return { since: 13, outputs: [1, 1], attributes: {}, types: { T }, inputs, ...more };
}

const unary = (T: readonly ElementType[], attributes: Signature["attributes"] = {}) => [over(T, ["T"], { attributes })];
const binary = (T: readonly ElementType[]) => [over(T, ["T", "T"])];
const variadic = (T: readonly ElementType[]) => [over(T, ["T*"])];

/** Where a window moves, for all operators that have one; no default for what the kernel's rank decides. */
const window = {
  auto_pad: text("NOTSET"),
  kernel_shape: optional("ints"),
  strides: optional("ints"),
  pads: optional("ints"),
} as const;
const pool = { ...window, kernel_shape: required("ints"), ceil_mode: int(0n) } as const;
const convolution = { ...window, dilations: optional("ints"), group: int(1n) } as const;

/** Axes became an input in opset 18. */
function reduction(T: readonly ElementType[]): readonly Signature[] {
  return [over(T, ["T"], { attributes: { axes: optional("ints"), keepdims: int(1n) } }), reductionByInput(T, 18)];
}

function reductionByInput(T: readonly ElementType[], since: number): Signature {
  return over(T, ["T", "int64?"], { since, attributes: { keepdims: int(1n), noop_with_empty_axes: int(0n) } });
}

const signatures: { readonly [O in OpName]: readonly Signature[] } = {
  Abs: unary(numbers),
  Add: binary(numbers),
  And: [over(["bool"], ["bool", "bool"])],
  ArgMax: unary(numbers, { axis: int(0n), keepdims: int(1n), select_last_index: int(0n) }),
  AveragePool: [over(floats, ["T"], { attributes: { ...pool, count_include_pad: int(0n) } })],
  BitShift: [over(["uint8", "uint32"], ["T", "T"], { attributes: { direction: required("string") } })],
  BitwiseXor: [over(integers, ["T", "T"], { since: 18 })],
  Cast: [
    over(all, ["T"], { attributes: { to: required("int") } }),
    over(all, ["T"], { since: 19, attributes: { to: required("int"), saturate: int(1n) } }),
    over([...all, "int4"], ["T"], { since: 21, attributes: { to: required("int"), saturate: int(1n) } }),
  ],
  Clip: [over(numbers, ["T", "T?", "T?"])],
  Concat: [over(all, ["T*"], { attributes: { axis: required("int") } })],
  Conv: [over(floats, ["T", "T", "T?"], { attributes: convolution })],
  ConvTranspose: [over(floats, ["T", "T", "T?"], { attributes: { ...convolution, output_padding: optional("ints") } })],
  DequantizeLinear: [
    over(["int8", "uint8", "int32"], ["T", "float32", "T?"], { attributes: { axis: int(1n) } }),
    over(["int4", "int8", "uint8", "int32"], ["T", "float32", "T?"], {
      since: 21,
      attributes: { axis: int(1n), block_size: int(0n) },
    }),
  ],
  Div: binary(numbers),
  Elu: unary(floats, { alpha: float(1) }),
  Equal: binary(all),
  Erf: unary(floats),
  Exp: unary(floats),
  Expand: [over(all, ["T", "int64"])],
  Flatten: unary(all, { axis: int(1n) }),
  Floor: unary(floats),
  Gather: [over(all, ["T", "U"], { types: { T: all, U: indices }, attributes: { axis: int(0n) } })],
  Gemm: [
    over(floats, ["T", "T", "T?"], {
      attributes: { alpha: float(1), beta: float(1), transA: int(0n), transB: int(0n) },
    }),
  ],
  Greater: binary(numbers),
  HardSigmoid: unary(floats, { alpha: float(0.2), beta: float(0.5) }),
  Identity: [over(all, ["T"]), over([...all, "int4"], ["T"], { since: 21 })],
  LeakyRelu: unary(floats, { alpha: float(0.01) }),
  Less: binary(numbers),
  Log: unary(floats),
  Loop: [
    over(all, ["int64?", "bool?", "any*"], {
      outputs: [1, Number.POSITIVE_INFINITY],
      attributes: { body: required("graph") },
    }),
  ],
  MatMul: binary(wide),
  Max: variadic(numbers),
  MaxPool: [over(floats, ["T"], { attributes: { ...pool, dilations: optional("ints") } })],
  Min: variadic(numbers),
  Mod: [over(numbers, ["T", "T"], { attributes: { fmod: int(0n) } })],
  Mul: binary(numbers),
  Neg: unary(signed),
  Not: [over(["bool"], ["bool"])],
  Pad: [
    over(all, ["T", "int64", "T?"], { attributes: { mode: text("constant") } }),
    over(all, ["T", "int64", "T?", "U?"], {
      since: 18,
      types: { T: all, U: indices },
      attributes: { mode: text("constant") },
    }),
  ],
  Pow: [over([...floats, ...indices], ["T", "U"], { types: { T: [...floats, ...indices], U: numbers } })],
  QuantizeLinear: [
    over(["float32"], ["T", "float32", "U?"], {
      types: { T: ["float32"], U: ["int8", "uint8"] },
      attributes: { axis: int(1n) },
    }),
  ],
  Reciprocal: unary(floats),
  ReduceMax: reduction(numbers),
  ReduceMean: reduction(wide),
  ReduceMin: reduction(numbers),
  ReduceSum: [reductionByInput(wide, 13)],
  Relu: unary(signed),
  Reshape: [over(all, ["T", "int64"]), over(all, ["T", "int64"], { since: 14, attributes: { allowzero: int(0n) } })],
  Resize: [
    over(numbers, ["T", "float32?", "float32?", "int64?"], {
      attributes: {
        coordinate_transformation_mode: text("half_pixel"),
        mode: text("nearest"),
        nearest_mode: text("round_prefer_floor"),
      },
    }),
  ],
  Round: unary(floats),
  Scan: [
    over(all, ["any", "any*"], {
      outputs: [1, Number.POSITIVE_INFINITY],
      attributes: { body: required("graph"), num_scan_inputs: required("int") },
    }),
  ],
  // The defaults are those of Klambauer et al. 2017, as ONNX rounds them to float32.
  Selu: unary(floats, { alpha: float(1.67326319217681884765625), gamma: float(1.05070102214813232421875) }),
  Sigmoid: unary(floats),
  Sign: unary(numbers),
  Slice: [over(all, ["T", "U", "U", "U?", "U?"], { types: { T: all, U: indices } })],
  Softmax: unary(floats, { axis: int(-1n) }),
  Softplus: unary(floats),
  Softsign: unary(floats),
  Split: [
    over(all, ["T", "int64?"], { outputs: [1, Number.POSITIVE_INFINITY], attributes: { axis: int(0n) } }),
    over(all, ["T", "int64?"], {
      since: 18,
      outputs: [1, Number.POSITIVE_INFINITY],
      attributes: { axis: int(0n), num_outputs: optional("int") },
    }),
  ],
  Sqrt: unary(floats),
  Squeeze: [over(all, ["T", "int64?"])],
  Sub: binary(numbers),
  Tanh: unary(floats),
  Transpose: unary(all, { perm: optional("ints") }),
  Unsqueeze: [over(all, ["T", "int64"])],
  Where: [over(all, ["bool", "T", "T"])],
};

/** The signature of an operator in an opset; `undefined` where the operator came later. */
export function signatureOf(op: OpName, opset: number): Signature | undefined {
  return signatures[op].findLast(({ since }) => since <= opset);
}

/** An attribute's specification in the newest signature that has it. */
export function attributeSpec(op: OpName, name: string): AttributeSpec | undefined {
  return signatures[op].findLast(({ attributes }) => Object.hasOwn(attributes, name))?.attributes[name];
}

/** The opset in which an operator came, where that is after {@link opsetRange}'s start. */
export function firstOpset(op: OpName): number {
  return signatures[op][0]?.since ?? opsetRange[0];
}
