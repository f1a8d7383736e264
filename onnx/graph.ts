/**
 * The graph language: immutable data, no behaviour. `builder.ts` makes it, `check.ts` proves it, `print.ts` shows it,
 * `codec/` turns it into ONNX bytes and back, `evaluate/` runs it in float64 as the test oracle.
 * @module
 */

/** Element types in use, by their ONNX names. */
export type ElementType =
  | "float32"
  | "float64"
  | "float16"
  | "int4"
  | "int8"
  | "int32"
  | "int64"
  | "uint8"
  | "uint32"
  | "bool";

/** The array that holds a type's elements (float16 as raw bits, bool as 0/1 bytes, int4 as one byte each). */
export interface ElementArray {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  int4: Int8Array;
  int8: Int8Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  uint32: Uint32Array;
  bool: Uint8Array;
}

/** A tensor with its values, row-major. */
export type Tensor = {
  [T in ElementType]: { readonly type: T; readonly dims: readonly number[]; readonly data: ElementArray[T] };
}[ElementType];

/** A dimension: a length, or the name of a symbolic one (`N`). */
export type Dim = number | string;

/** Type and shape of a named value. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly Dim[];
}

/** Operators of `ai.onnx` in use. Every table over operators is total over this union. */
export type OpName = (typeof opNames)[number];
export const opNames = [
  "Abs",
  "Add",
  "And",
  "ArgMax",
  "AveragePool",
  "BitShift",
  "BitwiseXor",
  "Cast",
  "Clip",
  "Concat",
  "Conv",
  "ConvTranspose",
  "DequantizeLinear",
  "Div",
  "Elu",
  "Equal",
  "Erf",
  "Exp",
  "Expand",
  "Flatten",
  "Floor",
  "Gather",
  "Gemm",
  "Greater",
  "HardSigmoid",
  "Identity",
  "LeakyRelu",
  "Less",
  "Log",
  "Loop",
  "MatMul",
  "Max",
  "MaxPool",
  "Min",
  "Mod",
  "Mul",
  "Neg",
  "Not",
  "Pad",
  "Pow",
  "QuantizeLinear",
  "Reciprocal",
  "ReduceMax",
  "ReduceMean",
  "ReduceMin",
  "ReduceSum",
  "Relu",
  "Reshape",
  "Resize",
  "Round",
  "Scan",
  "Selu",
  "Sigmoid",
  "Sign",
  "Slice",
  "Softmax",
  "Softplus",
  "Softsign",
  "Split",
  "Sqrt",
  "Squeeze",
  "Sub",
  "Tanh",
  "Transpose",
  "Unsqueeze",
  "Where",
] as const;

/** An attribute's value; integers are `bigint`, floats are `number`, so that 1 and 1.0 stay apart. */
export type Attribute = number | bigint | string | Tensor | Graph | readonly number[] | readonly bigint[];

/** One operation. An absent optional input is the empty string. */
export interface Node {
  readonly op: OpName;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** Nodes in topological order; initializers are constants by name. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  readonly nodes: readonly Node[];
}

/** A graph with what an ONNX file says around it. */
export interface Model {
  readonly graph: Graph;
  readonly opset: number;
  readonly irVersion: number;
  readonly producer: { readonly name: string; readonly version: string };
  /** `metadata_props`: gene-list and run hashes. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What served graphs use. */
export const servedOpset = 17;
export const servedIrVersion = 8;
