/**
 * The shape rule of every operator.
 * @module
 */
import type { OpName } from "../graph.ts";
import type { ShapeRule } from "./call.ts";
import { broadcasting, cast, clip, unary } from "./elementwise.ts";
import { expand, flatten, reshape, squeeze, transpose, unsqueeze } from "./layout.ts";
import { loop } from "./loop.ts";
import { gemm, matMul } from "./product.ts";
import { dequantizeLinear, quantizeLinear } from "./quantisation.ts";
import { alongAxis, argMax, reduce } from "./reduction.ts";
import { resize } from "./resize.ts";
import { scan } from "./scan.ts";
import { concat, gather, pad, slice, split } from "./selection.ts";
import { conv, convTranspose, pool } from "./window.ts";

/** Rules by operator; a missing one does not compile. */
export const shapeRules: { readonly [O in OpName]: ShapeRule } = {
  Abs: unary,
  Add: broadcasting(),
  And: broadcasting(),
  ArgMax: argMax,
  AveragePool: pool,
  BitShift: broadcasting(),
  BitwiseXor: broadcasting(),
  Cast: cast,
  Clip: clip,
  Concat: concat,
  Conv: conv,
  ConvTranspose: convTranspose,
  DequantizeLinear: dequantizeLinear,
  Div: broadcasting(),
  Elu: unary,
  Equal: broadcasting("bool"),
  Erf: unary,
  Exp: unary,
  Expand: expand,
  Flatten: flatten,
  Floor: unary,
  Gather: gather,
  Gemm: gemm,
  Greater: broadcasting("bool"),
  HardSigmoid: unary,
  Identity: unary,
  LeakyRelu: unary,
  Less: broadcasting("bool"),
  Log: unary,
  Loop: loop,
  MatMul: matMul,
  Max: broadcasting(),
  MaxPool: pool,
  Min: broadcasting(),
  Mod: broadcasting(),
  Mul: broadcasting(),
  Neg: unary,
  Not: unary,
  Pad: pad,
  Pow: broadcasting(),
  QuantizeLinear: quantizeLinear,
  Reciprocal: unary,
  ReduceMax: reduce,
  ReduceMean: reduce,
  ReduceMin: reduce,
  ReduceSum: reduce,
  Relu: unary,
  Reshape: reshape,
  Resize: resize,
  Round: unary,
  Scan: scan,
  Selu: unary,
  Sigmoid: unary,
  Sign: unary,
  Slice: slice,
  Softmax: alongAxis,
  Softplus: unary,
  Softsign: unary,
  Split: split,
  Sqrt: unary,
  Squeeze: squeeze,
  Sub: broadcasting(),
  Tanh: unary,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
  Where: broadcasting(1),
};
