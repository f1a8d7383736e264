/**
 * The gradient rule of every operator.
 * @module
 */
import type { OpName } from "../../onnx/graph.ts";
import { type GradientRule, noGradient, type Unsupported, unsupported } from "./rule.ts";
import * as arrangement from "./rules/arrangement.ts";
import * as pairwise from "./rules/pairwise.ts";
import { gemm, matMul } from "./rules/product.ts";
import { reduceExtreme, reduceMean, reduceSum, softmax } from "./rules/reduction.ts";
import * as single from "./rules/unary.ts";

/** Rules by operator; a missing one does not compile. */
export const gradientRules: { readonly [O in OpName]: GradientRule | typeof noGradient | Unsupported } = {
  Abs: single.abs,
  Add: pairwise.add,
  And: noGradient,
  ArgMax: noGradient,
  BitShift: noGradient,
  BitwiseXor: noGradient,
  Cast: single.cast,
  Clip: single.clip,
  Concat: arrangement.concat,
  Div: pairwise.div,
  Elu: single.elu,
  Equal: noGradient,
  Erf: single.erf,
  Exp: single.exp,
  Expand: arrangement.expand,
  Flatten: arrangement.reshape,
  Floor: noGradient,
  Gather: unsupported("it needs a scatter, which not every provider has: take rows out before the trained part"),
  Gemm: gemm,
  Greater: noGradient,
  HardSigmoid: single.hardSigmoid,
  Identity: single.identity,
  LeakyRelu: single.leakyRelu,
  Less: noGradient,
  Log: single.log,
  Loop: unsupported("differentiate inside the body"),
  MatMul: matMul,
  Max: pairwise.extreme,
  Min: pairwise.extreme,
  Mod: unsupported("no trained layer is lowered to it"),
  Mul: pairwise.mul,
  Neg: single.neg,
  Not: noGradient,
  Pad: arrangement.pad,
  Pow: pairwise.pow,
  Reciprocal: single.reciprocal,
  ReduceMax: reduceExtreme,
  ReduceMean: reduceMean,
  ReduceMin: reduceExtreme,
  ReduceSum: reduceSum,
  Relu: single.relu,
  Reshape: arrangement.reshape,
  Round: noGradient,
  Selu: single.selu,
  Sigmoid: single.sigmoid,
  Sign: noGradient,
  Slice: arrangement.sliced,
  Softmax: softmax,
  Softplus: single.softplus,
  Softsign: single.softsign,
  Split: arrangement.split,
  Sqrt: single.sqrt,
  Squeeze: arrangement.reshape,
  Sub: pairwise.sub,
  Tanh: single.tanh,
  Transpose: arrangement.transpose,
  Unsqueeze: arrangement.reshape,
  Where: pairwise.where,
};
