/**
 * Gradients of matrix products: products again, transposed by attribute where both sides are matrices.
 * @module
 */
import { floatOf, intOf } from "../../../onnx/attributes.ts";
import type { GraphBuilder } from "../../../onnx/builder.ts";
import { type GradientRule, nameAt, scalarLike } from "../rule.ts";

const flag = (on: boolean): bigint => (on ? 1n : 0n);

/**
 * Y = alpha·A'·B' + beta·C, where ' transposes or not:
 * dA = alpha·dY·B'ᵀ, or alpha·B'·dYᵀ where A is transposed; dB = alpha·A'ᵀ·dY, or alpha·dYᵀ·A'; dC = beta·dY.
 */
export const gemm: GradientRule = ({ g, node, dY }) => {
  const [a, b] = [nameAt(node.inputs, 0), nameAt(node.inputs, 1)];
  const [turnedA, turnedB] = [intOf(node, "transA") !== 0, intOf(node, "transB") !== 0];
  const [alpha, beta] = [floatOf(node, "alpha"), floatOf(node, "beta")];
  const product = (left: string, right: string, [transA, transB]: readonly [boolean, boolean]): string =>
    g.op("Gemm", [left, right], { alpha, transA: flag(transA), transB: flag(transB) });
  return [
    () => (turnedA ? product(b, dY, [turnedB, true]) : product(dY, b, [false, !turnedB])),
    () => (turnedB ? product(dY, a, [true, turnedA]) : product(a, dY, [!turnedA, false])),
    () => (beta === 1 ? dY : g.op("Mul", [dY, scalarLike(g, dY, beta)])),
  ];
};

const rank = (g: GraphBuilder, value: string): number => g.info(value).dims.length;

/** The last two axes exchanged. */
function transposed(g: GraphBuilder, value: string): string {
  const axes = Array.from({ length: rank(g, value) }, (_, axis) => BigInt(axis));
  return g.op("Transpose", [value], { perm: [...axes.slice(0, -2), ...axes.slice(-2).toReversed()] });
}

/**
 * Y = A·B over the last two axes, those in front broadcast: dA = dY·Bᵀ, dB = Aᵀ·dY. A vector on the left is a row, one
 * on the right a column; dY then lacks that axis.
 */
export const matMul: GradientRule = ({ g, node, dY }) => {
  const [a, b] = [nameAt(node.inputs, 0), nameAt(node.inputs, 1)];
  const [isRow, isColumn] = [rank(g, a) === 1, rank(g, b) === 1];
  const unsqueeze = (value: string, axis: number): string => g.op("Unsqueeze", [value, g.ints([axis])]);
  if (rank(g, a) === 2 && rank(g, b) === 2)
    return [() => g.op("Gemm", [dY, b], { transB: 1n }), () => g.op("Gemm", [a, dY], { transA: 1n })];
  const matrixA = (): string => (isRow ? unsqueeze(a, 0) : a);
  const matrixB = (): string => (isColumn ? unsqueeze(b, 1) : b);
  const matrixY = (): string => {
    const withColumn = isColumn ? unsqueeze(dY, -1) : dY;
    return isRow ? unsqueeze(withColumn, -2) : withColumn;
  };
  return [
    () => g.op("MatMul", [matrixY(), transposed(g, matrixB())]),
    () => {
      const dB = g.op("MatMul", [transposed(g, matrixA()), matrixY()]);
      return isColumn ? g.op("Squeeze", [dB, g.ints([-1])]) : dB;
    },
  ];
};
