/**
 * The float64 evaluator of every operator.
 * @module
 */
import type { OpName } from "../graph.ts";
import { concat, flatten, gather, pad, reshape, slice, split, squeeze, transpose, unsqueeze } from "./arrangement.ts";
import * as pairwise from "./broadcasting.ts";
import type { Evaluator } from "./evaluator.ts";
import { loop } from "./loop.ts";
import { gemm, matMul } from "./product.ts";
import { dequantizeLinear, quantizeLinear } from "./quantisation.ts";
import { argMax, reduceMax, reduceMean, reduceMin, reduceSum, softmax } from "./reduction.ts";
import { resize } from "./resize.ts";
import { scan } from "./scan.ts";
import * as single from "./unary.ts";
import { averagePool, conv, convTranspose, maxPool } from "./window.ts";

/** Evaluators by operator; a missing one does not compile. */
export const evaluators: { readonly [O in OpName]: Evaluator } = {
  Abs: single.abs,
  Add: pairwise.add,
  And: pairwise.and,
  ArgMax: argMax,
  AveragePool: averagePool,
  BitShift: pairwise.bitShift,
  BitwiseXor: pairwise.bitwiseXor,
  Cast: single.cast,
  Clip: pairwise.clip,
  Concat: concat,
  Conv: conv,
  ConvTranspose: convTranspose,
  DequantizeLinear: dequantizeLinear,
  Div: pairwise.div,
  Elu: single.elu,
  Equal: pairwise.equal,
  Erf: single.erf,
  Exp: single.exp,
  Expand: pairwise.expand,
  Flatten: flatten,
  Floor: single.floor,
  Gather: gather,
  Gemm: gemm,
  Greater: pairwise.greater,
  HardSigmoid: single.hardSigmoid,
  Identity: single.identity,
  LeakyRelu: single.leakyRelu,
  Less: pairwise.less,
  Log: single.log,
  Loop: loop,
  MatMul: matMul,
  Max: pairwise.max,
  MaxPool: maxPool,
  Min: pairwise.min,
  Mod: pairwise.mod,
  Mul: pairwise.mul,
  Neg: single.neg,
  Not: single.not,
  Pad: pad,
  Pow: pairwise.pow,
  QuantizeLinear: quantizeLinear,
  Reciprocal: single.reciprocal,
  ReduceMax: reduceMax,
  ReduceMean: reduceMean,
  ReduceMin: reduceMin,
  ReduceSum: reduceSum,
  Relu: single.relu,
  Reshape: reshape,
  Resize: resize,
  Round: single.round,
  Scan: scan,
  Selu: single.selu,
  Sigmoid: single.sigmoid,
  Sign: single.sign,
  Slice: slice,
  Softmax: softmax,
  Softplus: single.softplus,
  Softsign: single.softsign,
  Split: split,
  Sqrt: single.sqrt,
  Squeeze: squeeze,
  Sub: pairwise.sub,
  Tanh: single.tanh,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
  Where: pairwise.where,
};
